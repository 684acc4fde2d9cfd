/** A kill between two legs: what it leaves counts towards the day's result. */

import { describe, expect, it } from 'vitest';
import type { DecisionRecord, ResultRecord } from '../../../../pipe/records/records.ts';
import { MemoryRecords } from '../../../support/memory-records.ts';
import { TestVenue, at, feesWith, startRun, venueOf } from '../../../support/strategy-market.ts';
import type { TradingRun } from '../../../support/trading-run.ts';

const [A, B] = [venueOf('cheap'), venueOf('dear')];
const DAY_MS = 86_400_000;

interface Latencies {
  readonly cheap: number;
  readonly dear: number;
}

const startAt = (
  store: MemoryRecords,
  ms: number,
  { cheap, dear }: Latencies,
  options = {},
): Promise<TradingRun> =>
  startRun([A, B], {
    store,
    options,
    table: {
      exchanges: { cheap: feesWith({ latencyMs: cheap }), dear: feesWith({ latencyMs: dear }) },
    },
    startUs: at(ms),
  });

function books(run: TradingRun, ms: number, of: { readonly a: string[]; readonly b: string[] }) {
  run.onEvent(new TestVenue(A).image(at(ms), of.a[0] ?? '', of.a[1] ?? ''));
  run.onEvent(new TestVenue(B).image(at(ms + 1), of.b[0] ?? '', of.b[1] ?? ''));
}

const APART = { a: ['99×5', '100×1 101×2'], b: ['103×1.5 102×1', '104×5'] };
const TOGETHER = { a: ['98×5', '99×5'], b: ['97×5', '104×5'] };

/** 2.5 are bought for 251.5 at 50 ms, or 2.4975 sold for 256.245, and then it is killed. */
async function killedBetween(latencies: Latencies): Promise<MemoryRecords> {
  const store = new MemoryRecords();
  const run = await startAt(store, 0, latencies);
  books(run, 0, APART);
  run.onTime(at(60));
  await run.kill();
  expect(store.all('results')).toEqual([]);
  return store;
}

const resultsOf = (store: MemoryRecords): ResultRecord[] => store.all('results');

describe('an action that a kill interrupted', () => {
  it.each<[string, Latencies, Partial<ResultRecord>]>([
    [
      'after its buy counts at the best bid where it was bought',
      { cheap: 20, dear: 200 },
      // 2.4975 at 98, less 0.1 %.
      { money: '-251.5', rest: '2.4975', worth: '244.510245', result: '-6.989755' },
    ],
    [
      'after its sale counts at the best ask where it was sold',
      { cheap: 200, dear: 20 },
      // 2.4975 at 104.
      { money: '255.988755', rest: '-2.4975', worth: '-259.74', result: '-3.751245' },
    ],
  ])('%s', async (_, latencies, result) => {
    const store = await killedBetween(latencies);
    const again = await startAt(store, 1000, latencies, { 'max-daily-loss': '3' });
    again.onEvent(new TestVenue(A).image(at(1100), '98×5', '99×5'));
    expect(again.haltReason).toBeNull();
    books(again, 1200, TOGETHER);
    await again.kill();
    expect(resultsOf(store)).toMatchObject([{ ...result, quote: 'USDT', hasFailed: false }]);
    expect(again.haltReason).toContain(`the result of this day is ${result.result}`);
    // Once.
    const third = await startAt(store, 2000, latencies);
    books(third, 2100, APART);
    await third.kill();
    expect(resultsOf(store)).toHaveLength(1);
    const decision = store.all<DecisionRecord>('decisions').at(-1);
    expect(decision?.inputs['standing']).toMatchObject({ resultOfDay: result.result });
  });

  it('is left alone on another day', async () => {
    const latencies = { cheap: 20, dear: 200 };
    const store = await killedBetween(latencies);
    const again = await startAt(store, DAY_MS, latencies);
    books(again, DAY_MS + 100, TOGETHER);
    await again.kill();
    expect(resultsOf(store)).toEqual([]);
  });
});
