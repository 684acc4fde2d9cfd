// Original file: proto/manager.proto

import type { FetchCandlesProgress as _orderbook_manager_v1_FetchCandlesProgress, FetchCandlesProgress__Output as _orderbook_manager_v1_FetchCandlesProgress__Output } from '../../../orderbook/manager/v1/FetchCandlesProgress.ts';
import type { FetchCandlesGap as _orderbook_manager_v1_FetchCandlesGap, FetchCandlesGap__Output as _orderbook_manager_v1_FetchCandlesGap__Output } from '../../../orderbook/manager/v1/FetchCandlesGap.ts';
import type { FetchedCandles as _orderbook_manager_v1_FetchedCandles, FetchedCandles__Output as _orderbook_manager_v1_FetchedCandles__Output } from '../../../orderbook/manager/v1/FetchedCandles.ts';

export interface FetchCandlesPart {
  'progress'?: (_orderbook_manager_v1_FetchCandlesProgress | null);
  'gap'?: (_orderbook_manager_v1_FetchCandlesGap | null);
  'result'?: (_orderbook_manager_v1_FetchedCandles | null);
  'part'?: "progress"|"gap"|"result";
}

export interface FetchCandlesPart__Output {
  'progress'?: (_orderbook_manager_v1_FetchCandlesProgress__Output | null);
  'gap'?: (_orderbook_manager_v1_FetchCandlesGap__Output | null);
  'result'?: (_orderbook_manager_v1_FetchedCandles__Output | null);
}
