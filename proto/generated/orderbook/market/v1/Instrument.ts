// Original file: proto/market.proto

import type { Contract as _orderbook_market_v1_Contract, Contract__Output as _orderbook_market_v1_Contract__Output } from '../../../orderbook/market/v1/Contract.ts';

export interface Instrument {
  'security'?: (string);
  'base'?: (string);
  'quote'?: (string);
  'tickSize'?: (string);
  'lotSize'?: (string);
  'minSize'?: (string);
  'minNotional'?: (string);
  'contract'?: (_orderbook_market_v1_Contract | null);
  '_tickSize'?: "tickSize";
  '_lotSize'?: "lotSize";
  '_minSize'?: "minSize";
  '_minNotional'?: "minNotional";
}

export interface Instrument__Output {
  'security': (string);
  'base': (string);
  'quote': (string);
  'tickSize'?: (string);
  'lotSize'?: (string);
  'minSize'?: (string);
  'minNotional'?: (string);
  'contract': (_orderbook_market_v1_Contract__Output | null);
}
