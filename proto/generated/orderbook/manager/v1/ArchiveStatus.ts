// Original file: proto/manager.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/manager.proto

export const _orderbook_manager_v1_ArchiveStatus_Kind = {
  KIND_UNSPECIFIED: 'KIND_UNSPECIFIED',
  KIND_EMBEDDED: 'KIND_EMBEDDED',
  KIND_MONGODB: 'KIND_MONGODB',
} as const;

export type _orderbook_manager_v1_ArchiveStatus_Kind =
  | 'KIND_UNSPECIFIED'
  | 0
  | 'KIND_EMBEDDED'
  | 1
  | 'KIND_MONGODB'
  | 2

export type _orderbook_manager_v1_ArchiveStatus_Kind__Output = typeof _orderbook_manager_v1_ArchiveStatus_Kind[keyof typeof _orderbook_manager_v1_ArchiveStatus_Kind]

export interface ArchiveStatus {
  'kind'?: (_orderbook_manager_v1_ArchiveStatus_Kind);
  'reachable'?: (boolean);
  'lag'?: (number | string);
  'spoolBytes'?: (number | string | Long);
  'message'?: (string);
  '_message'?: "message";
}

export interface ArchiveStatus__Output {
  'kind': (_orderbook_manager_v1_ArchiveStatus_Kind__Output);
  'reachable': (boolean);
  'lag': (number);
  'spoolBytes': (string);
  'message'?: (string);
}
