// Original file: proto/manager.proto

import type { BookLevel as _orderbook_manager_v1_BookLevel, BookLevel__Output as _orderbook_manager_v1_BookLevel__Output } from '../../../orderbook/manager/v1/BookLevel.ts';
import type { RecordingState as _orderbook_manager_v1_RecordingState, RecordingState__Output as _orderbook_manager_v1_RecordingState__Output } from '../../../orderbook/manager/v1/RecordingState.ts';
import type { Proof as _orderbook_manager_v1_Proof, Proof__Output as _orderbook_manager_v1_Proof__Output } from '../../../orderbook/manager/v1/Proof.ts';
import type { SelfCheck as _orderbook_manager_v1_SelfCheck, SelfCheck__Output as _orderbook_manager_v1_SelfCheck__Output } from '../../../orderbook/manager/v1/SelfCheck.ts';
import type { Contract as _orderbook_manager_v1_Contract, Contract__Output as _orderbook_manager_v1_Contract__Output } from '../../../orderbook/manager/v1/Contract.ts';
import type { Long } from '@grpc/proto-loader';

export interface SecurityStatus {
  'security'?: (string);
  'level'?: (_orderbook_manager_v1_BookLevel);
  'state'?: (_orderbook_manager_v1_RecordingState);
  'feed'?: (string);
  'proof'?: (_orderbook_manager_v1_Proof);
  'sequence'?: (string);
  'bestBid'?: (string);
  'bestAsk'?: (string);
  'lastMessageAge'?: (number | string);
  'messageRate'?: (number | string);
  'gaps'?: (number | string | Long);
  'lastBaseImage'?: (string);
  'storedBytes'?: (number | string | Long);
  'message'?: (string);
  'selfCheck'?: (_orderbook_manager_v1_SelfCheck | null);
  'windowed'?: (boolean);
  'contract'?: (_orderbook_manager_v1_Contract | null);
  '_sequence'?: "sequence";
  '_bestBid'?: "bestBid";
  '_bestAsk'?: "bestAsk";
  '_lastMessageAge'?: "lastMessageAge";
  '_lastBaseImage'?: "lastBaseImage";
  '_message'?: "message";
}

export interface SecurityStatus__Output {
  'security': (string);
  'level': (_orderbook_manager_v1_BookLevel__Output);
  'state': (_orderbook_manager_v1_RecordingState__Output);
  'feed': (string);
  'proof': (_orderbook_manager_v1_Proof__Output);
  'sequence'?: (string);
  'bestBid'?: (string);
  'bestAsk'?: (string);
  'lastMessageAge'?: (number);
  'messageRate': (number);
  'gaps': (string);
  'lastBaseImage'?: (string);
  'storedBytes': (string);
  'message'?: (string);
  'selfCheck': (_orderbook_manager_v1_SelfCheck__Output | null);
  'windowed': (boolean);
  'contract': (_orderbook_manager_v1_Contract__Output | null);
}
