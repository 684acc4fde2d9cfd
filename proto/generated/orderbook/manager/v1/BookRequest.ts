// Original file: proto/manager.proto

import type { BookClock as _orderbook_manager_v1_BookClock, BookClock__Output as _orderbook_manager_v1_BookClock__Output } from '../../../orderbook/manager/v1/BookClock.ts';
import type { BookLevel as _orderbook_manager_v1_BookLevel, BookLevel__Output as _orderbook_manager_v1_BookLevel__Output } from '../../../orderbook/manager/v1/BookLevel.ts';

export interface BookRequest {
  'security'?: (string);
  'at'?: (string);
  'sequence'?: (string);
  'clock'?: (_orderbook_manager_v1_BookClock);
  'depth'?: (number);
  'level'?: (_orderbook_manager_v1_BookLevel);
  'position'?: "at"|"sequence";
  '_depth'?: "depth";
}

export interface BookRequest__Output {
  'security': (string);
  'at'?: (string);
  'sequence'?: (string);
  'clock': (_orderbook_manager_v1_BookClock__Output);
  'depth'?: (number);
  'level': (_orderbook_manager_v1_BookLevel__Output);
}
