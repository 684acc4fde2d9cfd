// Original file: proto/manager.proto

import type { Long } from '@grpc/proto-loader';

export interface VerifyResult {
  'records'?: (number | string | Long);
  'problems'?: (number | string | Long);
}

export interface VerifyResult__Output {
  'records': (string);
  'problems': (string);
}
