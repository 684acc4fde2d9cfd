// Original file: proto/manager.proto

import type { Long } from '@grpc/proto-loader';

export interface SelfCheck {
  'images'?: (number | string | Long);
  'snapshots'?: (number | string | Long);
  'mismatches'?: (number | string | Long);
}

export interface SelfCheck__Output {
  'images': (string);
  'snapshots': (string);
  'mismatches': (string);
}
