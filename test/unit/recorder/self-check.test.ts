/** The book in memory against its records, and against fresh snapshots. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createReader, createRebuild } from '../../../logger/reader/create-reader.ts';
import { fullRule, connectionRule } from '../../../logger/exchange/coinbase/sequencer.ts';
import { ArchiveUnavailableError, RecordCorruptError } from '../../../logger/errors.ts';
import type { LevelBook } from '../../../logger/book/level-book.ts';
import type { Levels } from '../../../logger/market/events.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import { CheckRounds } from '../../../logger/recorder/check/rounds.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { RecordCheck } from '../../../logger/recorder/check/record-check.ts';
import type { RecordCheckOutcome } from '../../../logger/recorder/check/record-check.ts';
import type { SelfCheck } from '../../../logger/recorder/check/self-check.ts';
import type { Recording } from '../../../logger/recorder/recording.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import type { Log } from '../../../logger/runtime/log.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { orderSnapshotAt, snapshotAt } from '../../support/scripted-exchange.ts';
import type { ScriptedExchange } from '../../support/scripted-exchange.ts';
import { silentLog } from '../../support/silent-log.ts';
import { RecorderHarness, fillable } from './harness.ts';

const SECURITY = securityOf('binance', 'BTCUSDT');
const BIDS: Levels = [1000, 5, 990, 7, 980, 9];
const ASKS: Levels = [1010, 2, 1020, 3];

const TWO_LOOKS_MS = 3 * DEFAULT_LIMITS.firstUpdateWaitMs + DEFAULT_LIMITS.snapshotRecheckDelayMs;

let harness: RecorderHarness;
let clock: ManualClock;
let exchange: ScriptedExchange;
let recording: Recording;
let one: SecurityRecorder;
let selfCheck: SelfCheck;
let logged: string[];

const log: Log = {
  ...silentLog,
  error: (text) => void logged.push(`error: ${text}`),
  warning: (text) => void logged.push(`warning: ${text}`),
};

beforeEach(async () => {
  logged = [];
  isFull = false;
  harness = await RecorderHarness.open(SECURITY);
  ({ clock, exchange } = harness);
});

afterEach(async () => {
  one.close('restart');
  await clock.advanceAsync(100);
  await harness.close();
});

/** A recorder with a proven book at 102. */
async function live(overrides: Parameters<RecorderHarness['recorder']>[0] = {}): Promise<void> {
  ({ recording, one, selfCheck } = harness.recorder({
    imageIntervalMs: 60_000,
    log,
    ...overrides,
  }));
  await one.start();
  await clock.advanceAsync(0);
  exchange.up();
  exchange.diff(99, 100);
  exchange.answer(snapshotAt(100, BIDS, ASKS));
  await clock.advanceAsync(10);
  exchange.diff(101, 102, [1001, 3]);
  await clock.advanceAsync(10);
  expect(one.phase).toBe('live');
}

/** In memory, where no record shows it. */
function flipBit(): void {
  const book = one.segment?.book as LevelBook;
  book.apply([990, 1_000_007], []);
}

let isFull = false;

/** The next base image, written and checked. */
async function image(): Promise<void> {
  await clock.advanceAsync(60_000);
  one.tick();
  await checked();
}

/** Reading the archive takes turns of the real event loop. */
async function checked(): Promise<void> {
  for (let i = 0; i < 50; i++) await clock.advanceAsync(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await clock.advanceAsync(10);
}

describe('at a base image', () => {
  test('what the records show is the book in memory', async () => {
    await live();
    exchange.diff(103, 104, [995, 1], [1010, 0]);
    await image();
    expect(selfCheck.figures()).toEqual({ images: 1, snapshots: 0, mismatches: 0 });
    exchange.diff(105, 106, [995, 0]);
    await image();
    exchange.diff(107, 108, [995, 4]);
    await image();
    expect(selfCheck.figures()).toEqual({ images: 3, snapshots: 0, mismatches: 0 });
    expect(one.segment?.identity.epoch).toBe(1);
    expect(logged).toEqual([]);
  });

  test('also where the exchange began to quote finer', async () => {
    await live();
    exchange.diff(103, 104, [995, 1]);
    exchange.listeners.get('BTCUSDT')?.onScale({ priceExponent: 3, sizeExponent: 4 });
    exchange.diff(105, 106, [9955, 15]);
    await checked();
    await image();
    expect(selfCheck.figures()).toEqual({ images: 2, snapshots: 0, mismatches: 0 });
  });

  test('memory that is not what was recorded: told, given up since the last good image, proven afresh', async () => {
    await live();
    exchange.diff(103, 104, [995, 1]);
    await image();
    const goodUs = one.segment?.last.atUs ?? 0;
    exchange.diff(105, 106, [996, 1]);
    flipBit();
    await image();
    expect(selfCheck.figures()).toMatchObject({ images: 2, mismatches: 1 });
    expect(logged).toContain('error: The records do not show the book that was in memory');
    expect(one.phase).toBe('syncing');
    exchange.answer(snapshotAt(106, [996, 1], ASKS));
    exchange.diff(107, 108);
    await clock.advanceAsync(100);
    expect(one.phase).toBe('live');
    one.journal();
    await checked();
    expect(await harness.stored(2)).toMatchObject({
      gap: { cause: 'other', fromUs: goodUs, firstMissing: 105 },
    });
    const reader = createReader(harness.archive);
    const at = (us: number) =>
      reader.bookAt({ security: SECURITY.id, position: { clock: 'receive', us } });
    expect(await at(goodUs)).toMatchObject({ state: 'proven', sequence: '104' });
    expect(await at(goodUs + 60_000_000)).toMatchObject({
      state: 'gap',
      gap: { from: formatTimeUs(goodUs), cause: 'other' },
    });
    expect((await reader.verify({ security: SECURITY.id })).problems).toEqual([
      expect.objectContaining({ record: 'image 1/106' }),
    ]);
  });

  test('records that are damaged are found at the next image', async () => {
    const damaged = {
      ...harness.archive,
      images: harness.archive.images.bind(harness.archive),
      gapWithin: harness.archive.gapWithin.bind(harness.archive),
      blocks: async (...question: Parameters<typeof harness.archive.blocks>) =>
        (await harness.archive.blocks(...question)).map((ref) => ({
          ...ref,
          load: async () => {
            const record = await ref.load();
            const body = Uint8Array.from(record.body);
            body[9] = (body[9] ?? 0) ^ 4;
            return { ...record, body };
          },
        })),
    };
    await live({ rebuild: createRebuild(damaged) });
    exchange.diff(103, 104, [995, 1]);
    await image();
    expect(selfCheck.figures()).toMatchObject({ images: 1, mismatches: 1 });
    expect(one.phase).toBe('syncing');
  });

  test('records that are given up while they are read are no mismatch', async () => {
    let looks = 0;
    await live({
      rebuild: async () => {
        if (++looks === 1) throw new RecordCorruptError('Record block 1/103 has lost its body');
        return null;
      },
    });
    exchange.diff(103, 104, [995, 1]);
    await image();
    expect(looks).toBe(2);
    expect(selfCheck.figures()).toEqual({ images: 0, snapshots: 0, mismatches: 0 });
    expect(one.phase).toBe('live');
  });

  test('records that can not be read now go unchecked', async () => {
    await live({ rebuild: async () => null });
    exchange.diff(103, 104, [995, 1]);
    await image();
    expect(selfCheck.figures()).toEqual({ images: 0, snapshots: 0, mismatches: 0 });
    expect(one.phase).toBe('live');
  });

  test('while the archive takes nothing, one image is held and the others go unchecked', async () => {
    await live({ archive: fillable(harness.archive, () => isFull) });
    isFull = true;
    for (let sequence = 103; sequence < 106; sequence++) {
      exchange.diff(sequence, sequence, [995, sequence]);
      await image();
    }
    isFull = false;
    await clock.advanceAsync(DEFAULT_LIMITS.commitRetryMs);
    await checked();
    expect(selfCheck.figures()).toEqual({ images: 1, snapshots: 0, mismatches: 0 });
    exchange.diff(106, 106, [995, 1]);
    await image();
    expect(selfCheck.figures()).toMatchObject({ images: 2, mismatches: 0 });
  });

  test('an image that goes unchecked is no start for the next check', async () => {
    let isAway = false;
    const rebuild = createRebuild(harness.archive);
    await live({
      rebuild: async (...question) => {
        if (isAway) throw new ArchiveUnavailableError('no answer');
        return rebuild(...question);
      },
    });
    exchange.diff(103, 104, [995, 1]);
    await image();
    const goodUs = one.segment?.last.atUs;
    isAway = true;
    flipBit();
    exchange.diff(105, 106, [996, 1]);
    await image();
    isAway = false;
    expect(selfCheck.figures()).toEqual({ images: 1, snapshots: 0, mismatches: 0 });
    exchange.diff(107, 108, [996, 2]);
    await image();
    expect(selfCheck.figures()).toMatchObject({ images: 2, mismatches: 1 });
    expect(one.openGap).toMatchObject({ fromUs: goodUs, firstMissing: 105 });
  });

  test('a mismatch that the archive did not hear of is not forgotten', async () => {
    const rebuild = createRebuild(harness.archive);
    await live({
      archive: fillable(harness.archive, () => isFull),
      limits: { maxPendingBytes: 20_000 },
      rebuild: async (...question) => {
        const book = await rebuild(...question);
        isFull = selfCheck.figures().images === 1;
        return book;
      },
    });
    exchange.diff(103, 104, [995, 1]);
    await image();
    const goodUs = one.segment?.last.atUs;
    flipBit();
    exchange.diff(105, 106, [996, 1]);
    await image();
    expect(one.openGap).toMatchObject({ fromUs: goodUs, firstMissing: 105 });
    exchange.answer(snapshotAt(106, [996, 1], ASKS));
    exchange.diff(107, 108);
    await clock.advanceAsync(100);
    expect(one.phase).toBe('live');
    for (let id = 109; one.phase === 'live'; id++) {
      exchange.diff(id, id, [1000 + id, 1]);
      one.tick();
    }
    isFull = false;
    await clock.advanceAsync(3 * DEFAULT_LIMITS.commitRetryMs, 100);
    expect(one.openGap).toMatchObject({ epoch: 1, fromUs: goodUs, firstMissing: 105 });
    expect((await harness.archive.tail(SECURITY.id)).openGap).toEqual(one.openGap);
  });

  test('a mismatch in a segment that has just ended makes its hole begin sooner', async () => {
    const rebuild = createRebuild(harness.archive);
    let isHole = false;
    await live({
      rebuild: async (...question) => {
        const book = await rebuild(...question);
        if (isHole) exchange.diff(120, 121);
        isHole = false;
        return book;
      },
    });
    exchange.diff(103, 104, [995, 1]);
    await image();
    const goodUs = one.segment?.last.atUs;
    flipBit();
    exchange.diff(105, 106, [996, 1]);
    isHole = true;
    await image();
    expect(selfCheck.figures()).toMatchObject({ mismatches: 1 });
    expect(one.openGap).toMatchObject({ epoch: 1, fromUs: goodUs, firstMissing: 105 });
    expect((await harness.archive.tail(SECURITY.id)).openGap).toEqual(one.openGap);
  });

  test('what waits to be checked is bounded', async () => {
    const outcomes: RecordCheckOutcome[] = [];
    let free: (error: Error) => void = () => undefined;
    const check = new RecordCheck({
      rebuild: () => new Promise((_resolve, reject) => (free = reject)),
      limits: { ...DEFAULT_LIMITS, maxCheckRows: 12 },
      onFatal: (error) => harness.fatal.push(error),
    });
    await live();
    const held = one.segment?.image();
    if (!held) throw new Error('no book');
    const add = (): void =>
      check.add(
        { security: SECURITY.id, epoch: 1, fromSequence: () => 1, image: held },
        (outcome) => outcomes.push(outcome),
      );
    // Six rows each: two may wait.
    for (let i = 0; i < 4; i++) add();
    expect(outcomes.map(({ kind }) => kind)).toEqual(['unchecked', 'unchecked']);
    // Seen twice.
    free(new RecordCorruptError('damaged'));
    await clock.advanceAsync(0);
    expect(outcomes).toHaveLength(2);
    free(new RecordCorruptError('damaged'));
    await clock.advanceAsync(0);
    expect(outcomes.at(-1)).toEqual({ kind: 'differs', reason: 'damaged' });
    // A store that says nothing holds up nobody who stops.
    await check.stop();
    free(new RecordCorruptError('too late to matter'));
    add();
    await clock.advanceAsync(0);
    expect(outcomes).toHaveLength(3);
  });
});

describe('against a fresh snapshot', () => {
  async function check(): Promise<void> {
    void selfCheck.checkSnapshot();
    await clock.advanceAsync(0);
  }

  test('the same book, brought to one sequence by the steps since', async () => {
    await live();
    exchange.diff(103, 104, [995, 1]);
    await check();
    exchange.spare(
      snapshotAt(106, [1001, 3, ...BIDS.slice(0, 2), 996, 2, 995, 1, ...BIDS.slice(2)], ASKS),
    );
    exchange.diff(105, 107, [996, 2], [1010, 2]);
    await clock.advanceAsync(10, 2);
    expect(selfCheck.figures()).toEqual({ images: 0, snapshots: 1, mismatches: 0 });
    expect(one.segment?.proven.sequence).toBe(107);
    expect(logged).toEqual([]);
  });

  test('at the very sequence of a quiet book', async () => {
    await live();
    exchange.spare(snapshotAt(102, [1001, 3, ...BIDS], ASKS));
    await check();
    await clock.advanceAsync(DEFAULT_LIMITS.firstUpdateWaitMs + 50, 10);
    expect(selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
  });

  test('a snapshot that ends sooner is compared as far as it goes', async () => {
    await live();
    const near = {
      ...snapshotAt(102, [1001, 3, 1000, 5], ASKS),
      horizon: { bid: 1000, ask: null },
    };
    exchange.spare(near);
    await check();
    await clock.advanceAsync(DEFAULT_LIMITS.firstUpdateWaitMs + 50, 10);
    expect(selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
  });

  test('another book, twice: nothing since the last proof is claimed, and it is proven afresh', async () => {
    await live();
    const provenUs = one.segment?.proven.atUs;
    exchange.diff(103, 103, [995, 2]);
    await image();
    exchange.diff(104, 104, [995, 1]);
    const wrong = snapshotAt(104, [1001, 3, 1000, 5, 995, 1, 990, 8, 980, 9], ASKS);
    exchange.spare(wrong);
    exchange.answer(wrong);
    await check();
    await clock.advanceAsync(TWO_LOOKS_MS, 100);
    expect(selfCheck.figures()).toEqual({ images: 1, snapshots: 1, mismatches: 1 });
    expect(logged).toContain("error: The book is not the exchange's");
    expect(one.phase).toBe('syncing');
    exchange.answer(wrong);
    exchange.diff(105, 106);
    await clock.advanceAsync(100);
    expect(one.phase).toBe('live');
    one.journal();
    await checked();
    expect((await harness.stored(2)).gap).toMatchObject({
      cause: 'other',
      fromUs: provenUs,
      firstMissing: 103,
      lastMissing: 105,
    });
  });

  test('another book, once: told, and nothing more', async () => {
    await live();
    exchange.spare(snapshotAt(102, [1001, 3, 1000, 5, 990, 8, 980, 9], ASKS));
    exchange.answer(snapshotAt(102, [1001, 3, ...BIDS], ASKS));
    await check();
    await clock.advanceAsync(TWO_LOOKS_MS, 100);
    expect(selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
    expect(logged).toEqual(['warning: A snapshot differed from the book, the next one did not']);
    expect(one.phase).toBe('live');
    expect(one.segment?.proven.sequence).toBe(102);
  });

  test('what comes in while the books are compared is not of the compared moment', async () => {
    await live();
    exchange.spare(snapshotAt(102, [1001, 3, ...BIDS], ASKS));
    void selfCheck.checkSnapshot();
    clock.advance(DEFAULT_LIMITS.firstUpdateWaitMs);
    for (let i = 0; i < 8; i++) await Promise.resolve();
    exchange.diff(103, 103, [1000, 77]);
    await clock.advanceAsync(10, 2);
    expect(selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
    expect(one.segment?.proven.sequence).toBe(102);
  });

  test('an empty answer, however often, says nothing', async () => {
    await live();
    exchange.spare(snapshotAt(102, [], []));
    exchange.answer(snapshotAt(102, [], []));
    await check();
    await clock.advanceAsync(TWO_LOOKS_MS, 100);
    expect(selfCheck.figures()).toMatchObject({ snapshots: 0, mismatches: 0 });
    expect(one.phase).toBe('live');
    expect(exchange.snapshotRequests).toBe(1);
  });

  test('the other look is a little later: until then the same answer may be given again', async () => {
    await live();
    exchange.spare(snapshotAt(102, [1001, 3, 1000, 5, 990, 8, 980, 9], ASKS));
    await check();
    await clock.advanceAsync(DEFAULT_LIMITS.snapshotRecheckDelayMs, 100);
    expect(exchange.snapshotRequests).toBe(1);
    await clock.advanceAsync(TWO_LOOKS_MS, 100);
    expect(exchange.snapshotRequests).toBe(2);
  });

  test('a hole on the way: nothing is decided', async () => {
    await live();
    await check();
    exchange.diff(110, 111);
    exchange.spare(snapshotAt(102, [1, 1], ASKS));
    await clock.advanceAsync(TWO_LOOKS_MS, 100);
    expect(selfCheck.figures()).toMatchObject({ snapshots: 0, mismatches: 0 });
  });

  test('a snapshot that no step joins is given up', async () => {
    await live();
    await check();
    exchange.spare(snapshotAt(200, [1, 1], ASKS));
    await clock.advanceAsync(DEFAULT_LIMITS.snapshotCheckTimeoutMs + 10, 1000);
    expect(selfCheck.figures()).toMatchObject({ snapshots: 0, mismatches: 0 });
    expect(selfCheck.snapshotDueMs(0)).toBe(clock.monotonicMs() - 10);
    expect(one.phase).toBe('live');
  });
});

describe('against a fresh snapshot of orders', () => {
  const coinbase = securityOf('coinbase', 'BTC-USD');
  const order = (orderId: string, price: number, size: number) => ({ orderId, price, size });
  const [A, B, C] = [order('a', 1000, 5), order('b', 1000, 6), order('c', 1010, 7)] as const;

  test('another order within a price is told, and nothing more', async () => {
    await harness.close();
    harness = await RecorderHarness.open(coinbase, {
      name: 'coinbase',
      level: 'L3',
      feed: 'full',
      proof: 'sequence',
      rule: fullRule,
    });
    ({ clock, exchange } = harness);
    ({ recording, one, selfCheck } = harness.recorder({ log }));
    await one.start();
    await clock.advanceAsync(0);
    exchange.up('BTC-USD');
    exchange.answer(orderSnapshotAt(100, clock.nowUs(), { bids: [A, B], asks: [C] }));
    exchange.heartbeat(100, 'BTC-USD');
    await clock.advanceAsync(DEFAULT_LIMITS.firstUpdateWaitMs + 50, 10);
    expect(one.phase).toBe('live');
    const swapped = orderSnapshotAt(100, clock.nowUs(), { bids: [B, A], asks: [C] });
    exchange.spare(swapped);
    exchange.answer(swapped);
    void selfCheck.checkSnapshot();
    await clock.advanceAsync(TWO_LOOKS_MS, 100);
    expect(selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
    expect(logged).toEqual(['warning: A snapshot lists the orders of a price in another sequence']);
    expect(one.phase).toBe('live');
  });
});

describe('rounds', () => {
  function rounds(recordings: readonly Recording[]): CheckRounds {
    const onFatal = (error: unknown): void => void harness.fatal.push(error);
    const parts = { clock, limits: DEFAULT_LIMITS, imageIntervalMs: 60_000, onFatal };
    const all = new CheckRounds({ ...parts, recordings: () => recordings });
    all.start();
    return all;
  }

  test('a check when one is due, again soon where there was nothing to spare, then an interval later', async () => {
    await live();
    const all = rounds([recording]);
    await clock.advanceAsync(55_000, 1000);
    expect(exchange.spareRequests).toBe(0);
    await clock.advanceAsync(20_000, 500);
    expect(exchange.spareRequests).toBeGreaterThan(1);
    const refused = exchange.spareRequests;
    exchange.spare(snapshotAt(102, [1001, 3, ...BIDS], ASKS));
    await clock.advanceAsync(50_000, 500);
    expect(exchange.spareRequests).toBe(refused + 1);
    expect(selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
    await clock.advanceAsync(30_000, 500);
    expect(exchange.spareRequests).toBeGreaterThan(refused + 1);
    all.stop();
  });

  test('not where the exchange numbers nothing, nor while a security is not live', async () => {
    await live();
    exchange.down();
    const all = rounds([recording]);
    await clock.advanceAsync(200_000, 1000);
    expect(exchange.spareRequests).toBe(0);
    all.stop();
    one.close('restart');
    await harness.close();
    harness = await RecorderHarness.open(SECURITY, {
      name: 'coinbase',
      level: 'L2',
      feed: 'level2_batch',
      proof: 'connection',
      rule: connectionRule,
    });
    ({ clock, exchange } = harness);
    ({ recording, one, selfCheck } = harness.recorder({ log }));
    await one.start();
    await clock.advanceAsync(0);
    exchange.up();
    exchange.answer({ ...snapshotAt(0, BIDS, ASKS), exchangeTimeUs: clock.nowUs() });
    await clock.advanceAsync(2000, 100);
    expect(one.phase).toBe('live');
    const others = rounds([recording]);
    await clock.advanceAsync(200_000, 1000);
    expect(exchange.spareRequests).toBe(0);
    others.stop();
  });
});
