// Original file: proto/market.proto

import type { Position as _orderbook_market_v1_Position, Position__Output as _orderbook_market_v1_Position__Output } from '../../../orderbook/market/v1/Position.ts';

export interface BookUpdate {
  'position'?: (_orderbook_market_v1_Position | null);
  'bids'?: (string)[];
  'asks'?: (string)[];
}

export interface BookUpdate__Output {
  'position': (_orderbook_market_v1_Position__Output | null);
  'bids': (string)[];
  'asks': (string)[];
}
