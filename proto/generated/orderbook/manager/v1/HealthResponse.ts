// Original file: proto/manager.proto

import type { ArchiveStatus as _orderbook_manager_v1_ArchiveStatus, ArchiveStatus__Output as _orderbook_manager_v1_ArchiveStatus__Output } from '../../../orderbook/manager/v1/ArchiveStatus.ts';
import type { SecurityStatus as _orderbook_manager_v1_SecurityStatus, SecurityStatus__Output as _orderbook_manager_v1_SecurityStatus__Output } from '../../../orderbook/manager/v1/SecurityStatus.ts';
import type { ProcessStatus as _orderbook_manager_v1_ProcessStatus, ProcessStatus__Output as _orderbook_manager_v1_ProcessStatus__Output } from '../../../orderbook/manager/v1/ProcessStatus.ts';
import type { SelfCheck as _orderbook_manager_v1_SelfCheck, SelfCheck__Output as _orderbook_manager_v1_SelfCheck__Output } from '../../../orderbook/manager/v1/SelfCheck.ts';

// Original file: proto/manager.proto

export const _orderbook_manager_v1_HealthResponse_Status = {
  STATUS_UNSPECIFIED: 'STATUS_UNSPECIFIED',
  STATUS_SERVING: 'STATUS_SERVING',
  STATUS_DEGRADED: 'STATUS_DEGRADED',
  STATUS_DOWN: 'STATUS_DOWN',
} as const;

export type _orderbook_manager_v1_HealthResponse_Status =
  | 'STATUS_UNSPECIFIED'
  | 0
  | 'STATUS_SERVING'
  | 1
  | 'STATUS_DEGRADED'
  | 2
  | 'STATUS_DOWN'
  | 3

export type _orderbook_manager_v1_HealthResponse_Status__Output = typeof _orderbook_manager_v1_HealthResponse_Status[keyof typeof _orderbook_manager_v1_HealthResponse_Status]

export interface HealthResponse {
  'status'?: (_orderbook_manager_v1_HealthResponse_Status);
  'uptime'?: (number | string);
  'version'?: (string);
  'archive'?: (_orderbook_manager_v1_ArchiveStatus | null);
  'securities'?: (_orderbook_manager_v1_SecurityStatus)[];
  'process'?: (_orderbook_manager_v1_ProcessStatus | null);
  'selfCheck'?: (_orderbook_manager_v1_SelfCheck | null);
}

export interface HealthResponse__Output {
  'status': (_orderbook_manager_v1_HealthResponse_Status__Output);
  'uptime': (number);
  'version': (string);
  'archive': (_orderbook_manager_v1_ArchiveStatus__Output | null);
  'securities': (_orderbook_manager_v1_SecurityStatus__Output)[];
  'process': (_orderbook_manager_v1_ProcessStatus__Output | null);
  'selfCheck': (_orderbook_manager_v1_SelfCheck__Output | null);
}
