// Original file: proto/manager.proto

import type { Long } from '@grpc/proto-loader';

export interface VerifyProgress {
  'security'?: (string);
  'records'?: (number | string | Long);
  'problems'?: (number | string | Long);
  'total'?: (number | string | Long);
  '_total'?: "total";
}

export interface VerifyProgress__Output {
  'security': (string);
  'records': (string);
  'problems': (string);
  'total'?: (string);
}
