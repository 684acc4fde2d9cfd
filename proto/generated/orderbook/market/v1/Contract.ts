// Original file: proto/market.proto


export interface Contract {
  'kind'?: (string);
  'multiplier'?: (string);
  'underlyingPerPosition'?: (string);
  'underlying'?: (string);
  'quoteCurrency'?: (string);
  'settlementCurrency'?: (string);
  '_multiplier'?: "multiplier";
  '_underlyingPerPosition'?: "underlyingPerPosition";
  '_underlying'?: "underlying";
  '_quoteCurrency'?: "quoteCurrency";
  '_settlementCurrency'?: "settlementCurrency";
}

export interface Contract__Output {
  'kind': (string);
  'multiplier'?: (string);
  'underlyingPerPosition'?: (string);
  'underlying'?: (string);
  'quoteCurrency'?: (string);
  'settlementCurrency'?: (string);
}
