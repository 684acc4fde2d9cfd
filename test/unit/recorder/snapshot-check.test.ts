/** The snapshot check: the book in memory against fresh snapshots, and when it is made. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fullRule } from '../../../logger/exchange/coinbase/sequencer.ts';
import { connectionRule } from '../../../logger/exchange/connection-rule.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { CheckRounds } from '../../../logger/recorder/check/rounds.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import type { Recording } from '../../../logger/recorder/recording.ts';
import { orderSnapshotAt, snapshotAt } from '../../support/scripted-exchange.ts';
import { ASKS, BIDS, SECURITY, SelfCheckKit } from './self-check-kit.ts';

const TWO_COMPARISONS_MS =
  3 * DEFAULT_LIMITS.firstUpdateWaitMs + DEFAULT_LIMITS.snapshotRecheckDelayMs;

const kit = new SelfCheckKit();

beforeEach(() => kit.open());
afterEach(() => kit.close());

describe('against a fresh snapshot', () => {
  async function check(): Promise<void> {
    void kit.selfCheck.checkSnapshot();
    await kit.clock.advanceAsync(0);
  }

  test('the same book, brought to one sequence by the updates since', async () => {
    await kit.live();
    kit.exchange.diff(103, 104, [995, 1]);
    await check();
    kit.exchange.spare(
      snapshotAt(106, [1001, 3, ...BIDS.slice(0, 2), 996, 2, 995, 1, ...BIDS.slice(2)], ASKS),
    );
    kit.exchange.diff(105, 107, [996, 2], [1010, 2]);
    await kit.clock.advanceAsync(10, 2);
    expect(kit.selfCheck.figures()).toEqual({ images: 0, snapshots: 1, mismatches: 0 });
    expect(kit.one.segment?.proven.sequence).toBe(107);
    expect(kit.logged).toEqual([]);
  });

  test('at the very sequence of a quiet book', async () => {
    await kit.live();
    kit.exchange.spare(snapshotAt(102, [1001, 3, ...BIDS], ASKS));
    await check();
    await kit.clock.advanceAsync(DEFAULT_LIMITS.firstUpdateWaitMs + 50, 10);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
  });

  test('a snapshot with a nearer horizon is compared up to it', async () => {
    await kit.live();
    const near = {
      ...snapshotAt(102, [1001, 3, 1000, 5], ASKS),
      horizon: { bid: 1000, ask: null },
    };
    kit.exchange.spare(near);
    await check();
    await kit.clock.advanceAsync(DEFAULT_LIMITS.firstUpdateWaitMs + 50, 10);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
  });

  test('another book, twice: voided since the last proof, and proven again', async () => {
    await kit.live();
    const provenUs = kit.one.segment?.proven.atUs;
    kit.exchange.diff(103, 103, [995, 2]);
    await kit.image();
    kit.exchange.diff(104, 104, [995, 1]);
    const wrong = snapshotAt(104, [1001, 3, 1000, 5, 995, 1, 990, 8, 980, 9], ASKS);
    kit.exchange.spare(wrong);
    kit.exchange.answer(wrong);
    await check();
    await kit.clock.advanceAsync(TWO_COMPARISONS_MS, 100);
    expect(kit.selfCheck.figures()).toEqual({ images: 1, snapshots: 1, mismatches: 1 });
    expect(kit.logged).toContain("error: The book is not the exchange's");
    expect(kit.one.phase).toBe('syncing');
    kit.exchange.answer(wrong);
    kit.exchange.diff(105, 106);
    await kit.clock.advanceAsync(100);
    expect(kit.one.phase).toBe('live');
    kit.one.journal();
    await kit.checked();
    expect((await kit.harness.stored(2)).gap).toMatchObject({
      cause: 'other',
      fromUs: provenUs,
      firstMissing: 103,
      lastMissing: 105,
    });
  });

  test('another book, once: a warning only', async () => {
    await kit.live();
    kit.exchange.spare(snapshotAt(102, [1001, 3, 1000, 5, 990, 8, 980, 9], ASKS));
    kit.exchange.answer(snapshotAt(102, [1001, 3, ...BIDS], ASKS));
    await check();
    await kit.clock.advanceAsync(TWO_COMPARISONS_MS, 100);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
    expect(kit.logged).toEqual([
      'warning: A snapshot differed from the book, the next one did not',
    ]);
    expect(kit.one.phase).toBe('live');
    expect(kit.one.segment?.proven.sequence).toBe(102);
  });

  test('updates that arrive during the comparison are not part of it', async () => {
    await kit.live();
    kit.exchange.spare(snapshotAt(102, [1001, 3, ...BIDS], ASKS));
    void kit.selfCheck.checkSnapshot();
    kit.clock.advance(DEFAULT_LIMITS.firstUpdateWaitMs);
    for (let i = 0; i < 8; i++) await Promise.resolve();
    kit.exchange.diff(103, 103, [1000, 77]);
    await kit.clock.advanceAsync(10, 2);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
    expect(kit.one.segment?.proven.sequence).toBe(102);
  });

  test('empty snapshots decide nothing', async () => {
    await kit.live();
    kit.exchange.spare(snapshotAt(102, [], []));
    kit.exchange.answer(snapshotAt(102, [], []));
    await check();
    await kit.clock.advanceAsync(TWO_COMPARISONS_MS, 100);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 0, mismatches: 0 });
    expect(kit.one.phase).toBe('live');
    expect(kit.exchange.snapshotRequests).toBe(1);
  });

  test('the second comparison is a little later: the exchange may cache snapshots', async () => {
    await kit.live();
    kit.exchange.spare(snapshotAt(102, [1001, 3, 1000, 5, 990, 8, 980, 9], ASKS));
    await check();
    await kit.clock.advanceAsync(DEFAULT_LIMITS.snapshotRecheckDelayMs, 100);
    expect(kit.exchange.snapshotRequests).toBe(1);
    await kit.clock.advanceAsync(TWO_COMPARISONS_MS, 100);
    expect(kit.exchange.snapshotRequests).toBe(2);
  });

  test('a gap on the way: undecided', async () => {
    await kit.live();
    await check();
    kit.exchange.diff(110, 111);
    kit.exchange.spare(snapshotAt(102, [1, 1], ASKS));
    await kit.clock.advanceAsync(TWO_COMPARISONS_MS, 100);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 0, mismatches: 0 });
  });

  test('a snapshot ahead of the book while nothing comes in: the stream may be dead', async () => {
    await kit.live();
    await check();
    kit.exchange.spare(snapshotAt(200, [1, 1], ASKS));
    await kit.clock.advanceAsync(DEFAULT_LIMITS.snapshotCheckTimeoutMs, 1000);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 0, mismatches: 0 });
    expect(kit.one.phase).toBe('stale');
    expect(kit.one.message).toContain('The exchange is at 200');
  });
});

describe('against a fresh snapshot of orders', () => {
  const coinbase = securityOf('coinbase', 'BTC-USD');
  const order = (orderId: string, price: number, size: number) => ({ orderId, price, size });
  const [A, B, C] = [order('a', 1000, 5), order('b', 1000, 6), order('c', 1010, 7)] as const;

  test('another sequence within a price: a warning only', async () => {
    await kit.harness.close();
    await kit.open(coinbase, {
      name: 'coinbase',
      level: 'L3',
      feed: 'full',
      proof: 'sequence',
      rule: fullRule,
    });
    await kit.start();
    kit.exchange.up('BTC-USD');
    kit.exchange.answer(orderSnapshotAt(100, kit.clock.nowUs(), { bids: [A, B], asks: [C] }));
    kit.exchange.heartbeat(100, 'BTC-USD');
    await kit.clock.advanceAsync(DEFAULT_LIMITS.firstUpdateWaitMs + 50, 10);
    expect(kit.one.phase).toBe('live');
    const swapped = orderSnapshotAt(100, kit.clock.nowUs(), { bids: [B, A], asks: [C] });
    kit.exchange.spare(swapped);
    kit.exchange.answer(swapped);
    void kit.selfCheck.checkSnapshot();
    await kit.clock.advanceAsync(TWO_COMPARISONS_MS, 100);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
    expect(kit.logged).toEqual([
      'warning: A snapshot lists the orders of a price in another sequence',
    ]);
    expect(kit.one.phase).toBe('live');
  });
});

describe('rounds', () => {
  function rounds(recordings: readonly Recording[]): CheckRounds {
    const onFatal = (error: unknown): void => void kit.harness.fatal.push(error);
    const parts = { clock: kit.clock, limits: DEFAULT_LIMITS, imageIntervalMs: 60_000, onFatal };
    const all = new CheckRounds({ ...parts, recordings: () => recordings });
    all.start();
    return all;
  }

  test('a check when one is due, again soon if the budget had nothing to spare, then an interval later', async () => {
    await kit.live();
    const all = rounds([kit.recording]);
    await kit.clock.advanceAsync(55_000, 1000);
    expect(kit.exchange.spareRequests).toBe(0);
    await kit.clock.advanceAsync(20_000, 500);
    expect(kit.exchange.spareRequests).toBeGreaterThan(1);
    const refused = kit.exchange.spareRequests;
    kit.exchange.spare(snapshotAt(102, [1001, 3, ...BIDS], ASKS));
    await kit.clock.advanceAsync(50_000, 500);
    expect(kit.exchange.spareRequests).toBe(refused + 1);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
    await kit.clock.advanceAsync(30_000, 500);
    expect(kit.exchange.spareRequests).toBeGreaterThan(refused + 1);
    all.stop();
  });

  test('no check without sequence numbers, nor while a security is not live', async () => {
    await kit.live();
    kit.exchange.down();
    const all = rounds([kit.recording]);
    await kit.clock.advanceAsync(200_000, 1000);
    expect(kit.exchange.spareRequests).toBe(0);
    all.stop();
    kit.one.close('restart');
    await kit.harness.close();
    await kit.open(SECURITY, {
      name: 'coinbase',
      level: 'L2',
      feed: 'level2_batch',
      proof: 'connection',
      rule: connectionRule,
    });
    await kit.start();
    kit.exchange.up();
    kit.exchange.answer({ ...snapshotAt(0, BIDS, ASKS), exchangeTimeUs: kit.clock.nowUs() });
    await kit.clock.advanceAsync(2000, 100);
    expect(kit.one.phase).toBe('live');
    const others = rounds([kit.recording]);
    await kit.clock.advanceAsync(200_000, 1000);
    expect(kit.exchange.spareRequests).toBe(0);
    others.stop();
  });
});
