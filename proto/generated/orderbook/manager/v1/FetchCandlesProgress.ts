// Original file: proto/manager.proto

import type { FetchedCandles as _orderbook_manager_v1_FetchedCandles, FetchedCandles__Output as _orderbook_manager_v1_FetchedCandles__Output } from '../../../orderbook/manager/v1/FetchedCandles.ts';

export interface FetchCandlesProgress {
  'soFar'?: (_orderbook_manager_v1_FetchedCandles | null);
  'at'?: (string);
  'waitSeconds'?: (number | string);
  'waitReason'?: (string);
  '_waitSeconds'?: "waitSeconds";
  '_waitReason'?: "waitReason";
}

export interface FetchCandlesProgress__Output {
  'soFar': (_orderbook_manager_v1_FetchedCandles__Output | null);
  'at': (string);
  'waitSeconds'?: (number);
  'waitReason'?: (string);
}
