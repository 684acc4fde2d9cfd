// Original file: proto/market.proto


export interface Unproven {
  'since'?: (string);
  'reason'?: (string);
  'at'?: (string);
  '_since'?: "since";
}

export interface Unproven__Output {
  'since'?: (string);
  'reason': (string);
  'at': (string);
}
