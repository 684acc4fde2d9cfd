// Original file: proto/manager.proto


export interface PingResponse {
  'version'?: (string);
}

export interface PingResponse__Output {
  'version': (string);
}
