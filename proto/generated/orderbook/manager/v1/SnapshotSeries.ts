// Original file: proto/manager.proto

import type { BookLevel as _orderbook_manager_v1_BookLevel, BookLevel__Output as _orderbook_manager_v1_BookLevel__Output } from '../../../orderbook/manager/v1/BookLevel.ts';

export interface SnapshotSeries {
  'every'?: (string);
  'depth'?: (number);
  'level'?: (_orderbook_manager_v1_BookLevel);
  'features'?: (boolean);
  '_every'?: "every";
  '_depth'?: "depth";
}

export interface SnapshotSeries__Output {
  'every'?: (string);
  'depth'?: (number);
  'level': (_orderbook_manager_v1_BookLevel__Output);
  'features': (boolean);
}
