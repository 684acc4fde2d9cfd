/** A book known further out, from two that are known up to different prices. A failure names its seed. */

import { expect, test } from 'vitest';
import { deeperBook } from '../../../logger/book/deeper-book.ts';
import type { LevelContent } from '../../../logger/book/deeper-book.ts';
import { differenceInside } from '../../../logger/book/difference.ts';
import type { Random } from '../../../logger/runtime/random.ts';
import { seededRandom, testSeeds } from '../../support/seeded-random.ts';

const SCALE = { priceExponent: 2, sizeExponent: 3 };

/** Best first, prices away from 1000. */
function side(random: Random, sign: 1 | -1): [price: number, size: number][] {
  const levels: [number, number][] = [];
  let price = 1000;
  for (let i = 0; i < 40; i++) {
    price += sign * (1 + Math.floor(random.next() * 5));
    levels.push([price, 1 + Math.floor(random.next() * 9)]);
  }
  return levels;
}

/** The first `depth` levels, and some that were named behind them. */
function known(truth: Truth, depth: number, isNamed: (price: number) => boolean): LevelContent {
  const part = (levels: Truth['bids']): Truth['bids'] =>
    levels.filter(([price], i) => i < depth || isNamed(price));
  const edge = (levels: Truth['bids']): number | null => levels[depth - 1]?.[0] ?? null;
  return {
    level: 'L2',
    scale: SCALE,
    bids: part(truth.bids).flat(),
    asks: part(truth.asks).flat(),
    horizon: { bid: edge(truth.bids), ask: edge(truth.asks) },
  };
}

interface Truth {
  readonly bids: [number, number][];
  readonly asks: [number, number][];
}

const SEEDS = testSeeds(50);

test.each(SEEDS)(
  'inside its horizon it is the whole truth, behind it what was named: seed %i',
  (seed) => {
    const random = seededRandom(seed);
    const truth: Truth = { bids: side(random, -1), asks: side(random, 1) };
    const named = new Set(
      [...truth.bids, ...truth.asks].flatMap(([p]) => (random.next() < 0.2 ? [p] : [])),
    );
    const ours = known(truth, 5 + Math.floor(random.next() * 5), (price) => named.has(price));
    const depth = 20 + Math.floor(random.next() * 30);
    // What their updates named since is part of what ours did.
    const theirs = known(truth, depth, (price) => named.has(price) && price % 2 === 0);
    const deeper = deeperBook(ours, theirs);
    const whole: LevelContent = {
      ...known(truth, 40, () => true),
      horizon: { bid: null, ask: null },
    };
    if (deeper === null) throw new Error('Not deeper');
    expect(deeper.horizon).toEqual(theirs.horizon);
    expect(differenceInside(deeper, whole)).toBeNull();
    const expected = known(truth, depth, (price) => named.has(price));
    expect([deeper.bids, deeper.asks]).toEqual([expected.bids, expected.asks]);
  },
);

const BOOK: LevelContent = {
  level: 'L2',
  scale: SCALE,
  bids: [1000, 1, 990, 1, 980, 1],
  asks: [1010, 1, 1020, 1, 1030, 1],
  horizon: { bid: 980, ask: 1030 },
};

test('hardly more is not worth an image', () => {
  expect(deeperBook(BOOK, { ...BOOK, horizon: { bid: 979, ask: 1031 } })).toBeNull();
  expect(deeperBook(BOOK, BOOK)).toBeNull();
  expect(deeperBook({ ...BOOK, horizon: { bid: null, ask: null } }, BOOK)).toBeNull();
});

test('each side keeps the further horizon', () => {
  const theirs = {
    ...BOOK,
    bids: [1000, 1, 990, 1, 980, 1, 900, 4],
    horizon: { bid: 900, ask: 1010 },
  };
  expect(deeperBook(BOOK, theirs)).toEqual({ ...theirs, horizon: { bid: 900, ask: 1030 } });
});

test('a whole side has no horizon', () => {
  const theirs = { ...BOOK, horizon: { bid: null, ask: 1030 } };
  expect(deeperBook(BOOK, theirs)?.horizon).toEqual({ bid: null, ask: 1030 });
});

test('a top behind the old horizon', () => {
  const moved = { ...BOOK, bids: [960, 1], asks: [970, 2, ...BOOK.asks] };
  const theirs = { ...moved, bids: [965, 2, 960, 1, 950, 3], horizon: { bid: 950, ask: 1030 } };
  expect(deeperBook(moved, theirs)).toMatchObject({
    bids: [965, 2, 960, 1, 950, 3],
    horizon: { bid: 950, ask: 1030 },
  });
});
