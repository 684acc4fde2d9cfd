/** The candles that an archive keeps. */

import { expect, test } from 'vitest';
import type { ArchiveReader } from '../../logger/archive/archive.ts';
import { candlesIn } from '../../logger/archive/candle-store.ts';
import type {
  CandleEntry,
  CandleSeries,
  KeptCandle,
  KeptGap,
} from '../../logger/archive/candle-store.ts';
import { intervalEndUs } from '../../logger/candles/timeframe.ts';
import type { CurrentArchive } from './archive-under-test.ts';
import { SECURITY } from './sample-records.ts';

export const MINUTE_US = 60_000_000;
const MINUTES: CandleSeries = { security: SECURITY, timeframe: '1m', source: 'trades' };

/** The n-th minute, with values of its own. */
export function sampleCandle(n: number, more: Partial<KeptCandle> = {}): KeptCandle {
  const series = { ...MINUTES, ...more };
  const fromUs = n * MINUTE_US;
  return {
    type: 'candle',
    fromUs,
    toUs: intervalEndUs(series.timeframe, fromUs),
    open: 900_000 + n,
    high: 901_000 + n,
    low: 899_000,
    close: null,
    volume: 10n ** 20n + BigInt(n),
    quoteVolume: 123_456_789,
    buyVolume: 0,
    trades: 3,
    firstTradeId: 777_001,
    lastTradeId: '1c6c5b4e-0001',
    scale: { priceExponent: 2, sizeExponent: 8 },
    state: 'final',
    missing: [],
    ...series,
  };
}

function sampleGap(n: number, minutes: number): KeptGap {
  const fromUs = n * MINUTE_US;
  return { type: 'gap', ...MINUTES, fromUs, toUs: fromUs + minutes * MINUTE_US, cause: 'restart' };
}

export function candleContract(name: string, current: CurrentArchive): void {
  const put = (...batch: CandleEntry[]): Promise<void> => current().archive.candles.put(batch);
  const all = (archive: ArchiveReader = current().archive): Promise<readonly CandleEntry[]> =>
    archive.candles.between(MINUTES, { fromUs: 0, toUs: Infinity });

  test(`${name}: an archive without candles has none`, async () => {
    expect(await all()).toEqual([]);
    expect(await current().archive.candles.lastEndUs(MINUTES)).toBeNull();
  });

  test(`${name}: candles and gaps are read back exactly, in order, by every reader`, async () => {
    const missing = [
      { fromUs: 2 * MINUTE_US, toUs: 2 * MINUTE_US + 5, cause: 'connection' as const },
    ];
    const partial = sampleCandle(2, { state: 'incomplete', missing });
    const empty = sampleCandle(1, { open: null, high: null, low: null, trades: 0, volume: 0 });
    const gap = sampleGap(3, 5);
    const last = sampleCandle(8);
    await put(last, gap, partial, empty);
    expect(await all()).toEqual([empty, partial, gap, last]);
    expect(await all(await current().openReader())).toEqual([empty, partial, gap, last]);
    expect(await all(await current().reopen())).toEqual([empty, partial, gap, last]);
  });

  test(`${name}: what is early is replaced, and what is over stays as it is`, async () => {
    await put(sampleCandle(1, { state: 'early', trades: 1 }));
    await put(sampleCandle(1, { state: 'early', trades: 2 }));
    expect(await all()).toEqual([sampleCandle(1, { state: 'early', trades: 2 })]);
    await put(sampleCandle(1));
    await put(sampleCandle(1, { trades: 4 }), sampleCandle(1, { state: 'early' }));
    expect(await all()).toEqual([sampleCandle(1)]);
    await put(sampleGap(2, 1));
    await put(sampleCandle(2));
    expect(await all()).toEqual([sampleCandle(1), sampleGap(2, 1)]);
  });

  test(`${name}: a gap takes the place of what was early inside of it`, async () => {
    await put(sampleCandle(1, { state: 'early' }), sampleCandle(2, { state: 'early' }));
    await put(sampleCandle(3, { state: 'early' }));
    await put(sampleGap(1, 2));
    expect(await all()).toEqual([sampleGap(1, 2), sampleCandle(3, { state: 'early' })]);
  });

  test(`${name}: a comparison changes nothing but the state`, async () => {
    await put(sampleCandle(1), sampleCandle(2, { state: 'early' }), sampleGap(3, 1));
    await put(
      sampleCandle(1, { state: 'differs', trades: 9 }),
      sampleCandle(2, { state: 'checked' }),
      sampleCandle(3, { state: 'checked' }),
    );
    expect(await all()).toEqual([
      sampleCandle(1, { state: 'differs' }),
      sampleCandle(2, { state: 'checked' }),
      sampleGap(3, 1),
    ]);
    await put(sampleCandle(1, { state: 'checked' }), sampleCandle(2));
    expect(await all()).toEqual(
      [sampleCandle(1, { state: 'checked' }), sampleCandle(2, { state: 'checked' })].concat(
        sampleGap(3, 1) as never,
      ),
    );
  });

  test(`${name}: timeframes and sources do not meet`, async () => {
    const unknown = { quoteVolume: null, buyVolume: null, trades: null, firstTradeId: null };
    const theirs = sampleCandle(5, { ...unknown, source: 'exchange' });
    const longer = sampleCandle(5, { timeframe: '5m' });
    await put(sampleCandle(5), longer, theirs);
    const range = { fromUs: 0, toUs: 10 * MINUTE_US };
    const of = (series: Partial<CandleSeries>): Promise<readonly CandleEntry[]> =>
      current().archive.candles.between({ ...MINUTES, ...series }, range);
    expect(await of({})).toEqual([sampleCandle(5)]);
    expect(await of({ timeframe: '5m' })).toEqual([longer]);
    expect(await of({ source: 'exchange' })).toEqual([theirs]);
    expect(await of({ security: 'test:OTHER' })).toEqual([]);
  });

  test(`${name}: a range has what begins in it, and the part of a gap that reaches into it`, async () => {
    const entries = [sampleCandle(1), sampleGap(2, 6), sampleCandle(8), sampleCandle(9)];
    await put(...entries);
    const between = (from: number, to: number, limit?: number): Promise<readonly CandleEntry[]> =>
      current().archive.candles.between(
        MINUTES,
        { fromUs: from * MINUTE_US, toUs: to * MINUTE_US },
        limit,
      );
    expect(await between(1, 9)).toEqual(entries.slice(0, 3));
    expect(await between(2, 9)).toEqual(entries.slice(1, 3));
    expect(await between(5, 9)).toEqual([sampleGap(5, 3), sampleCandle(8)]);
    expect(await between(5, 9, 1)).toEqual([sampleGap(5, 3)]);
    expect(await between(8, 9)).toEqual([sampleCandle(8)]);
    expect(await between(5, 5)).toEqual([]);
    const paged: CandleEntry[] = [];
    for await (const entry of candlesIn(
      current().archive.candles,
      MINUTES,
      { fromUs: 0, toUs: Infinity },
      1,
    )) {
      paged.push(entry);
    }
    expect(paged).toEqual(entries);
  });

  test(`${name}: the last end is that of what is over`, async () => {
    const last = (): Promise<number | null> => current().archive.candles.lastEndUs(MINUTES);
    await put(sampleCandle(1), sampleCandle(2, { state: 'early' }));
    expect(await last()).toBe(2 * MINUTE_US);
    await put(sampleGap(2, 3), sampleCandle(7, { state: 'open' }));
    expect(await last()).toBe(5 * MINUTE_US);
    await put(sampleCandle(5, { state: 'checked' }), sampleCandle(6, { source: 'exchange' }));
    expect(await last()).toBe(6 * MINUTE_US);
  });

  test(`${name}: retention deletes old candles, but those that a running longer one needs, and the exchange's own`, async () => {
    const DAY = 1440;
    // 2026-11-20, in the middle of all longer intervals.
    const today = 20_777 * DAY;
    const before = today + 600;
    const day = (n: number): KeptCandle => sampleCandle(n * DAY, { timeframe: '1d' });
    const old = sampleCandle(today - 1);
    const kept = [sampleCandle(today), sampleCandle(before)];
    const theirs = sampleCandle(10, { source: 'exchange' });
    const days = [day(20_740), day(20_770), day(20_776)];
    await put(old, ...kept, theirs, ...days);
    const state = { security: SECURITY, wanted: true, feed: 'test' };
    const { archive } = current();
    const prune = (wanted: boolean, minute: number): Promise<void> =>
      current().prune({ ...state, wanted }, minute * MINUTE_US);
    await prune(true, before);
    const of = (series: Partial<CandleSeries>): Promise<readonly CandleEntry[]> =>
      archive.candles.between({ ...MINUTES, ...series }, { fromUs: 0, toUs: Infinity });
    expect(await of({})).toEqual(kept);
    expect(await of({ timeframe: '1d' })).toEqual(days.slice(1));
    expect(await of({ source: 'exchange' })).toEqual([theirs]);
    await prune(false, before);
    expect([...(await of({})), ...(await of({ source: 'exchange' }))]).toEqual([]);
  });
}
