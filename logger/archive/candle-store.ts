/**
 * The port to the candles that an archive keeps: those of its own trades, and those that an exchange gives
 * out. Both are kept the same way, beside each other: the source is a part of the key.
 *
 * The key of a candle is its security, timeframe, source and beginning. What is put under a key replaces
 * what is `open` or `early` there. What is over (`final`, `incomplete`, or a gap) never changes, so putting
 * it again changes nothing; only its state can become `checked` or `differs`, by putting it with that
 * state, and again if a later comparison says otherwise. A gap also takes the place of what is `open` or
 * `early` inside of it.
 */

import type { Candle, CandleState } from '../candles/candle.ts';
import { intervalStartUs } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import type { GapCause } from '../market/coverage.ts';
import type { ScaledInt } from '../market/decimal.ts';

/** `trades`: made of the archive's trades. `exchange`: the exchange's own. */
export type CandleOrigin = 'trades' | 'exchange';

/** Candles of one security, timeframe and source follow one another. */
export interface CandleSeries {
  readonly security: string;
  readonly timeframe: Timeframe;
  readonly source: CandleOrigin;
}

/** null: the exchange does not say. Of `trades` all are known. */
export interface KeptCandle
  extends CandleSeries, Omit<Candle, 'quoteVolume' | 'buyVolume' | 'trades'> {
  readonly type: 'candle';
  readonly quoteVolume: ScaledInt | null;
  readonly buyVolume: ScaledInt | null;
  readonly trades: number | null;
}

/** Intervals that have no candle; at least one, in one entry as long as the cause is the same. */
export interface KeptGap extends CandleSeries {
  readonly type: 'gap';
  readonly fromUs: number;
  readonly toUs: number;
  readonly cause: GapCause;
}

export type CandleEntry = KeptCandle | KeptGap;

export interface CandleRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Reads beside a writer in this or another process. Methods throw LoggerError. */
export interface CandleReader {
  /** The end of the last entry that is over; null: there is none. */
  lastEndUs(series: CandleSeries): Promise<number | null>;
  /**
   * The entries that begin in `fromUs <= t < toUs`, in order, and before them the part inside of the range
   * of a gap that began earlier. At most `limit`, MAX_CANDLES if absent: if there may be more, ask again
   * from the end of the last one.
   */
  between(
    series: CandleSeries,
    range: CandleRange,
    limit?: number,
  ): Promise<readonly CandleEntry[]>;
}

export interface CandleStore extends CandleReader {
  /**
   * Takes all of a batch or nothing, in the order given. Resolves when it would survive the death of the
   * process, whether or not a database behind the archive has it yet.
   * @throws ArchiveFullError, ArchiveUnavailableError: put it again.
   */
  put(batch: readonly CandleEntry[]): Promise<void>;
}

/** As many as are read at once: some megabytes. */
export const MAX_CANDLES = 10_000;

/** `open` < `early` < over < compared with the exchange's own. */
export function candleRank(entry: { readonly type: string; readonly state?: CandleState }): number {
  switch (entry.state) {
    case 'open':
      return 0;
    case 'early':
      return 1;
    case 'checked':
    case 'differs':
      return 3;
    default:
      return 2;
  }
}

/** What is stored under a key after a put. @returns `stored` itself where nothing changes. */
export function replaced(stored: CandleEntry | undefined, put: CandleEntry): CandleEntry {
  if (stored === undefined || candleRank(stored) < 2) return put;
  const isCompared = stored.type === 'candle' && put.type === 'candle' && candleRank(put) === 3;
  return isCompared && put.state !== stored.state ? { ...stored, state: put.state } : stored;
}

/**
 * Retention: candles of trades that end at or before this are deleted. Those of which a running longer one is
 * made stay until it is over. The exchange's own are as old as somebody asked for, and stay.
 */
export function expiryUs(timeframe: Timeframe, beforeUs: number): number {
  if (timeframe === '1d') return Math.min(...LONG.map((long) => intervalStartUs(long, beforeUs)));
  const isLong = LONG.some((long) => long === timeframe);
  return isLong ? beforeUs : intervalStartUs('1d', beforeUs);
}

const LONG = ['7d', '30d', '1M'] as const satisfies readonly Timeframe[];

/** Without what is open or early inside of a gap. @param entries in order. */
export function withoutCovered(entries: readonly CandleEntry[]): CandleEntry[] {
  let coveredUs = -Infinity;
  return entries.filter((entry) => {
    if (entry.type === 'gap') coveredUs = Math.max(coveredUs, entry.toUs);
    return candleRank(entry) >= 2 || entry.fromUs >= coveredUs;
  });
}

/** Every entry of a range, a page at a time. */
export async function* candlesIn(
  store: CandleReader,
  series: CandleSeries,
  { fromUs, toUs }: CandleRange,
  pageSize = MAX_CANDLES,
): AsyncGenerator<CandleEntry> {
  for (let us = fromUs; us < toUs;) {
    const page = await store.between(series, { fromUs: us, toUs }, pageSize);
    yield* page;
    const last = page.at(-1);
    // A short page is not the last one: what lies inside of a gap is left out of it.
    if (last === undefined) return;
    us = last.toUs;
  }
}
