// Original file: proto/market.proto


export interface Trade {
  'exchangeTime'?: (string);
  'receiveTime'?: (string);
  'tradeId'?: (string);
  'price'?: (string);
  'size'?: (string);
  'isBuy'?: (boolean);
}

export interface Trade__Output {
  'exchangeTime': (string);
  'receiveTime': (string);
  'tradeId': (string);
  'price': (string);
  'size': (string);
  'isBuy': (boolean);
}
