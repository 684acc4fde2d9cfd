/** Books with the number of orders at each level, against a naive model. */

import { describe, expect, test } from 'vitest';
import { deeperBook } from '../../../logger/book/deeper-book.ts';
import type { LevelContent } from '../../../logger/book/deeper-book.ts';
import { differenceBetween, differenceInside } from '../../../logger/book/difference.ts';
import type { Side } from '../../../logger/book/level-book.ts';
import { PriceLadder } from '../../../logger/book/price-ladder.ts';
import { TreeSide } from '../../../logger/book/tree-side.ts';
import { TwoSidedBook } from '../../../logger/book/two-sided-book.ts';
import { InvariantError } from '../../../logger/errors.ts';
import type { LevelCounts, LevelSides } from '../../../logger/market/events.ts';
import { NaiveCountedBook } from '../../support/naive-counted-book.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';

const scale = { priceExponent: 2, sizeExponent: 8 };
const seed = testSeed();

describe.each([
  ['the plain book', (side: Side) => new TreeSide(side)],
  ['the book on price ladders', (side: Side) => new PriceLadder(side)],
])('%s', (_name, createSide) => {
  test(`keeps the number of orders at each level (seed ${seed})`, () => {
    const random = seededRandom(seed);
    for (let round = 0; round < 30; round++) {
      const naive = new NaiveCountedBook(random);
      for (let i = 0; i < 10; i++) naive.change();
      let book = TwoSidedBook.fromImage({ scale, ...naive.sides() }, createSide);
      for (let step = 0; step < 200; step++) {
        const { bids, asks, counts } = naive.change();
        if (random.chance(0.05)) {
          const before = book;
          book = book.clone();
          before.setLevels([5, 1], [2000, 1], { bids: [9], asks: [9] });
        }
        book.setLevels(bids, asks, counts);
        if (step % 10 === 0) expect(book.sides()).toEqual(naive.sides());
        if (step % 10 === 1) expect(book.sides(3)).toEqual(naive.sides(3));
      }
      const finer = book.rescaled({ priceExponent: 3, sizeExponent: 8 });
      expect(finer.sides().counts).toEqual(naive.sides().counts);
    }
  });

  const image = { scale, bids: [100, 5], asks: [101, 7], counts: { bids: [2], asks: [3] } };
  const counted = (): TwoSidedBook => TwoSidedBook.fromImage(image, createSide);

  test('one level without a number, and the book has none until its next image', () => {
    const book = counted();
    book.setLevels([99, 0], [101, 0, 102, 0]);
    expect(book.sides()).toEqual({
      level: 'L2',
      bids: [100, 5],
      asks: [],
      counts: { bids: [2], asks: [] },
    });
    book.setLevels([], [103, 1]);
    expect([book.hasCounts, book.sides()]).toEqual([
      false,
      { level: 'L2', bids: [100, 5], asks: [103, 1] },
    ]);
    book.setLevels([], [103, 2], { bids: [], asks: [4] });
    expect([book.hasCounts, book.clone().hasCounts]).toEqual([false, false]);
  });

  test('a book whose image tells none has none, whatever follows', () => {
    const book = TwoSidedBook.fromImage({ scale, bids: [], asks: [] }, createSide);
    book.setLevels([100, 5], [], { bids: [2], asks: [] });
    expect(book.sides()).toEqual({ level: 'L2', bids: [100, 5], asks: [] });
  });

  test('an empty book may have them', () => {
    const empty = { scale, bids: [], asks: [], counts: { bids: [], asks: [] } };
    const book = TwoSidedBook.fromImage(empty, createSide);
    book.setLevels([100, 5], [], { bids: [2], asks: [] });
    expect(book.sides().counts).toEqual({ bids: [2], asks: [] });
  });

  test('more or fewer numbers than levels are a bug of the caller', () => {
    for (const bids of [[], [1, 2]]) {
      expect(() => counted().setLevels([100, 5], [], { bids, asks: [] })).toThrow(InvariantError);
    }
  });
});

describe('differences', () => {
  const HORIZON = { bid: null, ask: null };
  const book = (counts?: LevelCounts, asks = [103, 1, 104, 2]): LevelContent => ({
    level: 'L2',
    scale,
    horizon: HORIZON,
    bids: [100, 5, 99, 7],
    asks,
    ...(counts && { counts }),
  });
  const counted = book({ bids: [2, 3], asks: [1, 1] });

  test('in the number of orders are differences', () => {
    const other = book({ bids: [2, 4], asks: [1, 1] });
    for (const difference of [
      differenceBetween(counted, other),
      differenceInside(counted, other),
    ]) {
      expect(difference).toEqual({
        places: new Set(['bid 99']),
        example: 'bid 0.99: 3 orders, not 4',
        isQueueOrderOnly: false,
      });
    }
    expect(differenceBetween(counted, book(counted.counts))).toBeNull();
  });

  test('between a book with them and one without count only where both must be the same', () => {
    expect(differenceInside(counted, book())).toBeNull();
    expect(differenceInside(book(), counted)).toBeNull();
    expect(differenceBetween(counted, book())?.example).toBe(
      'only one has the number of orders at each level',
    );
  });

  test('are named once, by size or by the number of orders', () => {
    const other = book({ bids: [2, 3], asks: [5, 1] }, [103, 9, 105, 2]);
    const difference = differenceInside(counted, other);
    expect([...(difference?.places ?? [])]).toEqual(['ask 103', 'ask 104', 'ask 105']);
    expect(difference?.example).toBe('ask 1.03: 0.00000001, not 0.00000009');
  });

  test('behind a horizon do not count', () => {
    const near = { ...book({ bids: [2, 9], asks: [1, 1] }), horizon: { bid: 100, ask: null } };
    expect(differenceInside(counted, near)).toBeNull();
  });
});

test('a book known further out has them if both have', () => {
  const sides = (from: number, depth: number, sign: 1 | -1): number[] =>
    Array.from({ length: depth }, (_, i) => [from + sign * i, 5]).flat();
  const known = (depth: number, named: readonly [number, number]): LevelContent => {
    const bids = [...sides(100, depth, -1), ...(depth < 20 ? [named[0], 1] : [])];
    const asks = [...sides(101, depth, 1), ...(depth < 20 ? [named[1], 1] : [])];
    const horizon = { bid: 101 - depth, ask: 100 + depth };
    const counts = { bids: countsOf(bids), asks: countsOf(asks) };
    return { level: 'L2', scale, horizon, bids, asks, counts };
  };
  const [ours, theirs] = [known(3, [50, 150]), known(20, [0, 0])];
  const deeper = deeperBook(ours, theirs) as LevelContent & LevelSides;
  expect(deeper.bids.slice(-2)).toEqual([50, 1]);
  expect(deeper.counts).toEqual({ bids: countsOf(deeper.bids), asks: countsOf(deeper.asks) });
  const { counts: _, ...without } = theirs;
  expect(deeperBook(ours, without)).not.toHaveProperty('counts');
});

function countsOf(levels: readonly unknown[]): number[] {
  return levels.filter((_, i) => i % 2 === 0).map((price) => (Number(price) % 7) + 1);
}
