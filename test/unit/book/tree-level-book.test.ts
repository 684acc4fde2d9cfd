import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../logger/errors.ts';
import { TreeLevelBook } from '../../../logger/book/tree-level-book.ts';
import type { ScaledInt } from '../../../logger/market/decimal.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';

const scale = { priceExponent: 2, sizeExponent: 8 };

describe('TreeLevelBook', () => {
  const seed = testSeed();

  test(`stays equal to a naive model over 100,000 random operations (seed ${seed})`, () => {
    const random = seededRandom(seed);
    let book = TreeLevelBook.empty(scale);
    const naive = { bid: new Map<string, ScaledInt>(), ask: new Map<string, ScaledInt>() };
    const huge = 2n ** 60n;

    for (let step = 1; step <= 100_000; step++) {
      const side = random.pick(['bid', 'ask'] as const);
      const price: ScaledInt = random.chance(0.01)
        ? huge + BigInt(random.integer(0, 20))
        : random.integer(1, 400);
      const size: ScaledInt = random.chance(0.4)
        ? 0
        : random.chance(0.02)
          ? huge
          : random.integer(1, 9);
      book.setLevels(side === 'bid' ? [price, size] : [], side === 'ask' ? [price, size] : []);
      if (size === 0) naive[side].delete(String(price));
      else naive[side].set(String(price), size);

      if (step % 1000 !== 0) continue;
      // Cloning on the way shows that copies and their origin do not touch one another.
      const before = book;
      book = book.clone();
      for (const which of ['bid', 'ask'] as const) {
        const sorted = [...naive[which]]
          .map(([key, value]) => [BigInt(key), value] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1) * (which === 'bid' ? -1 : 1));
        const expected = sorted.flatMap(([key, value]) => [String(key), String(value)]);
        expect(book.levels(which).map(String)).toEqual(expected);
        expect(book.levels(which, 3).map(String)).toEqual(expected.slice(0, 6));
        expect(book.best(which)?.map(String)).toEqual(
          expected.length === 0 ? undefined : expected.slice(0, 2),
        );
        expect(book.size(which)).toBe(sorted.length);
      }
      before.setLevels([1, 77], [1, 77]);
    }
  });

  test('the best bid is the highest price, not the largest size', () => {
    const book = TreeLevelBook.empty(scale);
    book.setLevels([100, 5, 101, 1, 99, 900], [103, 900, 102, 1]);
    expect(book.best('bid')).toEqual([101, 1]);
    expect(book.best('ask')).toEqual([102, 1]);
  });

  test('deleting a missing level changes nothing', () => {
    const book = TreeLevelBook.fromImage({ scale, bids: [100, 5], asks: [] });
    book.setLevels([90, 0], [110, 0]);
    expect(book.levels('bid')).toEqual([100, 5]);
    expect(book.best('ask')).toBeUndefined();
  });

  test('an order event is a bug of the caller', () => {
    const book = TreeLevelBook.empty(scale);
    const times = { exchangeTimeUs: 1, receiveTimeUs: 1 };
    const event = { type: 'open', firstSequence: 1, lastSequence: 1, ...times } as const;
    const order = { orderId: 'a', side: 'buy', price: 1, remainingSize: 1 } as const;
    expect(() => book.apply({ ...event, ...order })).toThrow(InvariantError);
  });

  test('a finer scale preserves every quantity', () => {
    const book = TreeLevelBook.fromImage({ scale, bids: [100, 5], asks: [2 ** 52, 7] });
    const finer = book.rescaled({ priceExponent: 4, sizeExponent: 10 });
    expect(finer.levels('bid')).toEqual([10_000, 500]);
    expect(finer.levels('ask')).toEqual([2n ** 52n * 100n, 700]);
  });
});
