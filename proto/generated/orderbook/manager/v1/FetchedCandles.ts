// Original file: proto/manager.proto

import type { Long } from '@grpc/proto-loader';

export interface FetchedCandles {
  'security'?: (string);
  'timeframe'?: (string);
  'from'?: (string);
  'to'?: (string);
  'stored'?: (number | string | Long);
  'present'?: (number | string | Long);
  'missing'?: (number | string | Long);
}

export interface FetchedCandles__Output {
  'security': (string);
  'timeframe': (string);
  'from': (string);
  'to': (string);
  'stored': (string);
  'present': (string);
  'missing': (string);
}
