/** Intervals and gaps, and what every query says about a gap without an end. */

import { describe, expect, test } from 'vitest';
import { formatTimeUs, parseTimeUs } from '../../../logger/market/time.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { us, writeAll } from './script.ts';

const kit = useReaderKit();

describe('coverage', () => {
  test('lists intervals and gaps with what is missing', async () => {
    await kit.twoSegments();
    const interval = { feed: 'depth', proof: 'sequence' };
    const first = {
      ...interval,
      from: '2026-11-20T07:00:00Z',
      to: '2026-11-20T07:00:00.06Z',
      firstSequence: '100',
      lastSequence: '103',
    };
    const second = {
      ...interval,
      from: '2026-11-20T07:00:00.09Z',
      to: '2026-11-20T07:00:00.11Z',
      firstSequence: '200',
      lastSequence: '202',
    };
    const gap = {
      from: first.to,
      to: second.from,
      cause: 'connection',
      firstMissing: '104',
      lastMissing: '199',
    };
    const everything = {
      security: SECURITY,
      intervals: [first, second],
      gaps: [gap],
      badReceiveTimes: [],
    };
    expect(await kit.reader.coverage({ security: SECURITY })).toEqual(everything);
    expect(await kit.reader.coverage({ security: SECURITY, fromUs: us(100) })).toEqual({
      ...everything,
      intervals: [{ ...second, from: '2026-11-20T07:00:00.1Z', firstSequence: '201' }],
      gaps: [],
    });
    expect(await kit.reader.coverage({ security: SECURITY, toUs: us(30) })).toEqual({
      ...everything,
      intervals: [{ ...first, to: '2026-11-20T07:00:00.03Z', lastSequence: '102' }],
      gaps: [],
    });
  });

  test('cuts intervals at the ends of the window, where the book at that time stands', async () => {
    await kit.twoSegments();
    for (let fromMs = 0; fromMs <= 110; fromMs += 5) {
      for (let toMs = fromMs; toMs <= 110; toMs += 5) {
        const window = { fromUs: us(fromMs), toUs: us(toMs) };
        const { intervals } = await kit.reader.coverage({ security: SECURITY, ...window });
        for (const { from, to, firstSequence, lastSequence } of intervals) {
          expect([parseTimeUs(from) >= window.fromUs, parseTimeUs(to) <= window.toUs]).toEqual([
            true,
            true,
          ]);
          expect(await sequenceAt(from)).toBe(firstSequence);
          expect(await sequenceAt(to)).toBe(lastSequence);
        }
        expect(intervals.map(({ from }) => from)).toEqual(
          [0, 90]
            .map((ms, index) => [Math.max(ms, fromMs), Math.min([60, 110][index] ?? 0, toMs)])
            .filter(([from = 0, to = 0]) => (fromMs === toMs ? from <= to : from < to))
            .map(([from = 0]) => formatTimeUs(us(from))),
        );
      }
    }
  });

  async function sequenceAt(time: string): Promise<string | null | undefined> {
    const position = { clock: 'receive', us: parseTimeUs(time) } as const;
    const book = await kit.reader.bookAt({ security: SECURITY, position });
    return book.state === 'proven' ? book.sequence : undefined;
  }

  test('shows a gap that reaches out of the window whole, as it was recorded', async () => {
    await kit.twoSegments();
    const window = { fromUs: us(50), toUs: us(70) };
    const { intervals, gaps } = await kit.reader.coverage({ security: SECURITY, ...window });
    expect(intervals).toMatchObject([{ from: '2026-11-20T07:00:00.05Z', firstSequence: '103' }]);
    expect(gaps).toMatchObject([
      { from: '2026-11-20T07:00:00.06Z', to: '2026-11-20T07:00:00.09Z', lastMissing: '199' },
    ]);
  });

  const end = { from: '2026-11-20T07:00:00.12Z', to: null, lastMissing: null };

  test.each(['removed', 'restart', 'sequence'] as const)(
    'an open gap of cause %s is reported by every query for the time after it',
    async (cause) => {
      await kit.twoSegments();
      const openGap = { epoch: 2, fromUs: us(120), cause, firstMissing: 203 };
      await writeAll(kit.archive, { type: 'open-gap', security: SECURITY, gap: openGap });
      const gap = { ...end, cause, firstMissing: '203' };
      const { gaps, intervals } = await kit.reader.coverage({ security: SECURITY });
      expect(intervals[1]?.to).toBe(end.from);
      expect(gaps.slice(1)).toEqual([gap]);
      const later = { fromUs: us(500), toUs: us(600) };
      expect(await kit.reader.coverage({ security: SECURITY, ...later })).toEqual({
        security: SECURITY,
        intervals: [],
        gaps: [gap],
        badReceiveTimes: [],
      });
      const book = await kit.reader.bookAt({
        security: SECURITY,
        position: { clock: 'receive', us: us(500) },
      });
      expect(book).toMatchObject({ gap: { from: end.from, to: null, cause } });
      const asked = { type: 'quotes', format: 'jsonl', ...later } as const;
      expect(await kit.lines(asked)).toEqual([{ gap: { ...gap, missing: 'sequence' } }]);
    },
  );

  test.each([
    ['removed', 0],
    ['sequence', 1],
  ] as const)('an export of everything reports an end by %s %i times', async (cause, times) => {
    await kit.twoSegments();
    const openGap = { epoch: 2, fromUs: us(120), cause, firstMissing: null };
    await writeAll(kit.archive, { type: 'open-gap', security: SECURITY, gap: openGap });
    const lines = await kit.lines({ type: 'quotes', format: 'jsonl' });
    const found = lines.filter((line) => JSON.stringify(line).startsWith('{"gap"')).slice(1);
    expect(found).toHaveLength(times);
  });

  test('of a range inside a closed gap is that gap alone', async () => {
    await kit.twoSegments();
    const { intervals, gaps } = await kit.reader.coverage({
      security: SECURITY,
      fromUs: us(70),
      toUs: us(80),
    });
    expect(intervals).toEqual([]);
    expect(gaps).toMatchObject([
      { from: '2026-11-20T07:00:00.06Z', to: '2026-11-20T07:00:00.09Z' },
    ]);
  });

  test('after everything known, a query gets a gap without an end', async () => {
    await kit.twoSegments();
    const behind = { from: '2026-11-20T07:00:00.11Z', to: null, cause: 'other' };
    const { gaps } = await kit.reader.coverage({ security: SECURITY, fromUs: us(500) });
    expect(gaps).toMatchObject([behind]);
    expect((await kit.reader.coverage({ security: SECURITY })).gaps).toHaveLength(1);
  });

  test('the recorder’s view of the last segment’s end counts until it is stored', async () => {
    await kit.twoSegments();
    const liveGap = { epoch: 2, fromUs: us(120), cause: 'connection', firstMissing: 203 } as const;
    const live = createReader(kit.archive, { liveGap: () => liveGap });
    const gap = { ...end, cause: 'connection', firstMissing: '203' };
    expect((await live.coverage({ security: SECURITY })).gaps.at(-1)).toEqual(gap);
    const of = (epoch: number) =>
      createReader(kit.archive, { liveGap: () => ({ ...liveGap, epoch }) });
    expect((await of(1).coverage({ security: SECURITY })).gaps).toHaveLength(1);
  });
});
