// Original file: proto/market.proto

import type { BookChange as _orderbook_market_v1_BookChange, BookChange__Output as _orderbook_market_v1_BookChange__Output } from '../../../orderbook/market/v1/BookChange.ts';

export interface BooksPart {
  'changes'?: (_orderbook_market_v1_BookChange)[];
}

export interface BooksPart__Output {
  'changes': (_orderbook_market_v1_BookChange__Output)[];
}
