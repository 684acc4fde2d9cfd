// Original file: proto/manager.proto


export interface FetchCandlesGap {
  'from'?: (string);
  'to'?: (string);
}

export interface FetchCandlesGap__Output {
  'from': (string);
  'to': (string);
}
