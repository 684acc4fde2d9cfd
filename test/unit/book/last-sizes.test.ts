import { expect, test } from 'vitest';
import { LastSizes } from '../../../logger/book/last-sizes.ts';
import { TwoSidedBook } from '../../../logger/book/two-sided-book.ts';
import type { ScaledInt } from '../../../logger/market/decimal.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';

const SCALE = { priceExponent: 8, sizeExponent: 8 };

test('many diffs at once leave the book that they leave one by one', () => {
  const random = seededRandom();
  const sizes = new LastSizes();
  for (let round = 0; round < 20; round++) {
    const [oneByOne, atOnce] = [new TwoSidedBook(SCALE), new TwoSidedBook(SCALE)];
    // Few prices that come often, then more than the table first has room for.
    const prices = 10 ** (1 + (round % 4));
    for (let diff = 0; diff < 500; diff++) {
      const [bids, asks] = [randomLevels(random, prices), randomLevels(random, prices)];
      oneByOne.setLevels(bids, asks);
      expect(sizes.add(bids, asks)).toBe(true);
      if (random.next() < 0.01) sizes.applyTo(atOnce);
    }
    sizes.applyTo(atOnce);
    expect(atOnce.levels('bid')).toEqual(oneByOne.levels('bid'));
    expect(atOnce.levels('ask')).toEqual(oneByOne.levels('ask'));
  }
});

test('a diff with a number beyond 2^53 is not taken; applied after the others, it ends with the same book', () => {
  const large = 2n ** 53n;
  for (const odd of [
    [300, large],
    [large, 3],
  ] as ScaledInt[][]) {
    const [sizes, book, expected] = [
      new LastSizes(),
      new TwoSidedBook(SCALE),
      new TwoSidedBook(SCALE),
    ];
    const diffs: ScaledInt[][] = [
      [100, 1, 200, 2],
      [100, 0, ...odd, 200, 7],
    ];
    for (const levels of diffs) expected.setLevels(levels, levels);
    expect(sizes.add(diffs[0] ?? [], diffs[0] ?? [])).toBe(true);
    expect(sizes.add(diffs[1] ?? [], diffs[1] ?? [])).toBe(false);
    sizes.applyTo(book);
    book.setLevels(diffs[1] ?? [], diffs[1] ?? []);
    expect(book.levels('bid')).toEqual(expected.levels('bid'));
    expect(book.levels('ask')).toEqual(expected.levels('ask'));
  }
});

function randomLevels(random: SeededRandom, prices: number): ScaledInt[] {
  const levels: ScaledInt[] = [];
  for (let level = 0; level < 20; level++) {
    const price = (1 + Math.floor(random.next() * prices)) * 1_000_000;
    levels.push(price, random.next() < 0.4 ? 0 : 1 + Math.floor(random.next() * 1e9));
  }
  return levels;
}
