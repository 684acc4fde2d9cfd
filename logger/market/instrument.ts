/** What an exchange says about a security as a product: what is traded for what, and in which steps. */

import type { Contract } from './contract.ts';

/** Currencies are codes in the exchange's own spelling; decimals are text, null where it does not say. */
export interface InstrumentFacts {
  /** What is bought and sold: `BTC`, `XBT`, `UST`. */
  readonly base: string;
  /** What it is paid with. */
  readonly quote: string;
  readonly tickSize: string | null;
  /** Sizes are multiples of it. */
  readonly lotSize: string | null;
  /** The smallest order, in base. */
  readonly minSize: string | null;
  /** The smallest order, in quote. */
  readonly minNotional: string | null;
  /** What a size counts where that is not an amount of base. */
  readonly contract: Contract | null;
}
