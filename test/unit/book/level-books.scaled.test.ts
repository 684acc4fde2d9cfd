/** Both L2 books against a naive model: the plain one, and the fast one in every range of prices. */

import { describe, expect, test } from 'vitest';
import { PriceLadder } from '../../../logger/book/price-ladder.ts';
import type { LevelBook, Side } from '../../../logger/book/level-book.ts';
import { TreeSide } from '../../../logger/book/tree-side.ts';
import { TwoSidedBook } from '../../../logger/book/two-sided-book.ts';
import { InvariantError } from '../../../logger/errors.ts';
import type { ScaledInt } from '../../../logger/market/decimal.ts';
import { scaled } from '../../support/scaled.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';

const scale = { priceExponent: 2, sizeExponent: 8 };
const OPERATIONS = scaled({ fast: 10_000, full: 50_000 });
const SIDES: readonly Side[] = ['bid', 'ask'];
const HUGE = 2n ** 60n;

type Draw = (random: SeededRandom, step: number) => ScaledInt;

/** Where prices come from. The ladder has 32,768 places, so some stay in it and some leave it. */
const RANGES: Readonly<Record<string, Draw>> = {
  'a few hundred neighbours': (random) => random.integer(1, 400),
  'multiples of a tick': (random) => 6_000_000_000_000 + random.integer(0, 5000) * 1_000_000,
  'near and far': (random) =>
    random.chance(0.9) ? 1_000_000 + random.integer(0, 3000) : random.integer(0, 20_000_000),
  'a walk that leaves the ladder again and again': (random, step) =>
    Math.abs(Math.floor(Math.sin(step / 2000) * 10_000_000)) + random.integer(0, 500),
  'ticks that turn out to be finer': (random, step) =>
    step < 3000 ? random.integer(1, 900) * 600 : random.integer(1, 90_000) * 6,
  'a few that are huge': (random) =>
    random.chance(0.01) ? HUGE + BigInt(random.integer(0, 20)) : random.integer(1, 400),
  'up to the largest safe integers': (random) => 2 ** 53 - random.integer(1, 400),
  'a few that are large': (random) =>
    random.chance(0.02)
      ? 2 ** random.integer(49, 52) + random.integer(-9, 9)
      : random.integer(1, 400),
  'almost empty': (random) => random.integer(0, 3) * 1_000_000,
};

function size(random: SeededRandom): ScaledInt {
  if (random.chance(0.45)) return 0;
  return random.chance(0.02) ? HUGE : random.integer(1, 9);
}

/** Price, size … of a naive side, best first, as text: whatever form an integer has. */
function sorted(side: ReadonlyMap<string, ScaledInt>, which: Side): string[] {
  return [...side]
    .map(([price, amount]) => [BigInt(price), amount] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1) * (which === 'bid' ? -1 : 1))
    .flatMap(([price, amount]) => [String(price), String(amount)]);
}

describe.each([
  ['the plain book', (side: Side) => new TreeSide(side)],
  ['the book on price ladders', (side: Side) => new PriceLadder(side)],
])('%s', (_name, createSide) => {
  const seed = testSeed();

  test.each(Object.entries(RANGES))(
    `stays equal to a naive model over ${OPERATIONS} random operations: %s (seed ${seed})`,
    (_range, draw) => {
      const random = seededRandom(seed);
      let book: LevelBook = new TwoSidedBook(scale, createSide);
      const naive = { bid: new Map<string, ScaledInt>(), ask: new Map<string, ScaledInt>() };
      for (let step = 1; step <= OPERATIONS; step++) {
        const side = random.pick(SIDES);
        // Prices that are taken now, too, so that books shrink as well as grow.
        const [known] = random.chance(0.3) ? naive[side].keys() : [];
        const price = known === undefined ? draw(random, step) : canonical(known);
        const amount = known === undefined ? size(random) : 0;
        const levels = [price, amount];
        book.setLevels(side === 'bid' ? levels : [], side === 'ask' ? levels : []);
        if (amount === 0) naive[side].delete(String(price));
        else naive[side].set(String(price), amount);

        if (step % 200 === 0) {
          const expected = sorted(naive[side], side).slice(0, 2);
          expect(book.best(side)?.map(String)).toEqual(
            expected.length === 0 ? undefined : expected,
          );
        }
        if (step % 1000 !== 0) continue;
        // Cloning on the way shows that copies and their origin do not touch one another.
        const before = book;
        book = book.clone();
        before.setLevels([1, 77, 5, 0], [1, 77, 5, 0]);
        for (const which of SIDES) {
          const expected = sorted(naive[which], which);
          expect(book.levels(which).map(String)).toEqual(expected);
          expect(book.levels(which, 3).map(String)).toEqual(expected.slice(0, 6));
          expect(book.size(which)).toBe(expected.length / 2);
        }
      }
    },
  );

  test('the best bid is the highest price, not the largest size', () => {
    const book = new TwoSidedBook(scale, createSide);
    book.setLevels([100, 5, 101, 1, 99, 900], [103, 900, 102, 1]);
    expect(book.best('bid')).toEqual([101, 1]);
    expect(book.best('ask')).toEqual([102, 1]);
  });

  test('deleting a missing level changes nothing', () => {
    const book = TwoSidedBook.fromImage({ scale, bids: [100, 5], asks: [] }, createSide);
    book.setLevels([90, 0, 2 ** 52 + 1, 0, HUGE, 0], [110, 0]);
    expect(book.levels('bid')).toEqual([100, 5]);
    expect(book.best('ask')).toBeUndefined();
  });

  test('a price of zero is a price', () => {
    const book = new TwoSidedBook(scale, createSide);
    book.setLevels([0, 5], [0, 7, 3, 1]);
    expect([book.best('bid'), book.best('ask')]).toEqual([
      [0, 5],
      [0, 7],
    ]);
  });

  test('no levels are no levels', () => {
    const book = TwoSidedBook.fromImage({ scale, bids: [100, 5], asks: [] }, createSide);
    expect(book.levels('bid', 0)).toEqual([]);
    expect(book.levels('ask')).toEqual([]);
  });

  test('an order event is a bug of the caller', () => {
    const book = new TwoSidedBook(scale, createSide);
    const times = { exchangeTimeUs: 1, receiveTimeUs: 1 };
    const event = { type: 'open', firstSequence: 1, lastSequence: 1, ...times } as const;
    const order = { orderId: 'a', side: 'buy', price: 1, remainingSize: 1 } as const;
    expect(() => book.apply({ ...event, ...order })).toThrow(InvariantError);
  });

  test('a finer scale preserves every quantity', () => {
    const book = TwoSidedBook.fromImage({ scale, bids: [100, 5], asks: [2 ** 52, 7] }, createSide);
    const finer = book.rescaled({ priceExponent: 4, sizeExponent: 10 });
    expect(finer.levels('bid')).toEqual([10_000, 500]);
    expect(finer.levels('ask')).toEqual([2n ** 52n * 100n, 700]);
  });
});

function canonical(price: string): ScaledInt {
  const value = Number(price);
  return Number.isSafeInteger(value) ? value : BigInt(price);
}
