// Original file: proto/manager.proto


export interface ResetRequest {
  'exchange'?: (string);
}

export interface ResetRequest__Output {
  'exchange': (string);
}
