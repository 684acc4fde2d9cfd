// Original file: proto/manager.proto

import type { Long } from '@grpc/proto-loader';

export interface ProcessStatus {
  'rss'?: (number | string | Long);
  'heapUsed'?: (number | string | Long);
  'eventLoopLag'?: (number | string);
  'threads'?: (number);
  'handles'?: (number);
  'queuedEvents'?: (number | string | Long);
  'spoolBytes'?: (number | string | Long);
}

export interface ProcessStatus__Output {
  'rss': (string);
  'heapUsed': (string);
  'eventLoopLag': (number);
  'threads': (number);
  'handles': (number);
  'queuedEvents': (string);
  'spoolBytes': (string);
}
