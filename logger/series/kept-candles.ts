/** The candles of trades that an archive keeps, as what the running ones are continued from. */

import { candlesIn } from '../archive/candle-store.ts';
import type { CandleEntry, CandleReader, CandleSeries } from '../archive/candle-store.ts';
import type { CandleOutput } from '../candles/candle-fold.ts';
import { intervalStartUs } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import { outputOf } from '../reader/kept-candles.ts';
import type { SettledCandle } from './security-candles.ts';

/** Each is made of whole ones of those before it, and so are the longer ones. */
const NESTED = ['1m', '5m', '15m', '1h', '4h', '1d'] as const satisfies readonly Timeframe[];

export class KeptCandles {
  readonly #store: CandleReader;
  readonly #timeframes: readonly Timeframe[];

  constructor(store: CandleReader, timeframes: readonly Timeframe[]) {
    this.#store = store;
    this.#timeframes = timeframes;
  }

  /** Before it, every interval is kept that ends before it; null: nothing is kept. */
  async lastEndUs(security: string): Promise<number | null> {
    let lastUs: number | null = null;
    for (const timeframe of this.#timeframes) {
      const endUs = await this.#store.lastEndUs(seriesOf(security, timeframe));
      if (endUs !== null && (lastUs === null || endUs > lastUs)) lastUs = endUs;
    }
    return lastUs;
  }

  /**
   * What the interval that is running at a time came to: the longest candles that are kept, then shorter
   * ones. They follow one another up to that time; if some are not kept, there are none.
   */
  async partsOf(security: string, timeframe: Timeframe, endUs: number): Promise<CandleOutput[]> {
    const parts: CandleOutput[] = [];
    let nextUs = intervalStartUs(timeframe, endUs);
    for (const shorter of NESTED.slice(0, rankOf(timeframe)).reverse()) {
      const toUs = intervalStartUs(shorter, endUs);
      if (!this.#timeframes.includes(shorter) || toUs <= nextUs) continue;
      const range = { fromUs: nextUs, toUs };
      for await (const entry of candlesIn(this.#store, seriesOf(security, shorter), range)) {
        // Before the first one nothing was kept.
        if (entry.fromUs !== nextUs && parts.length > 0) return [];
        const output = outputOf(entry, toUs);
        if (output === undefined) return [];
        parts.push(output);
        nextUs = Math.min(entry.toUs, toUs);
      }
      if (parts.length > 0 && nextUs !== toUs) return [];
      nextUs = Math.max(nextUs, toUs);
    }
    return nextUs === endUs ? parts : [];
  }
}

export function seriesOf(security: string, timeframe: Timeframe): CandleSeries {
  return { security, timeframe, source: 'trades' };
}

export function entryOf(security: string, { timeframe, output }: SettledCandle): CandleEntry {
  const series = seriesOf(security, timeframe);
  if (output.type === 'gap') return { ...output, ...series };
  return { type: 'candle', ...output.candle, ...series };
}

function rankOf(timeframe: Timeframe): number {
  const rank = NESTED.findIndex((one) => one === timeframe);
  return rank === -1 ? NESTED.length : rank;
}
