// Original file: proto/manager.proto

import type { Interval as _orderbook_manager_v1_Interval, Interval__Output as _orderbook_manager_v1_Interval__Output } from '../../../orderbook/manager/v1/Interval.ts';
import type { Gap as _orderbook_manager_v1_Gap, Gap__Output as _orderbook_manager_v1_Gap__Output } from '../../../orderbook/manager/v1/Gap.ts';
import type { BadReceiveTime as _orderbook_manager_v1_BadReceiveTime, BadReceiveTime__Output as _orderbook_manager_v1_BadReceiveTime__Output } from '../../../orderbook/manager/v1/BadReceiveTime.ts';

export interface CoverageResponse {
  'security'?: (string);
  'intervals'?: (_orderbook_manager_v1_Interval)[];
  'gaps'?: (_orderbook_manager_v1_Gap)[];
  'badReceiveTimes'?: (_orderbook_manager_v1_BadReceiveTime)[];
}

export interface CoverageResponse__Output {
  'security': (string);
  'intervals': (_orderbook_manager_v1_Interval__Output)[];
  'gaps': (_orderbook_manager_v1_Gap__Output)[];
  'badReceiveTimes': (_orderbook_manager_v1_BadReceiveTime__Output)[];
}
