// Original file: proto/manager.proto

import type { Proof as _orderbook_manager_v1_Proof, Proof__Output as _orderbook_manager_v1_Proof__Output } from '../../../orderbook/manager/v1/Proof.ts';

export interface Interval {
  'from'?: (string);
  'to'?: (string);
  'firstSequence'?: (string);
  'lastSequence'?: (string);
  'feed'?: (string);
  'proof'?: (_orderbook_manager_v1_Proof);
  '_firstSequence'?: "firstSequence";
  '_lastSequence'?: "lastSequence";
}

export interface Interval__Output {
  'from': (string);
  'to': (string);
  'firstSequence'?: (string);
  'lastSequence'?: (string);
  'feed': (string);
  'proof': (_orderbook_manager_v1_Proof__Output);
}
