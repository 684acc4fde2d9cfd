// Original file: proto/market.proto

import type { Instrument as _orderbook_market_v1_Instrument, Instrument__Output as _orderbook_market_v1_Instrument__Output } from '../../../orderbook/market/v1/Instrument.ts';

export interface InstrumentsResponse {
  'instruments'?: (_orderbook_market_v1_Instrument)[];
}

export interface InstrumentsResponse__Output {
  'instruments': (_orderbook_market_v1_Instrument__Output)[];
}
