// Original file: proto/manager.proto

import type { RecordingState as _orderbook_manager_v1_RecordingState, RecordingState__Output as _orderbook_manager_v1_RecordingState__Output } from '../../../orderbook/manager/v1/RecordingState.ts';

export interface CommandResult {
  'security'?: (string);
  'ok'?: (boolean);
  'state'?: (_orderbook_manager_v1_RecordingState);
  'message'?: (string);
  '_state'?: "state";
  '_message'?: "message";
}

export interface CommandResult__Output {
  'security': (string);
  'ok': (boolean);
  'state'?: (_orderbook_manager_v1_RecordingState__Output);
  'message'?: (string);
}
