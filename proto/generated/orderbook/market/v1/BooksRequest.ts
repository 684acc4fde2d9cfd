// Original file: proto/market.proto


export interface BooksRequest {
  'securities'?: (string)[];
  'top'?: (boolean);
  'trades'?: (boolean);
}

export interface BooksRequest__Output {
  'securities': (string)[];
  'top': (boolean);
  'trades': (boolean);
}
