// Original file: proto/manager.proto


export interface AddRequest {
  'securities'?: (string)[];
  'wait'?: (boolean);
}

export interface AddRequest__Output {
  'securities': (string)[];
  'wait': (boolean);
}
