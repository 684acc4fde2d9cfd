// Original file: proto/manager.proto

import type { BookHead as _orderbook_manager_v1_BookHead, BookHead__Output as _orderbook_manager_v1_BookHead__Output } from '../../../orderbook/manager/v1/BookHead.ts';
import type { BookLevels as _orderbook_manager_v1_BookLevels, BookLevels__Output as _orderbook_manager_v1_BookLevels__Output } from '../../../orderbook/manager/v1/BookLevels.ts';

export interface BookPart {
  'head'?: (_orderbook_manager_v1_BookHead | null);
  'levels'?: (_orderbook_manager_v1_BookLevels | null);
  'part'?: "head"|"levels";
}

export interface BookPart__Output {
  'head'?: (_orderbook_manager_v1_BookHead__Output | null);
  'levels'?: (_orderbook_manager_v1_BookLevels__Output | null);
}
