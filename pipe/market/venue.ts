/** One pair on one exchange, at one source. */

import type { InstrumentFacts } from '../../logger/market/instrument.ts';

export interface Venue {
  /** The exchange; `exchange@source` where the user named the source: `binance`, `sandbox@a`. */
  readonly name: string;
  readonly exchange: string;
  /** The name of the logger or archive it comes from. */
  readonly source: string;
  /** `binance:BTCUSDT`. */
  readonly security: string;
  /** Base and quote in the common spelling, joined: `BTCUSDT`. */
  readonly pair: string;
  readonly base: string;
  readonly quote: string;
  readonly instrument: InstrumentFacts;
}
