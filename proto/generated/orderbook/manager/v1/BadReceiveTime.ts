// Original file: proto/manager.proto

import type { ReceiveTimeCause as _orderbook_manager_v1_ReceiveTimeCause, ReceiveTimeCause__Output as _orderbook_manager_v1_ReceiveTimeCause__Output } from '../../../orderbook/manager/v1/ReceiveTimeCause.ts';

export interface BadReceiveTime {
  'from'?: (string);
  'to'?: (string);
  'cause'?: (_orderbook_manager_v1_ReceiveTimeCause);
}

export interface BadReceiveTime__Output {
  'from': (string);
  'to': (string);
  'cause': (_orderbook_manager_v1_ReceiveTimeCause__Output);
}
