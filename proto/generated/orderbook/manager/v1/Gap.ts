// Original file: proto/manager.proto

import type { GapCause as _orderbook_manager_v1_GapCause, GapCause__Output as _orderbook_manager_v1_GapCause__Output } from '../../../orderbook/manager/v1/GapCause.ts';
import type { MissingKind as _orderbook_manager_v1_MissingKind, MissingKind__Output as _orderbook_manager_v1_MissingKind__Output } from '../../../orderbook/manager/v1/MissingKind.ts';

export interface Gap {
  'from'?: (string);
  'to'?: (string);
  'cause'?: (_orderbook_manager_v1_GapCause);
  'firstMissing'?: (string);
  'lastMissing'?: (string);
  'missing'?: (_orderbook_manager_v1_MissingKind);
  '_to'?: "to";
  '_firstMissing'?: "firstMissing";
  '_lastMissing'?: "lastMissing";
}

export interface Gap__Output {
  'from': (string);
  'to'?: (string);
  'cause': (_orderbook_manager_v1_GapCause__Output);
  'firstMissing'?: (string);
  'lastMissing'?: (string);
  'missing': (_orderbook_manager_v1_MissingKind__Output);
}
