import { describe, expect, test } from 'vitest';
import { coverageProblems } from '../../../bench/soak/audit.ts';
import { Moments } from '../../../bench/soak/moments.ts';
import { figuresOf } from '../../../bench/soak/report.ts';
import type { Sample } from '../../../bench/soak/samples.ts';
import type { CoverageResult, GapResult } from '../../../logger/queries/results.ts';
import { seededRandom } from '../../../sandbox/prng.ts';

const MIB = 2 ** 20;

function sample(seconds: number, life: number, own: Partial<Sample> = {}): Sample {
  const figures = { rss: 0, heapUsed: 0, threads: 1, eventLoopLag: 0, queuedEvents: 0 };
  const rest = { rssAnon: null, files: null, handles: 9, spoolBytes: 0, messages: 0 };
  return { seconds, life, isCollected: true, ...figures, ...rest, ...own };
}

describe('the figures of a soak', () => {
  test('are those of the longest life after its warm-up; messages are those of all lives', () => {
    const samples = [
      sample(0, 1, { messages: 5 }),
      sample(2, 1, { messages: 7 }),
      ...Array.from({ length: 61 }, (_, i) =>
        // Steep at first, then a MiB a minute.
        sample(10 + 10 * i, 2, { heapUsed: MIB * (i < 12 ? 30 : 50 + i / 6), messages: i }),
      ),
    ];
    const figures = figuresOf(samples);
    expect(figures).toMatchObject({ seconds: 600, warmUpSeconds: 120, messages: 67 });
    expect(figures.heapInUse?.growth).toBeCloseTo(60, 6);
    expect(figures.heapInUse).toMatchObject({ first: 30, last: 60, max: 60 });
    expect(figures.rssAnon).toBeNull();
    expect(figures.files).toBeNull();
  });

  test('of memory in use come only from samples after a collection', () => {
    const samples = Array.from({ length: 61 }, (_, i) =>
      sample(10 * i, 1, { isCollected: i % 5 === 0, heapUsed: MIB * (i % 5 === 0 ? 40 : 40 + i) }),
    );
    expect(figuresOf(samples).heapInUse).toMatchObject({ first: 40, last: 40, max: 40, growth: 0 });
  });

  test('without samples are unknown', () => {
    expect(figuresOf([])).toMatchObject({ seconds: 0, samples: 0, handles: null, messages: 0 });
  });
});

describe('coverage problems', () => {
  const at = (second: number): string => `2026-11-20T07:00:0${second}Z`;
  const interval = (from: number, to: number) => ({
    from: at(from),
    to: at(to),
    firstSequence: '1',
    lastSequence: '2',
    feed: 'full',
    proof: 'sequence' as const,
  });
  const gap = (from: number, to: number | null, cause: GapResult['cause'] = 'connection') => ({
    from: at(from),
    to: to === null ? null : at(to),
    cause,
    firstMissing: null,
    lastMissing: null,
  });
  const holes = (
    intervals: CoverageResult['intervals'],
    gaps: CoverageResult['gaps'],
  ): readonly string[] =>
    coverageProblems({ security: 'binance:BTCUSDT', intervals, gaps, badReceiveTimes: [] });

  test('are none if each interval is followed by a gap, the last one open', () => {
    expect(holes([interval(0, 1), interval(2, 3)], [gap(1, 2), gap(3, null)])).toEqual([]);
    expect(holes([interval(0, 1), interval(2, 3)], [gap(1, 2)])).toEqual([]);
  });

  test.each([
    ['without a gap', [interval(0, 1), interval(2, 3)], []],
    ['with one that ends early', [interval(0, 1), interval(3, 4)], [gap(1, 2)]],
    ['with one that stays open', [interval(0, 1), interval(3, 4)], [gap(1, null)]],
    ['that nothing explains', [interval(0, 1), interval(2, 3)], [gap(1, 2, 'other')]],
    ['in place of everything', [], []],
  ])('%s are reported', (_, intervals, gaps) => {
    expect(holes(intervals, gaps)).toHaveLength(1);
  });
});

describe('moments', () => {
  const add = (moments: Moments, sequence: number): void =>
    moments.add({ security: 's', sequence, receiveTime: '', digest: '', returnedMs: sequence });

  test('are a uniform sample of bounded size', () => {
    const moments = new Moments(seededRandom(1), 100);
    for (let i = 0; i < 10_000; i++) add(moments, i);
    expect(moments.all).toHaveLength(100);
    const early = moments.all.filter(({ sequence }) => sequence < 5000).length;
    expect(early).toBeGreaterThan(30);
    expect(early).toBeLessThan(70);
  });

  test('that a kill may have lost are dropped', () => {
    const moments = new Moments(seededRandom(1), 100);
    for (let i = 0; i < 10; i++) add(moments, i);
    moments.forgetSince(7);
    expect(moments.all).toHaveLength(7);
  });
});
