/** What live candles read of the past: stored trades, and candles that were kept. */

import type { ArchiveReader } from '../archive/archive.ts';
import type { CandleOutput } from '../candles/candle-fold.ts';
import { TIMEFRAMES, intervalStartUs } from '../candles/timeframe.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import type { Reader } from '../reader/reader.ts';
import type { KeptCandles } from './kept-candles.ts';
import type { CandleHistory, CandleSource } from './live-candles.ts';

export interface CandleSourceDeps {
  readonly archive: ArchiveReader;
  readonly reader: Reader;
  readonly hasConsecutiveTradeIds: (exchange: string) => boolean;
  /** Writes what the recorder still holds. */
  readonly flush: (security: string) => Promise<void>;
  /** null: none are kept. */
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

/** Goes on from the last candle that was kept, with what the running ones came to. */
async function keptHistory(
  kept: KeptCandles,
  security: string,
  lastEndUs: number,
  firstUs: number,
): Promise<CandleHistory> {
  const earlier = new Map<Timeframe, readonly CandleOutput[]>();
  let isFromBeginning = true;
  for (const timeframe of TIMEFRAMES) {
    const parts = await kept.partsOf(security, timeframe, lastEndUs);
    earlier.set(timeframe, parts);
    const [first] = parts;
    const beginUs = first === undefined ? lastEndUs : beginOf(first);
    const isWhole = beginUs === intervalStartUs(timeframe, lastEndUs);
    isFromBeginning &&= isWhole || firstUs >= beginUs;
  }
  return { earlier, fromUs: lastEndUs, isFromBeginning };
}

function beginOf(output: CandleOutput): number {
  return output.type === 'gap' ? output.fromUs : output.candle.fromUs;
}
