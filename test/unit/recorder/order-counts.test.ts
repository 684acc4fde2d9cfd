/** An exchange that tells the number of orders at each level, recorded. A failure names its seed. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Diff, LevelCounts } from '../../../logger/market/events.ts';
import type { LevelRow } from '../../../logger/queries/results.ts';
import { createReader } from '../../../logger/reader/create-reader.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import { NaiveCountedBook } from '../../support/naive-counted-book.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';
import { BIDS, SECURITY, SelfCheckKit } from './self-check-kit.ts';

const kit = new SelfCheckKit();
const seed = testSeed();

beforeEach(() => kit.open());
afterEach(() => kit.close());

function send(sequence: number, sides: Pick<Diff, 'bids' | 'asks' | 'counts'>): void {
  const nowUs = kit.clock.nowUs();
  kit.exchange.alive();
  kit.exchange.listeners.get('BTCUSDT')?.onUpdate({
    type: 'diff',
    firstSequence: sequence,
    lastSequence: sequence,
    exchangeTimeUs: nowUs - 5000,
    receiveTimeUs: nowUs,
    ...sides,
  });
}

function rowsOf(naive: NaiveCountedBook, side: 'bids' | 'asks'): LevelRow[] {
  const { [side]: levels, counts } = naive.sides();
  return counts[side].map((count, i) => [
    String(Number(levels[2 * i]) / 100),
    String(Number(levels[2 * i + 1]) / 1000),
    count,
  ]);
}

test(`comes back at every sequence, through images, blocks and the journal of a logger that was killed (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const naive = new NaiveCountedBook(random);
  naive.change(60);
  const expected = new Map<number, readonly [LevelRow[], LevelRow[]]>();
  const { bids, asks, counts } = naive.sides();
  await kit.start();
  kit.exchange.up();
  kit.exchange.diff(99, 100);
  kit.exchange.answer(snapshotAt(100, bids, asks, counts));
  await kit.clock.advanceAsync(10);
  let finer = 1;
  for (let sequence = 101; sequence <= 180; sequence++) {
    const change = naive.change();
    const atScale = (levels: readonly number[]): number[] =>
      levels.map((value, i) => (i % 2 === 0 ? value * finer : value));
    send(sequence, { ...change, bids: atScale(change.bids), asks: atScale(change.asks) });
    expected.set(sequence, [rowsOf(naive, 'bids'), rowsOf(naive, 'asks')]);
    await kit.clock.advanceAsync(20);
    if (sequence === 130) await kit.image();
    if (sequence === 150) {
      finer = 10;
      kit.exchange.listeners.get('BTCUSDT')?.onScale({ priceExponent: 3, sizeExponent: 3 });
    }
    if (sequence % 7 === 0) kit.one.tick();
  }
  expect(kit.one.phase).toBe('live');
  kit.one.tick();
  await kit.clock.advanceAsync(10);
  const { archive } = kit.harness;
  const { journal } = await archive.tail(SECURITY.id);
  expect(new Set(journal.map(({ header }) => header.encoding))).toEqual(new Set(['journal/2']));
  const check = async (): Promise<void> => {
    const reader = createReader(archive);
    for (const [sequence, [bids, asks]] of expected) {
      const answer = await reader.bookAt({ security: SECURITY.id, position: { sequence } });
      expect(answer, `sequence ${sequence}`).toMatchObject({ state: 'proven', bids, asks });
    }
    expect((await reader.verify()).problems).toEqual([]);
  };
  await check();
  expect(kit.selfCheck.figures()).toMatchObject({ images: 2, mismatches: 0 });
  // The next logger makes a block of the journal.
  const next = kit.harness.recorder();
  await next.one.start();
  expect((await archive.tail(SECURITY.id)).journal).toEqual([]);
  await check();
  next.one.close('restart');
});

describe('against a fresh snapshot', () => {
  const OURS = { bids: [4, 2, 3], asks: [1] };

  async function compare(counts: LevelCounts | undefined): Promise<void> {
    await kit.start();
    kit.exchange.up();
    kit.exchange.diff(99, 100);
    kit.exchange.answer(snapshotAt(100, BIDS, [1010, 2], OURS));
    await kit.clock.advanceAsync(10);
    send(101, { bids: [1000, 5], asks: [], counts: { bids: [5], asks: [] } });
    await kit.clock.advanceAsync(10);
    const theirs = snapshotAt(101, BIDS, [1010, 2], counts);
    kit.exchange.spare(theirs);
    kit.exchange.answer(theirs);
    void kit.selfCheck.checkSnapshot();
    const { firstUpdateWaitMs, snapshotRecheckDelayMs } = DEFAULT_LIMITS;
    await kit.clock.advanceAsync(3 * firstUpdateWaitMs + snapshotRecheckDelayMs, 100);
  }

  test.each([
    ['the same', { bids: [5, 2, 3], asks: [1] }],
    ['none', undefined],
  ])('that tells %s: the same book', async (_name, counts) => {
    await compare(counts);
    expect(kit.selfCheck.figures()).toMatchObject({ snapshots: 1, mismatches: 0 });
  });

  test('that tells another number: another book', async () => {
    await compare({ bids: [4, 2, 3], asks: [1] });
    expect(kit.selfCheck.figures()).toMatchObject({ mismatches: 1 });
    expect(kit.logged).toContain("error: The book is not the exchange's");
  });
});
