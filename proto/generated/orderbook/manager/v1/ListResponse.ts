// Original file: proto/manager.proto

import type { SecurityStatus as _orderbook_manager_v1_SecurityStatus, SecurityStatus__Output as _orderbook_manager_v1_SecurityStatus__Output } from '../../../orderbook/manager/v1/SecurityStatus.ts';

export interface ListResponse {
  'securities'?: (_orderbook_manager_v1_SecurityStatus)[];
}

export interface ListResponse__Output {
  'securities': (_orderbook_manager_v1_SecurityStatus__Output)[];
}
