// Original file: proto/manager.proto


export interface RemoveRequest {
  'securities'?: (string)[];
}

export interface RemoveRequest__Output {
  'securities': (string)[];
}
