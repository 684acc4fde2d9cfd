/** Books at a position, on histories small enough to read. */

import { describe, expect, test } from 'vitest';
import type { ArchiveReader, Write } from '../../../logger/archive/archive.ts';
import { UnknownSecurityError } from '../../../logger/errors.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { flipByte } from './damage.ts';
import { SECURITY } from './random-history.ts';
import { useReaderKit } from './reader-kit.ts';
import { block, diff, image, us, writeAll } from './script.ts';

const kit = useReaderKit();
const at = (ms: number) => ({ clock: 'receive', us: us(ms) }) as const;

describe('a book at a moment', () => {
  test('has the contract’s shape', async () => {
    await kit.twoSegments();
    expect(await kit.reader.bookAt({ security: SECURITY, position: at(15) })).toEqual({
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
    await kit.twoSegments();
    expect(
      await kit.reader.bookAt({ security: SECURITY, position: { sequence: 102 } }),
    ).toMatchObject({
      at: '2026-11-20T07:00:00.02Z',
      sequence: '102',
      bids: [],
    });
    expect(await kit.reader.bookAt({ security: SECURITY, depth: 1 })).toMatchObject({
      at: '2026-11-20T07:00:00.11Z',
      sequence: '202',
      bids: [['98.5', '0.007']],
    });
  });

  test('outside what is covered is answered with the gap', async () => {
    await kit.twoSegments();
    const answerAt = async (ms: number) => {
      const answer = await kit.reader.bookAt({ security: SECURITY, position: at(ms) });
      return answer.state === 'gap' ? answer.gap : answer.sequence;
    };
    const time = (ms: string) => `2026-11-20T07:00:00.${ms}Z`;
    expect(await answerAt(-1)).toEqual({
      from: '2026-11-20T06:59:59.999Z',
      to: '2026-11-20T07:00:00Z',
      cause: 'other',
    });
    expect(await answerAt(0)).toBe('100');
    expect(await answerAt(60)).toBe('103');
    const gap = { from: time('06'), to: time('09'), cause: 'connection' };
    expect(await answerAt(61)).toEqual(gap);
    expect(await answerAt(89)).toEqual(gap);
    expect(await answerAt(90)).toBe('200');
    expect(await answerAt(110)).toBe('202');
    expect(await answerAt(111)).toEqual({ from: time('11'), to: null, cause: 'other' });
    for (const sequence of [99, 104, 199, 203]) {
      const answer = await kit.reader.bookAt({ security: SECURITY, position: { sequence } });
      expect(answer.state, String(sequence)).toBe('gap');
    }
  });

  test('is proven up to the mark, and no further', async () => {
    await kit.twoSegments();
    await writeAll(kit.archive, {
      type: 'mark',
      security: SECURITY,
      epoch: 2,
      aliveUntilUs: us(150),
    });
    const stateAt = async (ms: number) =>
      (await kit.reader.bookAt({ security: SECURITY, position: at(ms) })).state;
    expect(await stateAt(150)).toBe('proven');
    expect(await stateAt(151)).toBe('gap');
    const openGap = { epoch: 2, fromUs: us(140), cause: 'sequence', firstMissing: 203 } as const;
    await writeAll(kit.archive, { type: 'open-gap', security: SECURITY, gap: openGap });
    expect(await kit.reader.bookAt({ security: SECURITY, position: at(145) })).toEqual({
      security: SECURITY,
      state: 'gap',
      gap: { from: '2026-11-20T07:00:00.14Z', to: null, cause: 'sequence' },
    });
  });

  test('inside an update’s range of sequences is the book before that update', async () => {
    await writeAll(kit.archive, image(1, 100, 0), block(1, 100, [diff(110, 10, [], [], 101)]));
    const answer = await kit.reader.bookAt({ security: SECURITY, position: { sequence: 105 } });
    expect(answer).toMatchObject({ state: 'proven', sequence: '100' });
  });

  test('a missing block is a gap although the next image and blocks are there', async () => {
    await writeAll(
      kit.archive,
      image(1, 100, 0),
      block(1, 100, [diff(101, 10)]),
      // 102 is nowhere.
      block(1, 102, [diff(103, 30)]),
      image(1, 103, 30),
      block(1, 103, [diff(104, 40)]),
    );
    const stateAt = async (ms: number) =>
      (await kit.reader.bookAt({ security: SECURITY, position: at(ms) })).state;
    expect([await stateAt(10), await stateAt(11), await stateAt(29), await stateAt(30)]).toEqual([
      'proven',
      'gap',
      'gap',
      'proven',
    ]);
    expect(await kit.reader.coverage({ security: SECURITY })).toMatchObject({
      intervals: [{ lastSequence: '101' }, { firstSequence: '103', lastSequence: '104' }],
      gaps: [{ cause: 'corrupt', firstMissing: '102', lastMissing: '102' }],
    });
    expect((await kit.reader.verify({ security: SECURITY })).problems).toEqual([
      {
        security: SECURITY,
        record: 'block 1/103',
        problem: expect.stringContaining('sequence 101'),
      },
    ]);
  });

  test('a damaged header is a gap in the coverage too', async () => {
    const damaged = block(1, 100, [diff(101, 10), diff(102, 20)]);
    await writeAll(
      kit.archive,
      image(1, 100, 0),
      damaged,
      image(1, 102, 20),
      block(1, 102, [diff(103, 30)]),
    );
    await kit.archive.close();
    if (damaged.type === 'block')
      await flipByte(kit.directory, damaged.record.header, 'header', 0.9);
    await kit.reopen();
    expect(await kit.reader.coverage({ security: SECURITY })).toMatchObject({
      intervals: [
        { firstSequence: '100', lastSequence: '100', to: '2026-11-20T07:00:00Z' },
        { firstSequence: '102', lastSequence: '103', from: '2026-11-20T07:00:00.02Z' },
      ],
      gaps: [{ cause: 'corrupt', firstMissing: '101', lastMissing: '101' }],
    });
  });

  test('a missing last block ends the coverage before the declared gap', async () => {
    await writeAll(kit.archive, image(1, 100, 0), block(1, 100, [diff(101, 10)]));
    const openGap = { epoch: 1, fromUs: us(50), cause: 'connection', firstMissing: 120 } as const;
    await writeAll(kit.archive, { type: 'open-gap', security: SECURITY, gap: openGap });
    await writeAll(kit.archive, image(2, 300, 90), {
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
    expect(await kit.reader.bookAt({ security: SECURITY, position: at(30) })).toMatchObject({
      state: 'gap',
      gap: { cause: 'corrupt' },
    });
    expect(await kit.reader.coverage({ security: SECURITY })).toMatchObject({
      intervals: [{ to: '2026-11-20T07:00:00.01Z' }, { firstSequence: '300' }],
      gaps: [{ cause: 'corrupt', firstMissing: '102' }],
    });
  });

  test('of an unknown security is an error, of one that has no book yet a gap', async () => {
    for (const ask of [
      () => kit.reader.bookAt({ security: SECURITY, position: at(0) }),
      () => kit.reader.coverage({ security: SECURITY }),
      () => kit.reader.verify({ security: SECURITY }),
      () => kit.lines({ type: 'trades', format: 'jsonl' }),
    ]) {
      await expect(ask()).rejects.toBeInstanceOf(UnknownSecurityError);
    }
    const state = { security: SECURITY, wanted: true, feed: 'depth' };
    await writeAll(kit.archive, { type: 'security', state });
    expect(await kit.reader.bookAt({ security: SECURITY, position: at(0) })).toMatchObject({
      state: 'gap',
    });
    expect(await kit.reader.coverage({ security: SECURITY })).toEqual({
      security: SECURITY,
      intervals: [],
      gaps: [],
      badReceiveTimes: [],
    });
  });
});

test('the work for a book does not grow with what is stored', async () => {
  const calls: string[] = [];
  const counted = new Proxy<ArchiveReader>(kit.archive, {
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
    await kit.archive.commit(pending);
  };
  const callsFor = async (): Promise<string[]> => {
    calls.length = 0;
    const fresh = createReader(counted);
    const answer = await fresh.bookAt({ security: SECURITY, position: at(35 * 60_000 + 15_000) });
    expect(answer).toMatchObject({ state: 'proven', sequence: String(1000 + 35 * 2 + 1) });
    return [...calls];
  };
  await writeAll(kit.archive, image(1, 1000, 0));
  await minutes(0, 60);
  const afterAnHour = await callsFor();
  await minutes(60, 24 * 60);
  expect(await callsFor()).toEqual(afterAnHour);
  expect(afterAnHour.length).toBeLessThan(15);
});
