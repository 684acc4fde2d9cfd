// Original file: proto/manager.proto


export interface WatchSeriesRequest {
  'security'?: (string);
  'candles'?: (string)[];
}

export interface WatchSeriesRequest__Output {
  'security': (string);
  'candles': (string)[];
}
