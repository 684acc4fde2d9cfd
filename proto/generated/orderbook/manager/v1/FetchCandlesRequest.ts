// Original file: proto/manager.proto


export interface FetchCandlesRequest {
  'security'?: (string);
  'timeframe'?: (string);
  'from'?: (string);
  'to'?: (string);
  '_to'?: "to";
}

export interface FetchCandlesRequest__Output {
  'security': (string);
  'timeframe': (string);
  'from': (string);
  'to'?: (string);
}
