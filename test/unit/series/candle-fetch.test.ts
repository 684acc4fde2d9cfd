/** Bringing an exchange's own candles into the archive. */

import { beforeEach, describe, expect, test } from 'vitest';
import type { CandleEntry } from '../../../logger/archive/candle-store.ts';
import type { Timeframe } from '../../../logger/candles/timeframe.ts';
import { ConflictError, FeedClosedError, RateLimitedError } from '../../../logger/errors.ts';
import { formatTimeUs, parseTimeUs } from '../../../logger/market/time.ts';
import type { FetchCandlesProgress } from '../../../logger/queries/results.ts';
import { fetchCandles } from '../../../logger/series/candle-fetch.ts';
import { ExchangeHistory } from '../../../logger/series/exchange-history.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryCandles } from '../../support/memory-candles.ts';
import { ScriptedCandles } from '../../support/scripted-candles.ts';

const MINUTE_US = 60_000_000;
const SECURITY = 'binance:BTCUSDT';
const T0 = parseTimeUs('2026-11-19T07:00:00Z');
const random = { next: () => 0.5 };

let clock: ManualClock;
let candles: ScriptedCandles;
let store: MemoryCandles;
let recordedUs: number | null;
let progress: FetchCandlesProgress[];

beforeEach(() => {
  clock = new ManualClock();
  candles = new ScriptedCandles(clock);
  store = new MemoryCandles();
  recordedUs = null;
  progress = [];
});

interface Asked {
  readonly minutes?: number;
  readonly fromUs?: number;
  readonly toUs?: number | undefined;
  readonly timeframe?: Timeframe;
  readonly signal?: AbortSignal;
}

/** A new service each time, as after a restart. */
function fetch({ minutes = 35, fromUs = T0, timeframe = '1m', signal, ...rest }: Asked = {}) {
  const asked = { exchanges: new Map([['binance', candles.exchange]]), clock, random };
  const history = new ExchangeHistory({ asked, kept: store });
  const deps = { ...asked, history, store, recordedFromUs: async () => recordedUs };
  const toUs = 'toUs' in rest ? rest.toUs : fromUs + minutes * MINUTE_US;
  return fetchCandles(
    deps,
    { security: SECURITY, timeframe, fromUs, toUs },
    {
      signal: signal ?? new AbortController().signal,
      onProgress: (latest) => progress.push(latest),
    },
  );
}

function kept(timeframe: Timeframe = '1m'): Promise<readonly CandleEntry[]> {
  const series = { security: SECURITY, timeframe, source: 'exchange' } as const;
  return store.between(series, { fromUs: 0, toUs: Infinity });
}

describe('a fetch', () => {
  test('brings all pages, and says what the exchange has not', async () => {
    for (const minute of [3, 4, 12]) candles.without.add(T0 + minute * MINUTE_US);
    const result = await fetch();
    expect(result).toEqual({
      security: SECURITY,
      timeframe: '1m',
      from: '2026-11-19T07:00:00Z',
      to: '2026-11-19T07:35:00Z',
      stored: 32,
      present: 0,
      missing: 3,
      gaps: [
        { from: '2026-11-19T07:03:00Z', to: '2026-11-19T07:05:00Z' },
        { from: '2026-11-19T07:12:00Z', to: '2026-11-19T07:13:00Z' },
      ],
    });
    expect(candles.asked.map((one) => (one.fromUs - T0) / MINUTE_US)).toEqual([0, 10, 20, 30]);
    const entries = await kept();
    expect(entries.filter(({ type }) => type === 'candle')).toHaveLength(32);
    expect(entries[0]).toMatchObject({
      type: 'candle',
      source: 'exchange',
      state: 'final',
      trades: 3,
      buyVolume: null,
      firstTradeId: null,
    });
    expect(progress.at(-1)).toMatchObject({ stored: 32, at: '2026-11-19T07:35:00Z', wait: null });
  });

  test('repeated, it asks for nothing and stores nothing', async () => {
    candles.without.add(T0);
    await fetch();
    const [asked, puts] = [candles.asked.length, store.puts];
    expect(await fetch()).toMatchObject({ stored: 0, present: 34, missing: 1 });
    expect([candles.asked.length, store.puts]).toEqual([asked, puts]);
  });

  test('that was interrupted goes on where it stopped', async () => {
    let batches = 0;
    store.beforePut = () => {
      if (++batches === 3) throw new FeedClosedError('killed');
    };
    await expect(fetch()).rejects.toThrow('killed');
    expect(await kept()).toHaveLength(20);
    expect(await fetch()).toMatchObject({ stored: 15, present: 20 });
    expect(candles.asked.map((one) => (one.fromUs - T0) / MINUTE_US)).toEqual([0, 10, 20, 20, 30]);
    expect(await kept()).toHaveLength(35);
  });

  test('that is cancelled ends, with what it has', async () => {
    const stop = new AbortController();
    store.beforePut = () => stop.abort();
    await expect(fetch({ signal: stop.signal })).rejects.toThrow(FeedClosedError);
    expect(await kept()).toHaveLength(10);
  });

  test('of an earlier time than before brings only that', async () => {
    await fetch();
    const fromUs = T0 - 7 * MINUTE_US;
    expect(await fetch({ fromUs, minutes: 20 })).toMatchObject({ stored: 7, present: 13 });
    expect((await kept()).map((entry) => entry.fromUs)).toEqual(
      Array.from({ length: 42 }, (_, i) => fromUs + i * MINUTE_US),
    );
  });

  test('stores no gap where a row makes no sense, and no longer candle without it', async () => {
    candles.unknown.add(T0 + 3 * MINUTE_US);
    candles.without.add(T0 + 4 * MINUTE_US);
    expect(await fetch({ minutes: 10 })).toMatchObject({ stored: 8, missing: 2 });
    expect(await fetch({ minutes: 15, timeframe: '15m' })).toMatchObject({ stored: 0, missing: 1 });
    expect(await kept('15m')).toEqual([]);
    candles.unknown.clear();
    expect(await fetch({ minutes: 10 })).toMatchObject({ stored: 1, present: 8, missing: 1 });
    expect(await fetch({ minutes: 15, timeframe: '15m' })).toMatchObject({ stored: 1 });
  });

  test('leaves what is kept, though a later answer has not got it', async () => {
    candles.answersVary = true;
    await fetch({ fromUs: T0 + 3 * MINUTE_US, minutes: 5 });
    candles.without.add(T0 + 4 * MINUTE_US).add(T0 + 5 * MINUTE_US);
    expect(await fetch({ minutes: 8 })).toMatchObject({ stored: 3, present: 5, missing: 0 });
    const entries = await kept();
    expect(entries.map(({ type }) => type)).toEqual(Array.from({ length: 8 }, () => 'candle'));
  });

  test('waits out what the exchange asks for, and says so', async () => {
    candles.errors.push(new RateLimitedError('banned', 600_000));
    const startMs = clock.monotonicMs();
    const running = fetch();
    await clock.advanceAsync(700_000, 10_000);
    expect(await running).toMatchObject({ stored: 35 });
    expect(progress[0]).toMatchObject({ wait: { seconds: 600, reason: 'banned' } });
    expect(candles.asked.length).toBe(5);
    expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(600_000);
  });

  test('ends by itself where the recording begins, in whole intervals', async () => {
    recordedUs = T0 + 14.5 * MINUTE_US;
    expect(await fetch({ toUs: undefined })).toMatchObject({ to: '2026-11-19T07:15:00Z' });
    expect((await kept()).at(-1)?.toUs).toBe(T0 + 15 * MINUTE_US);
  });

  test('stores no candle that may still change', async () => {
    const nowUs = clock.nowUs();
    const result = await fetch({ fromUs: nowUs - 5 * MINUTE_US, toUs: nowUs + 5 * MINUTE_US });
    // The last minute may still come late.
    expect(result).toMatchObject({ stored: 4, missing: 0, to: formatTimeUs(nowUs - MINUTE_US) });
    expect(
      (await kept()).every((entry) => entry.type === 'candle' && entry.state === 'final'),
    ).toBe(true);
  });

  test('merges what the exchange has not, in whole intervals', async () => {
    const fromUs = parseTimeUs('2026-11-18T00:00:00Z');
    const result = await fetch({ fromUs, minutes: 1440, timeframe: '4h' });
    expect(result).toMatchObject({ stored: 6, missing: 0 });
    // Ten hours a page hold two.
    expect(
      candles.asked.map(({ timeframe, fromUs: a, toUs: b }) => [timeframe, (b - a) / MINUTE_US]),
    ).toEqual([
      ['1h', 480],
      ['1h', 480],
      ['1h', 480],
    ]);
    expect((await kept('4h')).map((entry) => entry.type === 'candle' && entry.trades)).toEqual([
      12, 12, 12, 12, 12, 12,
    ]);
  });

  test('rejects what cannot be made, by name', async () => {
    candles.native = ['5m', '1h'];
    await expect(fetch()).rejects.toThrow(
      'timeframe: binance has no 1m candles, and none to make them of; it has 5m, 1h',
    );
  });

  test('of a symbol that is not listed fails with the reason', async () => {
    candles.isListed = false;
    await expect(fetch()).rejects.toThrow('BTCUSDT is not listed');
  });

  test('of a time before the listing has nothing, and is not repeated', async () => {
    candles.listedUs = T0 + 60 * MINUTE_US;
    expect(await fetch()).toMatchObject({
      stored: 0,
      missing: 35,
      gaps: [{ from: formatTimeUs(T0) }],
    });
    await fetch();
    expect(candles.asked).toHaveLength(4);
  });

  test('takes an empty answer for nothing, where answers vary', async () => {
    candles.answersVary = true;
    candles.listedUs = T0 + 15 * MINUTE_US;
    expect(await fetch()).toMatchObject({ stored: 20, missing: 15 });
    candles.listedUs = 0;
    // The first page was not believed; the second had candles beside its gap.
    expect(await fetch()).toMatchObject({ stored: 10, present: 20, missing: 5 });
  });

  test('needs an archive that keeps candles, and an end behind its beginning', async () => {
    const asked = { exchanges: new Map([['binance', candles.exchange]]), clock, random };
    const history = new ExchangeHistory({ asked, kept: undefined });
    const deps = { ...asked, history, store: undefined, recordedFromUs: async () => null };
    const query = { security: SECURITY, timeframe: '1m', fromUs: T0 } as const;
    const options = { signal: new AbortController().signal };
    await expect(fetchCandles(deps, query, options)).rejects.toThrow(ConflictError);
    await expect(fetch({ toUs: T0 })).rejects.toThrow('to: is not after from');
  });
});
