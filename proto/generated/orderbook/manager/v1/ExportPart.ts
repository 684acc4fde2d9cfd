// Original file: proto/manager.proto

import type { Gap as _orderbook_manager_v1_Gap, Gap__Output as _orderbook_manager_v1_Gap__Output } from '../../../orderbook/manager/v1/Gap.ts';
import type { Scale as _orderbook_manager_v1_Scale, Scale__Output as _orderbook_manager_v1_Scale__Output } from '../../../orderbook/manager/v1/Scale.ts';

export interface ExportPart {
  'lines'?: (Buffer | Uint8Array | string);
  'gap'?: (_orderbook_manager_v1_Gap | null);
  'scale'?: (_orderbook_manager_v1_Scale | null);
  'part'?: "lines"|"gap"|"scale";
}

export interface ExportPart__Output {
  'lines'?: (Buffer);
  'gap'?: (_orderbook_manager_v1_Gap__Output | null);
  'scale'?: (_orderbook_manager_v1_Scale__Output | null);
}
