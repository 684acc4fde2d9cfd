/** Candles that were kept longer than the trades that they are made of. */

import { candlesIn } from '../archive/candle-store.ts';
import type { CandleEntry } from '../archive/candle-store.ts';
import type { CandleOutput } from '../candles/candle-fold.ts';
import type { CandlesQuery } from '../queries/queries.ts';
import type { ReaderContext } from './context.ts';

/**
 * Those that begin before the first trade that is still stored. What was not kept between them is a gap.
 * @param toUs none begins at or after it.
 * @returns where the candles of stored trades go on; undefined: none was kept.
 */
export async function* keptBeforeTrades(
  { archive }: ReaderContext,
  { security, timeframe }: CandlesQuery,
  fromUs: number | undefined,
  toUs: number,
): AsyncGenerator<CandleOutput, number | undefined> {
  const first = await archive.segmentStart(security, 0);
  const range = {
    fromUs: fromUs ?? 0,
    toUs: Math.min(toUs, first?.header.exchangeFromUs ?? Infinity),
  };
  const series = { security, timeframe, source: 'trades' } as const;
  let nextUs = fromUs;
  let isAny = false;
  for await (const entry of candlesIn(archive.candles, series, range)) {
    const output = outputOf(entry);
    if (output === undefined) break;
    const beginUs = entry.fromUs;
    if (nextUs !== undefined && nextUs < beginUs) {
      yield { type: 'gap', fromUs: nextUs, toUs: beginUs, cause: 'other' };
    }
    nextUs = Math.min(entry.toUs, toUs);
    yield output.type === 'gap' ? { ...output, toUs: nextUs } : output;
    isAny = true;
  }
  return isAny ? nextUs : undefined;
}

/** @returns undefined: it is not over, or not of trades. */
export function outputOf(entry: CandleEntry, untilUs = Infinity): CandleOutput | undefined {
  if (entry.type === 'gap') {
    const { fromUs, toUs, cause } = entry;
    return { type: 'gap', fromUs, toUs: Math.min(toUs, untilUs), cause };
  }
  const { type: _, security: __, source: ___, quoteVolume, buyVolume, trades, ...rest } = entry;
  const isKnown = quoteVolume !== null && buyVolume !== null && trades !== null;
  if (!isKnown || rest.state === 'open' || rest.state === 'early') return undefined;
  return { type: 'candle', candle: { ...rest, quoteVolume, buyVolume, trades } };
}
