/** The exchange's book by another way, compared where no update touched it. */

import { expect, test } from 'vitest';
import { TwoSidedBook } from '../../../logger/book/two-sided-book.ts';
import type { BookSnapshot, LevelCounts } from '../../../logger/market/events.ts';
import { OpinionCheck } from '../../../logger/recorder/check/opinion-check.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import type { SnapshotCheckOutcome } from '../../../logger/recorder/check/snapshot-check.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { SCALE, snapshotAt } from '../../support/scripted-exchange.ts';
import { Segment } from '../../../logger/recorder/segment/segment.ts';

const BIDS = [1000, 5, 990, 7, 980, 9];
const ASKS = [1010, 2, 1020, 3];
const OURS: LevelCounts = { bids: [4, 2, 3], asks: [1, 6] };
const WINDOW = { bid: 980, ask: 1020 };

/** A window of our book, in which an update touches 1000 while the check runs. */
async function compare(theirs: BookSnapshot): Promise<SnapshotCheckOutcome> {
  const clock = new ManualClock();
  const identity = {
    security: 'binance:BTCUSDT',
    level: 'L2',
    feed: 'depth',
    proof: 'connection',
    windowed: true,
    epoch: 1,
    writer: 'test',
  } as const;
  const image = { scale: SCALE, bids: BIDS, asks: ASKS, counts: OURS };
  const proven = {
    book: TwoSidedBook.fromImage(image),
    horizon: WINDOW,
    sequence: 1,
    exchangeTimeUs: 1,
    receiveTimeUs: 1,
  };
  const segment = new Segment(identity, proven, {
    limits: DEFAULT_LIMITS,
    imageIntervalMs: 1,
    receiveTimes: { defectsBetween: () => [] },
    monotonicMs: 0,
    onNews: () => undefined,
  });
  const check = new OpinionCheck({
    exchange: { secondOpinion: async () => theirs },
    symbol: 'BTCUSDT',
    segment,
    clock,
    limits: DEFAULT_LIMITS,
    signal: new AbortController().signal,
  });
  const update = {
    type: 'diff',
    firstSequence: 2,
    lastSequence: 2,
    exchangeTimeUs: 2,
    receiveTimeUs: 2,
    bids: [1000, 6],
    asks: [],
    counts: { bids: [5], asks: [] },
  } as const;
  segment.apply(update);
  check.addUpdate(update);
  const outcome = check.run('patient');
  const { opinionSettleMs, snapshotRecheckDelayMs } = DEFAULT_LIMITS;
  await clock.advanceAsync(4 * opinionSettleMs + snapshotRecheckDelayMs + 100, 100);
  return outcome;
}

const finer = (counts: LevelCounts): BookSnapshot => ({
  ...snapshotAt(1, [10_000, 50, 9900, 70, 9800, 90], [10_100, 20, 10_200, 30], counts),
  scale: { priceExponent: 3, sizeExponent: 4 },
  horizon: { bid: 9800, ask: 10_200 },
});

test('the numbers of orders at the places that are left are compared with one another', async () => {
  expect(await compare(snapshotAt(1, BIDS, ASKS, { bids: [9, 2, 3], asks: [1, 6] }))).toMatchObject(
    {
      kind: 'same',
    },
  );
  expect(await compare(snapshotAt(1, BIDS, ASKS, { bids: [9, 2, 4], asks: [1, 6] }))).toMatchObject(
    {
      kind: 'differs',
      difference: { example: 'bid 9.8: 3 orders, not 4' },
    },
  );
});

test('at different scales, up to the horizon of both', async () => {
  expect(await compare(finer({ bids: [9, 2, 3], asks: [1, 6] }))).toMatchObject({ kind: 'same' });
  expect(await compare(finer({ bids: [9, 2, 3], asks: [1, 7] }))).toMatchObject({
    kind: 'differs',
    difference: { example: 'ask 10.2: 6 orders, not 7' },
  });
});
