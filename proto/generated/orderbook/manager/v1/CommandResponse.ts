// Original file: proto/manager.proto

import type { CommandResult as _orderbook_manager_v1_CommandResult, CommandResult__Output as _orderbook_manager_v1_CommandResult__Output } from '../../../orderbook/manager/v1/CommandResult.ts';

export interface CommandResponse {
  'results'?: (_orderbook_manager_v1_CommandResult)[];
}

export interface CommandResponse__Output {
  'results': (_orderbook_manager_v1_CommandResult__Output)[];
}
