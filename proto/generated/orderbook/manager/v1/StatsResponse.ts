// Original file: proto/manager.proto

import type { ProcessStatus as _orderbook_manager_v1_ProcessStatus, ProcessStatus__Output as _orderbook_manager_v1_ProcessStatus__Output } from '../../../orderbook/manager/v1/ProcessStatus.ts';

export interface StatsResponse {
  'process'?: (_orderbook_manager_v1_ProcessStatus | null);
}

export interface StatsResponse__Output {
  'process': (_orderbook_manager_v1_ProcessStatus__Output | null);
}
