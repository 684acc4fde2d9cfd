// Original file: proto/manager.proto

import type { BookClock as _orderbook_manager_v1_BookClock, BookClock__Output as _orderbook_manager_v1_BookClock__Output } from '../../../orderbook/manager/v1/BookClock.ts';
import type { BookLevel as _orderbook_manager_v1_BookLevel, BookLevel__Output as _orderbook_manager_v1_BookLevel__Output } from '../../../orderbook/manager/v1/BookLevel.ts';

// Original file: proto/manager.proto

export const _orderbook_manager_v1_ExportRequest_Format = {
  FORMAT_UNSPECIFIED: 'FORMAT_UNSPECIFIED',
  FORMAT_JSONL: 'FORMAT_JSONL',
  FORMAT_CSV: 'FORMAT_CSV',
  FORMAT_TARDIS_CSV: 'FORMAT_TARDIS_CSV',
} as const;

export type _orderbook_manager_v1_ExportRequest_Format =
  | 'FORMAT_UNSPECIFIED'
  | 0
  | 'FORMAT_JSONL'
  | 1
  | 'FORMAT_CSV'
  | 2
  | 'FORMAT_TARDIS_CSV'
  | 3

export type _orderbook_manager_v1_ExportRequest_Format__Output = typeof _orderbook_manager_v1_ExportRequest_Format[keyof typeof _orderbook_manager_v1_ExportRequest_Format]

// Original file: proto/manager.proto

export const _orderbook_manager_v1_ExportRequest_Type = {
  TYPE_UNSPECIFIED: 'TYPE_UNSPECIFIED',
  TYPE_TRADES: 'TYPE_TRADES',
  TYPE_QUOTES: 'TYPE_QUOTES',
  TYPE_INCREMENTAL: 'TYPE_INCREMENTAL',
  TYPE_ORDERS: 'TYPE_ORDERS',
  TYPE_SNAPSHOTS: 'TYPE_SNAPSHOTS',
  TYPE_CANDLES: 'TYPE_CANDLES',
} as const;

export type _orderbook_manager_v1_ExportRequest_Type =
  | 'TYPE_UNSPECIFIED'
  | 0
  | 'TYPE_TRADES'
  | 1
  | 'TYPE_QUOTES'
  | 2
  | 'TYPE_INCREMENTAL'
  | 3
  | 'TYPE_ORDERS'
  | 4
  | 'TYPE_SNAPSHOTS'
  | 5
  | 'TYPE_CANDLES'
  | 6

export type _orderbook_manager_v1_ExportRequest_Type__Output = typeof _orderbook_manager_v1_ExportRequest_Type[keyof typeof _orderbook_manager_v1_ExportRequest_Type]

export interface ExportRequest {
  'security'?: (string);
  'from'?: (string);
  'to'?: (string);
  'clock'?: (_orderbook_manager_v1_BookClock);
  'type'?: (_orderbook_manager_v1_ExportRequest_Type);
  'format'?: (_orderbook_manager_v1_ExportRequest_Format);
  'every'?: (string);
  'depth'?: (number);
  'level'?: (_orderbook_manager_v1_BookLevel);
  'timeframe'?: (string);
  'features'?: (boolean);
  'scales'?: (boolean);
  '_from'?: "from";
  '_to'?: "to";
  '_every'?: "every";
  '_depth'?: "depth";
  '_timeframe'?: "timeframe";
}

export interface ExportRequest__Output {
  'security': (string);
  'from'?: (string);
  'to'?: (string);
  'clock': (_orderbook_manager_v1_BookClock__Output);
  'type': (_orderbook_manager_v1_ExportRequest_Type__Output);
  'format': (_orderbook_manager_v1_ExportRequest_Format__Output);
  'every'?: (string);
  'depth'?: (number);
  'level': (_orderbook_manager_v1_BookLevel__Output);
  'timeframe'?: (string);
  'features': (boolean);
  'scales': (boolean);
}
