/** What live candles read of the past: stored trades, and candles that were kept. */

import type { ArchiveReader } from '../archive/archive.ts';
import type { CandleOutput } from '../candles/candle-fold.ts';
import { TIMEFRAMES, intervalEndUs, intervalStartUs } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import type { Reader } from '../reader/reader.ts';
import type { CandleHistory, CandleSource } from './live-candles.ts';

/** Candles that were kept. */
export interface KeptCandles {
  /** The end of the last minute. */
  lastEndUs(security: string): Promise<number | null>;
  /** Those that begin in a range, in order. */
  between(
    security: string,
    timeframe: Timeframe,
    range: { readonly fromUs: number; readonly toUs: number },
  ): Promise<readonly CandleOutput[]>;
}

export interface CandleSourceDeps {
  readonly archive: ArchiveReader;
  readonly reader: Reader;
  readonly hasConsecutiveTradeIds: (exchange: string) => boolean;
  /** Writes what the recorder still holds. */
  readonly flush: (security: string) => Promise<void>;
  readonly kept: KeptCandles | null;
}

export function candleSource(deps: CandleSourceDeps): CandleSource {
  const { archive, reader, hasConsecutiveTradeIds, flush, kept } = deps;
  return {
    flush,
    order: (security) => {
      const [exchange = ''] = security.split(':', 1);
      return hasConsecutiveTradeIds(exchange) ? 'id' : 'time';
    },
    history: async (security, nowUs) => {
      await flush(security);
      const first = await archive.segmentStart(security, 0);
      const firstUs = first === null ? Infinity : first.header.exchangeFromUs;
      const lastEndUs = (await kept?.lastEndUs(security)) ?? null;
      if (lastEndUs !== null && kept) return keptHistory(kept, security, lastEndUs, firstUs);
      // Longer ones begin with the first interval that is known from its beginning.
      const fromUs = intervalStartUs('1d', nowUs);
      const isFromBeginning = firstUs >= fromUs;
      return { earlier: new Map(), fromUs: isFromBeginning ? undefined : fromUs, isFromBeginning };
    },
    async *replay(security, timeline, range) {
      if ((await archive.segmentStart(security, 0)) === null) return;
      yield* reader.replayTrades(security, timeline, range);
    },
  };
}

/** Goes on from the last minute that was kept, with what the running longer ones came to. */
async function keptHistory(
  kept: KeptCandles,
  security: string,
  lastEndUs: number,
  firstUs: number,
): Promise<CandleHistory> {
  const dayUs = intervalStartUs('1d', lastEndUs);
  const begins = TIMEFRAMES.map((timeframe) => intervalStartUs(timeframe, lastEndUs));
  const fromUs = Math.min(...begins);
  const days = await kept.between(security, '1d', { fromUs, toUs: dayUs });
  const minutes = await kept.between(security, '1m', { fromUs: dayUs, toUs: lastEndUs });
  const earlier = new Map<Timeframe, readonly CandleOutput[]>();
  for (const timeframe of TIMEFRAMES) {
    const startUs = intervalStartUs(timeframe, lastEndUs);
    const isLong = intervalEndUs(timeframe, startUs) - startUs > intervalEndUs('1d', 0);
    const parts = isLong ? [...days, ...minutes] : minutes;
    earlier.set(
      timeframe,
      parts.filter((part) => beginOf(part) >= startUs),
    );
  }
  const keptFromUs = beginOf([...days, ...minutes][0]) || lastEndUs;
  return { earlier, fromUs: lastEndUs, isFromBeginning: firstUs >= keptFromUs };
}

function beginOf(output: CandleOutput | undefined): number {
  if (output === undefined) return 0;
  return output.type === 'gap' ? output.fromUs : output.candle.fromUs;
}
