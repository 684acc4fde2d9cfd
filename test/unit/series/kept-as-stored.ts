/** Compares the candles that an archive keeps with those that its trades come to. */

import { expect } from 'vitest';
import type { ArchiveReader } from '../../../logger/archive/archive.ts';
import { intervalEndUs, intervalStartUs } from '../../../logger/candles/timeframe.ts';
import type { Timeframe } from '../../../logger/candles/timeframe.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import { SECURITY } from '../reader/random-history.ts';

type Shown = Record<string, unknown> & { readonly fromUs: number; readonly toUs: number };

/** One for each interval: the archive's reader joins gaps that touch. */
function perInterval(timeframe: Timeframe, item: Shown): Shown[] {
  if (item.type !== 'gap') {
    // Of nothing, the scale says nothing.
    return [item.trades === 0 ? { ...item, scale: null } : item];
  }
  const gaps: Shown[] = [];
  const { fromUs, toUs, cause } = item;
  for (let us = fromUs; us < toUs; us = intervalEndUs(timeframe, us)) {
    gaps.push({ fromUs: us, toUs: intervalEndUs(timeframe, us), cause });
  }
  return gaps;
}

export async function expectKeptAsStored(
  archive: Pick<ArchiveReader, 'candles'>,
  reader: Reader,
  timeframes: readonly Timeframe[],
  nowUs: number,
  security = SECURITY,
): Promise<void> {
  for (const timeframe of timeframes) {
    const series = { security, timeframe, source: 'trades' as const };
    const range = { fromUs: 0, toUs: Infinity };
    const kept: Shown[] = [];
    for (const entry of await archive.candles.between(series, range, 1_000_000)) {
      const { security: _, source: __, ...rest } = entry;
      kept.push(...perInterval(timeframe, rest));
    }
    const stored: Shown[] = [];
    for await (const item of reader.candles({ security, timeframe })) {
      const { source: _, security: __, ...rest } = item as unknown as Record<string, unknown>;
      stored.push(...perInterval(timeframe, rest as never));
    }
    const over = kept.filter(({ state }) => state !== 'early');
    expect(over, timeframe).toEqual(stored.slice(0, over.length));
    const lengthUs = intervalEndUs(timeframe, nowUs) - intervalStartUs(timeframe, nowUs);
    const endUs = over.at(-1)?.toUs ?? intervalStartUs(timeframe, stored[0]?.fromUs ?? nowUs);
    // The running one is not kept, and the one before it may wait for the next trade.
    expect(nowUs - endUs, timeframe).toBeLessThan(lengthUs + 60_000_000);
  }
}
