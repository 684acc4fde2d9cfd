/** Arguments of the library's methods. Types only. */

import type { ClockName } from './market/time.ts';
import type { NoBookResult as NoBookFields } from './queries/results.ts';

/**
 * A time: ISO 8601 with a zone and up to nine fractional digits, an integer with a unit
 * (`1723161254206ms`, `…us`, `…ns`: `${item.receiveTimeUs}us`), or a Date.
 */
export type Time = string | Date;

/** A moment: a time, or a sequence of the exchange (text where it passes 2^53). */
export type At = Time | { readonly sequence: number | string };

/** There is no proven book at that moment. */
export interface NoBookResult extends NoBookFields {
  /** The reason in words, as the CLI says it: not recorded yet, in the future, or inside a gap. */
  readonly message: string;
}

export interface BookOptions {
  /** Prices per side, with all of their orders. Default: all. */
  readonly depth?: number;
  /** `L2`: an L3 book by price, `[price, size, number of orders]`. Default: as it was recorded. */
  readonly level?: 'L2';
  /** Whose time `at` is: of arrival here (default), or the exchange's event time. */
  readonly clock?: ClockName;
}

export interface RangeOptions {
  /** The first moment. Default: the beginning. */
  readonly from?: Time;
  /** The moment before which it ends. Default: everything there is. */
  readonly to?: Time;
  /** Whose time `from` and `to` are. Default `receive`. */
  readonly clock?: ClockName;
}

export interface BooksOptions extends RangeOptions {
  /** The best level of each side alone, as an image when it changes. */
  readonly top?: boolean;
  /** With trades. */
  readonly trades?: boolean;
}

export interface SnapshotOptions extends RangeOptions {
  /** The cadence: an integer with a unit (`100ms`, `1s`, `5m`), that divides a day. Default `1s`. */
  readonly every?: string;
  /** As in `BookOptions`. */
  readonly depth?: number;
  readonly level?: 'L2';
  /** With what changed at each price since the tick before; an L3 book comes by price then. */
  readonly features?: boolean;
}

export interface KeptSnapshotOptions extends Omit<RangeOptions, 'clock'> {
  /** The cadence and the prices per side, as they are in the setting. */
  readonly every: string;
  readonly depth: number;
}

export interface CandleOptions extends Omit<RangeOptions, 'clock'> {
  /** The length of the candles. `7d` begins on Mondays, `1M` is a calendar month; all UTC. */
  readonly timeframe: '1m' | '5m' | '15m' | '1h' | '4h' | '1d' | '7d' | '30d' | '1M';
}
