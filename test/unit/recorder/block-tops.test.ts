/** The bounds of best prices that sealed blocks state. Every test of a recorder compares them with replayed books. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RecordHeader } from '../../../logger/archive/archive.ts';
import { TwoSidedBook } from '../../../logger/book/two-sided-book.ts';
import type { Diff, Levels } from '../../../logger/market/events.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { Segment } from '../../../logger/recorder/segment/segment.ts';
import { checkRecordedTops } from '../../support/recorded-tops.ts';
import { RecorderHarness } from './harness.ts';

const BTC = securityOf('binance', 'BTCUSDT');

let harness: RecorderHarness;

beforeEach(async () => {
  harness = await RecorderHarness.open(BTC);
});

afterEach(() => harness.close());

async function blockTops(): Promise<RecordHeader['tops'][]> {
  const blocks = await harness.archive.blocks(BTC.id, 1, { afterSequence: 0 });
  return blocks.filter(({ isJournalPart }) => !isJournalPart).map(({ header }) => header.tops);
}

test('they hold from the book before the first event on; crossed books and empty sides do not count', async () => {
  const { one, queue } = harness.recorder();
  const { exchange, clock } = harness;
  const seal = async (): Promise<void> => {
    await clock.advanceAsync(60_000, 1000);
    one.tick();
    await queue.drained();
  };
  // Bid 10.00, ask 10.10; then the bid is 10.01.
  await harness.proveBook(one);
  exchange.diff(103, 103, [1003, 1], [1005, 1]);
  exchange.diff(104, 104, [1007, 1]);
  exchange.diff(105, 105, [1007, 0, 1003, 0], [1005, 0]);
  await seal();
  exchange.diff(106, 106, [], [1010, 0]);
  exchange.diff(107, 107, [1009, 1]);
  await seal();
  exchange.diff(108, 108, [1008, 1]);
  await seal();
  exchange.diff(109, 109, [], [1012, 1]);
  one.close('restart');
  await queue.drained();
  expect(await blockTops()).toEqual([
    { maxBid: '10.03', minAsk: '10.05' },
    { maxBid: '10.01', minAsk: '10.1' },
    null,
    { maxBid: '10.09', minAsk: '10.12' },
  ]);
  expect(await checkRecordedTops(harness.archive, [BTC.id])).toBe(4);
});

test('a book that becomes known further out counts as it stands before its next update', () => {
  const scale = { priceExponent: 2, sizeExponent: 3 };
  const place = { exchangeTimeUs: 1, receiveTimeUs: 1, scale };
  const image = { ...place, level: 'L2', bids: [1000, 5], asks: [1010, 5], sequence: 1 } as const;
  const horizon = { bid: 1000, ask: null };
  const segment = new Segment(
    {
      security: BTC.id,
      level: 'L2',
      feed: 'depth',
      proof: 'sequence',
      epoch: 1,
      writer: 'test',
    },
    { ...image, horizon, book: TwoSidedBook.fromImage(image) },
    {
      limits: DEFAULT_LIMITS,
      imageIntervalMs: 600_000,
      receiveTimes: { defectsBetween: () => [] },
      monotonicMs: 0,
      onNews: () => undefined,
    },
  );
  const update = (sequence: number, bids: Levels): void => {
    const diff: Diff = {
      type: 'diff',
      ...place,
      firstSequence: sequence,
      lastSequence: sequence,
      bids,
      asks: [],
    };
    expect(segment.apply(diff)).toBeNull();
  };
  segment.begin('start', undefined, 0);
  update(2, [1000, 0]);
  const content = { level: 'L2', scale, horizon: { bid: null, ask: null } } as const;
  const deeper = { ...content, bids: [990, 3], asks: [1010, 5] };
  const writes = segment.deepen({ sequence: 2, depth: undefined, content: deeper }, 1000);
  update(3, [990, 0, 980, 1]);
  const blocks = [...writes, ...segment.end()].filter(({ type }) => type === 'block');
  expect(blocks).toMatchObject([
    { record: { header: { tops: { maxBid: '10', minAsk: '10.1' } } } },
    { record: { header: { tops: { maxBid: '9.9', minAsk: '10.1' } } } },
  ]);
});

test('a block that is sealed from the journal after a crash states none', async () => {
  const first = harness.recorder();
  await harness.proveBook(first.one);
  harness.exchange.diff(103, 103, [1003, 1]);
  first.one.tick();
  await first.queue.drained();
  await harness.recorder().one.start();
  expect(await blockTops()).toEqual([undefined]);
  const [block] = await harness.archive.blocks(BTC.id, 1, { afterSequence: 0 });
  expect(block?.header).not.toHaveProperty('tops');
});
