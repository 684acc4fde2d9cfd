// Original file: proto/manager.proto


export interface WatchSeriesPart {
  'lines'?: (Buffer | Uint8Array | string);
}

export interface WatchSeriesPart__Output {
  'lines': (Buffer);
}
