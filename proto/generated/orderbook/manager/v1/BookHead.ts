// Original file: proto/manager.proto

import type { BookLevel as _orderbook_manager_v1_BookLevel, BookLevel__Output as _orderbook_manager_v1_BookLevel__Output } from '../../../orderbook/manager/v1/BookLevel.ts';
import type { BookClock as _orderbook_manager_v1_BookClock, BookClock__Output as _orderbook_manager_v1_BookClock__Output } from '../../../orderbook/manager/v1/BookClock.ts';
import type { Proof as _orderbook_manager_v1_Proof, Proof__Output as _orderbook_manager_v1_Proof__Output } from '../../../orderbook/manager/v1/Proof.ts';

export interface BookHead {
  'security'?: (string);
  'level'?: (_orderbook_manager_v1_BookLevel);
  'at'?: (string);
  'clock'?: (_orderbook_manager_v1_BookClock);
  'sequence'?: (string);
  'exchangeTime'?: (string);
  'receiveTime'?: (string);
  'proof'?: (_orderbook_manager_v1_Proof);
  'horizonBid'?: (string);
  'horizonAsk'?: (string);
  'bidCount'?: (number);
  'askCount'?: (number);
  'windowed'?: (boolean);
  '_sequence'?: "sequence";
  '_horizonBid'?: "horizonBid";
  '_horizonAsk'?: "horizonAsk";
}

export interface BookHead__Output {
  'security': (string);
  'level': (_orderbook_manager_v1_BookLevel__Output);
  'at': (string);
  'clock': (_orderbook_manager_v1_BookClock__Output);
  'sequence'?: (string);
  'exchangeTime': (string);
  'receiveTime': (string);
  'proof': (_orderbook_manager_v1_Proof__Output);
  'horizonBid'?: (string);
  'horizonAsk'?: (string);
  'bidCount': (number);
  'askCount': (number);
  'windowed': (boolean);
}
