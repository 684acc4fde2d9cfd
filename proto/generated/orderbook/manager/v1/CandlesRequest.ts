// Original file: proto/manager.proto


// Original file: proto/manager.proto

export const _orderbook_manager_v1_CandlesRequest_Source = {
  SOURCE_UNSPECIFIED: 'SOURCE_UNSPECIFIED',
  SOURCE_TRADES: 'SOURCE_TRADES',
  SOURCE_EXCHANGE: 'SOURCE_EXCHANGE',
  SOURCE_AUTO: 'SOURCE_AUTO',
} as const;

export type _orderbook_manager_v1_CandlesRequest_Source =
  | 'SOURCE_UNSPECIFIED'
  | 0
  | 'SOURCE_TRADES'
  | 1
  | 'SOURCE_EXCHANGE'
  | 2
  | 'SOURCE_AUTO'
  | 3

export type _orderbook_manager_v1_CandlesRequest_Source__Output = typeof _orderbook_manager_v1_CandlesRequest_Source[keyof typeof _orderbook_manager_v1_CandlesRequest_Source]

export interface CandlesRequest {
  'security'?: (string);
  'from'?: (string);
  'to'?: (string);
  'timeframe'?: (string);
  'source'?: (_orderbook_manager_v1_CandlesRequest_Source);
  'check'?: (boolean);
  '_from'?: "from";
  '_to'?: "to";
}

export interface CandlesRequest__Output {
  'security': (string);
  'from'?: (string);
  'to'?: (string);
  'timeframe': (string);
  'source': (_orderbook_manager_v1_CandlesRequest_Source__Output);
  'check': (boolean);
}
