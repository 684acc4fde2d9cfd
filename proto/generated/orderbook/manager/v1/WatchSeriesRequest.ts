// Original file: proto/manager.proto

import type { SnapshotSeries as _orderbook_manager_v1_SnapshotSeries, SnapshotSeries__Output as _orderbook_manager_v1_SnapshotSeries__Output } from '../../../orderbook/manager/v1/SnapshotSeries.ts';

export interface WatchSeriesRequest {
  'security'?: (string);
  'candles'?: (string)[];
  'snapshots'?: (_orderbook_manager_v1_SnapshotSeries | null);
}

export interface WatchSeriesRequest__Output {
  'security': (string);
  'candles': (string)[];
  'snapshots': (_orderbook_manager_v1_SnapshotSeries__Output | null);
}
