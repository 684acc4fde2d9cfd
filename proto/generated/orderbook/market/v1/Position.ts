// Original file: proto/market.proto


export interface Position {
  'epoch'?: (number);
  'sequence'?: (string);
  'isSequenced'?: (boolean);
  'exchangeTime'?: (string);
  'receiveTime'?: (string);
}

export interface Position__Output {
  'epoch': (number);
  'sequence': (string);
  'isSequenced': (boolean);
  'exchangeTime': (string);
  'receiveTime': (string);
}
