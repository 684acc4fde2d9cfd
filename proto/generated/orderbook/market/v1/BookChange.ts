// Original file: proto/market.proto

import type { BookImage as _orderbook_market_v1_BookImage, BookImage__Output as _orderbook_market_v1_BookImage__Output } from '../../../orderbook/market/v1/BookImage.ts';
import type { BookUpdate as _orderbook_market_v1_BookUpdate, BookUpdate__Output as _orderbook_market_v1_BookUpdate__Output } from '../../../orderbook/market/v1/BookUpdate.ts';
import type { Unproven as _orderbook_market_v1_Unproven, Unproven__Output as _orderbook_market_v1_Unproven__Output } from '../../../orderbook/market/v1/Unproven.ts';
import type { Trade as _orderbook_market_v1_Trade, Trade__Output as _orderbook_market_v1_Trade__Output } from '../../../orderbook/market/v1/Trade.ts';

export interface BookChange {
  'security'?: (number);
  'image'?: (_orderbook_market_v1_BookImage | null);
  'update'?: (_orderbook_market_v1_BookUpdate | null);
  'unproven'?: (_orderbook_market_v1_Unproven | null);
  'trade'?: (_orderbook_market_v1_Trade | null);
  'change'?: "image"|"update"|"unproven"|"trade";
}

export interface BookChange__Output {
  'security': (number);
  'image'?: (_orderbook_market_v1_BookImage__Output | null);
  'update'?: (_orderbook_market_v1_BookUpdate__Output | null);
  'unproven'?: (_orderbook_market_v1_Unproven__Output | null);
  'trade'?: (_orderbook_market_v1_Trade__Output | null);
}
