// Original file: proto/manager.proto


export interface WatchRequest {
  'securities'?: (string)[];
}

export interface WatchRequest__Output {
  'securities': (string)[];
}
