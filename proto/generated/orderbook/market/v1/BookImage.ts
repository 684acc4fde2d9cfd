// Original file: proto/market.proto

import type { Position as _orderbook_market_v1_Position, Position__Output as _orderbook_market_v1_Position__Output } from '../../../orderbook/market/v1/Position.ts';

export interface BookImage {
  'position'?: (_orderbook_market_v1_Position | null);
  'priceExponent'?: (number);
  'sizeExponent'?: (number);
  'bids'?: (string)[];
  'asks'?: (string)[];
  'horizonBid'?: (string);
  'horizonAsk'?: (string);
  'windowed'?: (boolean);
  '_horizonBid'?: "horizonBid";
  '_horizonAsk'?: "horizonAsk";
}

export interface BookImage__Output {
  'position': (_orderbook_market_v1_Position__Output | null);
  'priceExponent': (number);
  'sizeExponent': (number);
  'bids': (string)[];
  'asks': (string)[];
  'horizonBid'?: (string);
  'horizonAsk'?: (string);
  'windowed': (boolean);
}
