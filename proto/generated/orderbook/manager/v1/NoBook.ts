// Original file: proto/manager.proto

import type { GapCause as _orderbook_manager_v1_GapCause, GapCause__Output as _orderbook_manager_v1_GapCause__Output } from '../../../orderbook/manager/v1/GapCause.ts';

export interface NoBook {
  'security'?: (string);
  'from'?: (string);
  'to'?: (string);
  'cause'?: (_orderbook_manager_v1_GapCause);
  '_to'?: "to";
}

export interface NoBook__Output {
  'security': (string);
  'from': (string);
  'to'?: (string);
  'cause': (_orderbook_manager_v1_GapCause__Output);
}
