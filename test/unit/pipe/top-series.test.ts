import { describe, expect, test } from 'vitest';
import { TopSeries } from '../../../pipe/top/top-series.ts';
import type { TopEntry } from '../../../pipe/top/top-series.ts';
import { PairMemory } from '../../../pipe/top/pair-memory.ts';
import { isSameTop } from '../../../pipe/top/top.ts';
import type { Top } from '../../../pipe/top/top.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const SCALES = [
  { priceExponent: 2, sizeExponent: 3 },
  { priceExponent: 4, sizeExponent: 3 },
];

/** The plain way: a list. */
class NaiveSeries {
  entries: TopEntry[] = [];
  append(atUs: number, top: Top | null): void {
    const last = this.entries.at(-1);
    if (last && isSameTop(last.top, top)) return;
    this.entries.push({ atUs: Math.max(atUs, last?.atUs ?? 0), top });
  }
  at(us: number): TopEntry | undefined {
    return this.entries.findLast(({ atUs }) => atUs <= us);
  }
  range(fromUs: number, toUs: number): TopEntry[] {
    const first = this.entries.findLastIndex(({ atUs }) => atUs <= fromUs);
    return this.entries.slice(Math.max(0, first)).filter(({ atUs }) => atUs < toUs);
  }
}

function randomTops(count: number, seed: number): TopEntry[] {
  const random = seededRandom(seed);
  const int = (below: number): number => Math.floor(random.next() * below);
  let atUs = 1_000_000;
  return Array.from({ length: count }, () => {
    atUs += int(3) * int(1000);
    if (int(50) === 0) return { atUs, top: null };
    const scale = SCALES[int(500) === 0 ? 1 : 0]!;
    const some = (): number | bigint | null =>
      int(40) === 0 ? null : int(40) === 0 ? 2n ** 60n + BigInt(int(3)) : int(3);
    return {
      atUs,
      top: { scale, bidPrice: some(), bidSize: some(), askPrice: some(), askSize: some() },
    };
  });
}

const both = (entries: readonly TopEntry[]): [TopSeries, NaiveSeries] => {
  const [series, naive] = [new TopSeries(), new NaiveSeries()];
  for (const { atUs, top } of entries) {
    series.append(atUs, top);
    naive.append(atUs, top);
  }
  return [series, naive];
};

describe('a series', () => {
  test(`answers like a list of all entries (SEED=${SEED})`, () => {
    const entries = randomTops(9000, SEED);
    const [series, naive] = both(entries);
    expect(series.length).toBe(naive.entries.length);
    expect([...series.range(0, Infinity)]).toEqual(naive.entries);
    const endUs = entries.at(-1)!.atUs;
    const random = seededRandom(SEED + 1);
    for (let i = 0; i < 2000; i++) {
      const us = Math.floor(random.next() * (endUs + 2000));
      expect(series.at(us)).toEqual(naive.at(us));
      if (i % 50 > 0) continue;
      const toUs = us + Math.floor(random.next() * 100_000);
      expect([...series.range(us, toUs)]).toEqual(naive.range(us, toUs));
    }
  });

  test(`two joined are one without a repeat, wherever the cut is (SEED=${SEED})`, () => {
    const entries = randomTops(5000, SEED + 2);
    const [, naive] = both(entries);
    for (const at of [1, 2, 1023, 1024, 1025, 2500, 4999]) {
      // Live begins with what holds then, at the time of its last change.
      const cutUs = entries[at]!.atUs;
      const [live] = both(
        [naive.at(cutUs)!, ...entries.slice(at)].map((e, i) => (i ? e : { ...e, atUs: cutUs })),
      );
      // What was read of the past knows some of what came after the beginning, too.
      const [past] = both(entries.slice(0, at + 100));
      live.prepend(past);
      for (const [i, { atUs }] of naive.entries.entries())
        if (i % 11 === 0 || Math.abs(i - at) < 20)
          expect(live.at(atUs)?.top).toEqual(naive.at(atUs)?.top);
      const joined = [...live.range(0, Infinity)];
      for (const [i, { top }] of joined.entries()) {
        if (i > 0) expect(isSameTop(joined[i - 1]!.top, top)).toBe(false);
      }
      expect(live.last).toEqual(joined.at(-1));
    }
  });

  test('takes at most 48 bytes a change, and forgets what is too old', () => {
    const series = new TopSeries();
    const scale = SCALES[0]!;
    for (let i = 0; i < 100_000; i++) {
      const top = { scale, bidPrice: i, bidSize: 1, askPrice: i + 1, askSize: 1 };
      series.append(i * 1000, top);
    }
    expect(series.bytes / series.length).toBeLessThanOrEqual(48);
    series.forget(50_000_000);
    expect(series.at(50_000_000)?.atUs).toBe(50_000_000);
    expect(series.length).toBeLessThan(52_000);
    expect(series.at(0)).toBeUndefined();
  });
});

test('a memory knows nothing of a time before it, without a proof, or with an empty side', () => {
  const memory = new PairMemory(['binance'], 1_000_000);
  const scale = SCALES[0]!;
  const top = { scale, bidPrice: 10_050, bidSize: 1, askPrice: 10_100, askSize: 1 };
  memory.set('binance', top, 1000);
  memory.set('binance', null, 2000);
  memory.set('binance', { ...top, askPrice: null, askSize: null }, 3000);
  const at = (us: number): unknown => memory.at('binance', us);
  expect([at(999), at(1000), at(1999), at(2000), at(3000)]).toEqual([
    null,
    { bid: '100.5', ask: '101' },
    { bid: '100.5', ask: '101' },
    null,
    null,
  ]);
  expect(memory.at('bybit', 1000)).toBeNull();
});
