/** What the reader answers, in the shapes of the contract, on histories small enough to read. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive, ArchiveReader, Write } from '../../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../../logger/archive/embedded/embedded-archive.ts';
import { InvalidArgumentError, UnknownSecurityError } from '../../../logger/errors.ts';
import { openArchive } from '../../../logger/library.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import type { ExportQuery } from '../../../logger/queries/queries.ts';
import type { Reader } from '../../../logger/reader/reader.ts';
import { exportLines } from '../../support/export-lines.ts';
import { flipByte } from './damage.ts';
import { SECURITY } from './random-history.ts';
import { block, diff, gap, image, trade, us, writeAll } from './script.ts';

let directory: string;
let archive: Archive;
let reader: Reader;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'answers-'));
  archive = await openEmbeddedArchive({ directory });
  reader = createReader(archive, { hasConsecutiveTradeIds: () => true });
});
afterEach(async () => {
  await archive.close();
  await rm(directory, { recursive: true, force: true });
});

/** Two segments: 100 to 103 within 0 to 50 ms, whole until 60; a hole; 200 to 202 from 90 ms on. */
async function twoSegments(): Promise<void> {
  await writeAll(
    archive,
    image(1, 100, 0),
    block(1, 100, [
      trade(1, 5),
      diff(101, 10, [10_000, 0, 9900, 500]),
      diff(102, 20, [9900, 0]),
      diff(103, 50, [], [10_100, 1000, 10_200, 0]),
    ]),
    image(2, 200, 90, [9800, 100]),
    gap(2, 60, 90),
    block(2, 200, [trade(4, 85), diff(201, 100, [9850, 7]), trade(5, 101), diff(202, 110)]),
  );
}

const at = (ms: number) => ({ clock: 'receive', us: us(ms) }) as const;

async function lines(question: Omit<ExportQuery, 'security'>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const line of exportLines(reader, { security: SECURITY, ...question })) {
    found.push(
      'gap' in line
        ? { gap: line.gap }
        : question.format === 'csv'
          ? line.text
          : JSON.parse(line.text),
    );
  }
  return found;
}

describe('a book at a moment', () => {
  test('has the contract’s shape', async () => {
    await twoSegments();
    expect(await reader.bookAt({ security: SECURITY, position: at(15) })).toEqual({
      security: SECURITY,
      level: 'L2',
      at: '2026-11-20T07:00:00.015Z',
      clock: 'receive',
      sequence: '101',
      exchangeTime: '2026-11-20T07:00:00.008Z',
      receiveTime: '2026-11-20T07:00:00.01Z',
      state: 'proven',
      proof: 'sequence',
      horizon: { bid: '90', ask: null },
      bids: [['99', '0.5']],
      asks: [['101', '2']],
    });
  });

  test('by sequence and without a moment, `at` is the book’s own receive time', async () => {
    await twoSegments();
    expect(await reader.bookAt({ security: SECURITY, position: { sequence: 102 } })).toMatchObject({
      at: '2026-11-20T07:00:00.02Z',
      sequence: '102',
      bids: [],
    });
    expect(await reader.bookAt({ security: SECURITY, depth: 1 })).toMatchObject({
      at: '2026-11-20T07:00:00.11Z',
      sequence: '202',
      bids: [['98.5', '0.007']],
    });
  });

  test('is not answered outside what is covered, and the hole is named', async () => {
    await twoSegments();
    const holeAt = async (ms: number) => {
      const answer = await reader.bookAt({ security: SECURITY, position: at(ms) });
      return answer.state === 'gap' ? answer.gap : answer.sequence;
    };
    const time = (ms: string) => `2026-11-20T07:00:00.${ms}Z`;
    expect(await holeAt(-1)).toEqual({
      from: '2026-11-20T06:59:59.999Z',
      to: '2026-11-20T07:00:00Z',
      cause: 'other',
    });
    expect(await holeAt(0)).toBe('100');
    expect(await holeAt(60)).toBe('103');
    const hole = { from: time('06'), to: time('09'), cause: 'connection' };
    expect(await holeAt(61)).toEqual(hole);
    expect(await holeAt(89)).toEqual(hole);
    expect(await holeAt(90)).toBe('200');
    expect(await holeAt(110)).toBe('202');
    expect(await holeAt(111)).toEqual({ from: time('11'), to: null, cause: 'other' });
    for (const sequence of [99, 104, 199, 203]) {
      const answer = await reader.bookAt({ security: SECURITY, position: { sequence } });
      expect(answer.state, String(sequence)).toBe('gap');
    }
  });

  test('is answered up to the mark, and no further', async () => {
    await twoSegments();
    await writeAll(archive, { type: 'mark', security: SECURITY, epoch: 2, aliveUntilUs: us(150) });
    const stateAt = async (ms: number) =>
      (await reader.bookAt({ security: SECURITY, position: at(ms) })).state;
    expect(await stateAt(150)).toBe('proven');
    expect(await stateAt(151)).toBe('gap');
    const openGap = { epoch: 2, fromUs: us(140), cause: 'sequence', firstMissing: 203 } as const;
    await writeAll(archive, { type: 'open-gap', security: SECURITY, gap: openGap });
    expect(await reader.bookAt({ security: SECURITY, position: at(145) })).toEqual({
      security: SECURITY,
      state: 'gap',
      gap: { from: '2026-11-20T07:00:00.14Z', to: null, cause: 'sequence' },
    });
  });

  test('within a range of sequences the book before it counts only if the range is known', async () => {
    await writeAll(archive, image(1, 100, 0), block(1, 100, [diff(110, 10, [], [], 101)]));
    const answer = await reader.bookAt({ security: SECURITY, position: { sequence: 105 } });
    expect(answer).toMatchObject({ state: 'proven', sequence: '100' });
  });

  test('a missing block is a hole though the next image and blocks are there', async () => {
    await writeAll(
      archive,
      image(1, 100, 0),
      block(1, 100, [diff(101, 10)]),
      // 102 is nowhere.
      block(1, 102, [diff(103, 30)]),
      image(1, 103, 30),
      block(1, 103, [diff(104, 40)]),
    );
    const stateAt = async (ms: number) =>
      (await reader.bookAt({ security: SECURITY, position: at(ms) })).state;
    expect([await stateAt(10), await stateAt(11), await stateAt(29), await stateAt(30)]).toEqual([
      'proven',
      'gap',
      'gap',
      'proven',
    ]);
    expect(await reader.coverage({ security: SECURITY })).toMatchObject({
      intervals: [{ lastSequence: '101' }, { firstSequence: '103', lastSequence: '104' }],
      gaps: [{ cause: 'corrupt', firstMissing: '102', lastMissing: '102' }],
    });
    expect((await reader.verify({ security: SECURITY })).problems).toEqual([
      {
        security: SECURITY,
        record: 'block 1/103',
        problem: expect.stringContaining('sequence 101'),
      },
    ]);
  });

  test('damage that a header shows is a hole in the coverage too', async () => {
    const damaged = block(1, 100, [diff(101, 10), diff(102, 20)]);
    await writeAll(
      archive,
      image(1, 100, 0),
      damaged,
      image(1, 102, 20),
      block(1, 102, [diff(103, 30)]),
    );
    await archive.close();
    if (damaged.type === 'block') await flipByte(directory, damaged.record.header, 'header', 0.9);
    archive = await openEmbeddedArchive({ directory });
    reader = createReader(archive, { hasConsecutiveTradeIds: () => true });
    expect(await reader.coverage({ security: SECURITY })).toMatchObject({
      intervals: [
        { firstSequence: '100', lastSequence: '100', to: '2026-11-20T07:00:00Z' },
        { firstSequence: '102', lastSequence: '103', from: '2026-11-20T07:00:00.02Z' },
      ],
      gaps: [{ cause: 'corrupt', firstMissing: '101', lastMissing: '101' }],
    });
  });

  test('a last block that is missing ends the coverage before the gap that knows of it', async () => {
    await writeAll(archive, image(1, 100, 0), block(1, 100, [diff(101, 10)]));
    const openGap = { epoch: 1, fromUs: us(50), cause: 'connection', firstMissing: 120 } as const;
    await writeAll(archive, { type: 'open-gap', security: SECURITY, gap: openGap });
    await writeAll(archive, image(2, 300, 90), {
      type: 'gap',
      record: {
        security: SECURITY,
        epoch: 2,
        fromUs: us(50),
        toUs: us(90),
        cause: 'connection',
        firstMissing: 120,
        lastMissing: 299,
      },
    });
    expect(await reader.bookAt({ security: SECURITY, position: at(30) })).toMatchObject({
      state: 'gap',
      gap: { cause: 'corrupt' },
    });
    expect(await reader.coverage({ security: SECURITY })).toMatchObject({
      intervals: [{ to: '2026-11-20T07:00:00.01Z' }, { firstSequence: '300' }],
      gaps: [{ cause: 'corrupt', firstMissing: '102' }],
    });
  });

  test('of a security nobody has heard of is an error, of one that has no book yet a gap', async () => {
    for (const ask of [
      () => reader.bookAt({ security: SECURITY, position: at(0) }),
      () => reader.coverage({ security: SECURITY }),
      () => reader.verify({ security: SECURITY }),
      () => lines({ type: 'trades', format: 'jsonl' }),
    ]) {
      await expect(ask()).rejects.toBeInstanceOf(UnknownSecurityError);
    }
    const state = { security: SECURITY, wanted: true, feed: 'depth' };
    await writeAll(archive, { type: 'security', state });
    expect(await reader.bookAt({ security: SECURITY, position: at(0) })).toMatchObject({
      state: 'gap',
    });
    expect(await reader.coverage({ security: SECURITY })).toEqual({
      security: SECURITY,
      intervals: [],
      gaps: [],
      badReceiveTimes: [],
    });
  });
});

describe('coverage', () => {
  test('lists intervals and gaps with what is missing', async () => {
    await twoSegments();
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
    const hole = {
      from: first.to,
      to: second.from,
      cause: 'connection',
      firstMissing: '104',
      lastMissing: '199',
    };
    const whole = {
      security: SECURITY,
      intervals: [first, second],
      gaps: [hole],
      badReceiveTimes: [],
    };
    expect(await reader.coverage({ security: SECURITY })).toEqual(whole);
    expect(await reader.coverage({ security: SECURITY, fromUs: us(100) })).toEqual({
      ...whole,
      intervals: [second],
      gaps: [],
    });
    expect(await reader.coverage({ security: SECURITY, toUs: us(30) })).toEqual({
      ...whole,
      intervals: [first],
      gaps: [],
    });
  });

  const end = { from: '2026-11-20T07:00:00.12Z', to: null, lastMissing: null };

  test.each(['removed', 'restart', 'sequence'] as const)(
    'an open hole of cause %s is told alike by all who are asked about the time after it',
    async (cause) => {
      await twoSegments();
      const openGap = { epoch: 2, fromUs: us(120), cause, firstMissing: 203 };
      await writeAll(archive, { type: 'open-gap', security: SECURITY, gap: openGap });
      const hole = { ...end, cause, firstMissing: '203' };
      const { gaps, intervals } = await reader.coverage({ security: SECURITY });
      expect(intervals[1]?.to).toBe(end.from);
      expect(gaps.slice(1)).toEqual([hole]);
      const later = { fromUs: us(500), toUs: us(600) };
      expect(await reader.coverage({ security: SECURITY, ...later })).toEqual({
        security: SECURITY,
        intervals: [],
        gaps: [hole],
        badReceiveTimes: [],
      });
      const book = await reader.bookAt({
        security: SECURITY,
        position: { clock: 'receive', us: us(500) },
      });
      expect(book).toMatchObject({ gap: { from: end.from, to: null, cause } });
      const asked = { type: 'quotes', format: 'jsonl', ...later } as const;
      expect(await lines(asked)).toEqual([{ gap: { ...hole, missing: 'sequence' } }]);
    },
  );

  test.each([
    ['removed', 0],
    ['sequence', 1],
  ] as const)('an export of all there is tells of an end by %s %i times', async (cause, times) => {
    await twoSegments();
    const openGap = { epoch: 2, fromUs: us(120), cause, firstMissing: null };
    await writeAll(archive, { type: 'open-gap', security: SECURITY, gap: openGap });
    const told = await lines({ type: 'quotes', format: 'jsonl' });
    const holes = told.filter((line) => JSON.stringify(line).startsWith('{"gap"')).slice(1);
    expect(holes).toHaveLength(times);
  });

  test('the end of what is known is a hole for who asks about the time behind it', async () => {
    await twoSegments();
    const behind = { from: '2026-11-20T07:00:00.11Z', to: null, cause: 'other' };
    const { gaps } = await reader.coverage({ security: SECURITY, fromUs: us(500) });
    expect(gaps).toMatchObject([behind]);
    expect((await reader.coverage({ security: SECURITY })).gaps).toHaveLength(1);
  });

  test('what the recorder knows of the end of the last segment counts until the archive knows', async () => {
    await twoSegments();
    const liveGap = { epoch: 2, fromUs: us(120), cause: 'connection', firstMissing: 203 } as const;
    const live = createReader(archive, { liveGap: () => liveGap });
    const hole = { ...end, cause: 'connection', firstMissing: '203' };
    expect((await live.coverage({ security: SECURITY })).gaps.at(-1)).toEqual(hole);
    const of = (epoch: number) => createReader(archive, { liveGap: () => ({ ...liveGap, epoch }) });
    expect((await of(1).coverage({ security: SECURITY })).gaps).toHaveLength(1);
  });
});

describe('exports', () => {
  const hole = {
    gap: {
      from: '2026-11-20T07:00:00.06Z',
      to: '2026-11-20T07:00:00.09Z',
      cause: 'connection',
      firstMissing: '104',
      lastMissing: '199',
      missing: 'sequence',
    },
  };
  const times = (ms: number) => ({
    exchangeTime: expect.stringContaining('T'),
    receiveTime: new Date(us(ms) / 1000).toISOString().replace(/\.?0*Z$/, 'Z'),
  });

  test('quotes: at the start of each interval and where the top changes', async () => {
    await twoSegments();
    const ask = { askPrice: '101', askSize: '2' };
    const empty = { bidPrice: null, bidSize: null };
    expect(await lines({ type: 'quotes', format: 'jsonl' })).toEqual([
      { sequence: '100', ...times(0), bidPrice: '100', bidSize: '1', ...ask },
      { sequence: '101', ...times(10), bidPrice: '99', bidSize: '0.5', ...ask },
      { sequence: '102', ...times(20), ...empty, ...ask },
      { sequence: '103', ...times(50), ...empty, ...ask, askSize: '1' },
      hole,
      { sequence: '200', ...times(90), bidPrice: '98', bidSize: '0.1', ...ask },
      { sequence: '201', ...times(100), bidPrice: '98.5', bidSize: '0.007', ...ask },
    ]);
  });

  test('trades: older ones than the book included; what is missing is what their ids skip', async () => {
    await twoSegments();
    await writeAll(archive, block(2, 202, [trade(7, 120, 'sell'), diff(203, 121)]));
    const row = { sequence: null, price: '100.5', size: '1.5', side: 'buy' };
    const lost = {
      gap: {
        from: '2026-11-20T07:00:00.005Z',
        to: '2026-11-20T07:00:00.085Z',
        cause: hole.gap.cause,
        firstMissing: '2',
        lastMissing: '3',
        missing: 'tradeId',
      },
    };
    expect(await lines({ type: 'trades', format: 'jsonl' })).toEqual([
      { ...row, tradeId: '1', ...times(5) },
      lost,
      { ...row, tradeId: '4', ...times(85) },
      { ...row, tradeId: '5', ...times(101) },
      {
        gap: {
          from: '2026-11-20T07:00:00.101Z',
          to: '2026-11-20T07:00:00.12Z',
          cause: 'other',
          firstMissing: '6',
          lastMissing: '6',
          missing: 'tradeId',
        },
      },
      { ...row, tradeId: '7', ...times(120), side: 'sell' },
    ]);
  });

  test('incremental: an image at each interval’s start, then the diffs as they were sent', async () => {
    await twoSegments();
    const found = await lines({ type: 'incremental', format: 'jsonl' });
    expect(found[0]).toEqual({
      firstSequence: '100',
      sequence: '100',
      ...times(0),
      image: true,
      horizon: { bid: '90', ask: null },
      bids: [['100', '1']],
      asks: [['101', '2']],
    });
    expect(found[1]).toEqual({
      firstSequence: '101',
      sequence: '101',
      ...times(10),
      bids: [
        ['100', '0'],
        ['99', '0.5'],
      ],
      asks: [],
    });
    expect(found).toHaveLength(8);
    expect(found[4]).toEqual(hole);
  });

  test('a range begins with the book as it stands and ends before its end', async () => {
    await twoSegments();
    const range = { fromUs: us(15), toUs: us(50) };
    const found = await lines({ type: 'incremental', format: 'jsonl', ...range });
    expect(found).toMatchObject([
      { image: true, sequence: '101', bids: [['99', '0.5']] },
      { sequence: '102' },
    ]);
    expect(
      await lines({ type: 'quotes', format: 'jsonl', fromUs: us(52), toUs: us(55) }),
    ).toMatchObject([{ sequence: '103' }]);
    expect(await lines({ type: 'quotes', format: 'jsonl', fromUs: us(65), toUs: us(80) })).toEqual([
      hole,
    ]);
    expect(
      await lines({ type: 'trades', format: 'jsonl', fromUs: us(80), toUs: us(101) }),
    ).toMatchObject([{ gap: { firstMissing: '2', lastMissing: '3' } }, { tradeId: '4' }]);
    const exchange = { clock: 'exchange', fromUs: us(98), toUs: us(99) } as const;
    expect(await lines({ type: 'trades', format: 'jsonl', ...exchange })).toMatchObject([
      { tradeId: '5' },
    ]);
    expect(await lines({ type: 'incremental', format: 'jsonl', ...exchange })).toMatchObject([
      { image: true, sequence: '200' },
      { sequence: '201' },
    ]);
  });

  test('csv: one row a level, a header line, and gaps beside it', async () => {
    await writeAll(
      archive,
      image(1, 100, 0),
      block(1, 100, [diff(101, 10), diff(102, 20, [9900, 0])]),
    );
    const head = (image: boolean, sequence: number, ms: string, receive: string) =>
      `${image},${sequence},${sequence},${ms},${receive}`;
    const [first, second, third] = [
      head(true, 100, '2026-11-20T06:59:59.998Z', '2026-11-20T07:00:00Z'),
      head(false, 101, '2026-11-20T07:00:00.008Z', '2026-11-20T07:00:00.01Z'),
      head(false, 102, '2026-11-20T07:00:00.018Z', '2026-11-20T07:00:00.02Z'),
    ];
    expect(await lines({ type: 'incremental', format: 'csv' })).toEqual([
      'image,firstSequence,sequence,exchangeTime,receiveTime,side,price,size',
      `${first},bid-horizon,90,`,
      `${first},ask-horizon,,`,
      `${first},bid,100,1`,
      `${first},ask,101,2`,
      `${second},,,`,
      `${third},bid,99,0`,
    ]);
    expect(await lines({ type: 'trades', format: 'csv' })).toEqual([
      'sequence,tradeId,exchangeTime,receiveTime,price,size,side',
    ]);
  });
});

test('the work for a book does not grow with what is stored', async () => {
  const calls: string[] = [];
  const counted = new Proxy<ArchiveReader>(archive, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        calls.push(String(name));
        const result: unknown = await Reflect.apply(value, target, args);
        if (Array.isArray(result)) calls.push(...result.map(() => `${String(name)} listed`));
        return result;
      };
    },
  });
  /** A block of two diffs a minute, an image every ten. */
  const minutes = async (from: number, to: number): Promise<void> => {
    const pending: Write[] = [];
    for (let minute = from; minute < to; minute++) {
      const ms = minute * 60_000;
      const sequence = 1000 + minute * 2;
      const writes = [
        block(1, sequence, [
          diff(sequence + 1, ms + 1, [9900, 10]),
          diff(sequence + 2, ms + 30_000),
        ]),
      ];
      if (minute % 10 === 9) writes.push(image(1, sequence + 2, ms + 30_000));
      pending.push(...writes);
    }
    await archive.commit(pending);
  };
  const callsFor = async (): Promise<string[]> => {
    calls.length = 0;
    const fresh = createReader(counted);
    const answer = await fresh.bookAt({ security: SECURITY, position: at(35 * 60_000 + 15_000) });
    expect(answer).toMatchObject({ state: 'proven', sequence: String(1000 + 35 * 2 + 1) });
    return [...calls];
  };
  await writeAll(archive, image(1, 1000, 0));
  await minutes(0, 60);
  const afterAnHour = await callsFor();
  await minutes(60, 24 * 60);
  expect(await callsFor()).toEqual(afterAnHour);
  expect(afterAnHour.length).toBeLessThan(15);
});

describe('the library', () => {
  test('answers books, coverage and streams from a directory, beside the writer', async () => {
    await twoSegments();
    await writeAll(archive, {
      type: 'security',
      state: { security: SECURITY, wanted: true, feed: 'depth' },
    });
    const opened = await openArchive(directory);
    expect(await opened.securities()).toEqual([SECURITY]);
    expect(await opened.bookAt(SECURITY, '2026-11-20T07:00:00.015Z', { depth: 1 })).toMatchObject({
      sequence: '101',
    });
    expect(await opened.bookAt(SECURITY, `${us(15)}us`)).toMatchObject({ sequence: '101' });
    expect(await opened.bookAt(SECURITY, { sequence: '102' })).toMatchObject({ sequence: '102' });
    expect(await opened.bookAt(SECURITY)).toMatchObject({ sequence: '202' });
    expect((await opened.coverage(SECURITY)).intervals).toHaveLength(2);
    const prices: (string | undefined)[] = [];
    for await (const item of opened.trades(SECURITY, { from: '2026-11-20T07:00:00.09Z' })) {
      prices.push(item.type === 'trade' ? item.price : undefined);
    }
    expect(prices).toEqual(['100.5']);
    for await (const item of opened.diffs(SECURITY)) {
      // Leaving early ends the reading.
      expect(item.type).toBe('image');
      break;
    }
    await expect(opened.bookAt(SECURITY, 'yesterday')).rejects.toBeInstanceOf(InvalidArgumentError);
    await expect(opened.bookAt(SECURITY, { sequence: 'x' })).rejects.toBeInstanceOf(
      InvalidArgumentError,
    );
    await opened.close();
    await opened.close();
  });

  test.each(['mongodb://', '/nowhere/at/all'])('refuses %s clearly', async (location) => {
    await expect(openArchive(location)).rejects.toBeInstanceOf(InvalidArgumentError);
  });
});
