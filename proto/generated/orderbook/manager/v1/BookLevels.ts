// Original file: proto/manager.proto

import type { PriceLevel as _orderbook_manager_v1_PriceLevel, PriceLevel__Output as _orderbook_manager_v1_PriceLevel__Output } from '../../../orderbook/manager/v1/PriceLevel.ts';

export interface BookLevels {
  'bids'?: (_orderbook_manager_v1_PriceLevel)[];
  'asks'?: (_orderbook_manager_v1_PriceLevel)[];
}

export interface BookLevels__Output {
  'bids': (_orderbook_manager_v1_PriceLevel__Output)[];
  'asks': (_orderbook_manager_v1_PriceLevel__Output)[];
}
