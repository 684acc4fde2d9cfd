import { describe, expect, test } from 'vitest';
import { differenceBetween, differenceInside } from '../../../logger/book/difference.ts';
import type { BookContent } from '../../../logger/book/difference.ts';
import { NO_HORIZON } from '../../../logger/market/events.ts';
import type { Horizon, Levels, RestingOrder } from '../../../logger/market/events.ts';

const SCALE = { priceExponent: 2, sizeExponent: 3 };

function levels(bids: Levels, asks: Levels, horizon: Horizon = NO_HORIZON): BookContent {
  return { level: 'L2', scale: SCALE, horizon, bids, asks };
}

function orders(
  bids: readonly (readonly [string, number, number])[],
  asks: readonly (readonly [string, number, number])[] = [],
): BookContent {
  const rows = (side: typeof bids): RestingOrder[] =>
    side.map(([orderId, price, size]) => ({ orderId, price, size }));
  return { level: 'L3', scale: SCALE, horizon: NO_HORIZON, bids: rows(bids), asks: rows(asks) };
}

describe('books of levels', () => {
  const book = levels([1000, 5, 990, 7], [1010, 2, 1020, 3]);

  test('equal, at different scales', () => {
    expect(differenceBetween(book, book)).toBeNull();
    const finer: BookContent = {
      ...levels([10_000, 50, 9900, 70], [10_100, 20, 10_200, 30]),
      scale: { priceExponent: 3, sizeExponent: 4 },
    };
    expect(differenceBetween(book, finer)).toBeNull();
    expect(differenceInside(finer, book)).toBeNull();
  });

  test.each<[string, BookContent, string, string]>([
    [
      'another size',
      levels([1000, 5, 990, 8], book.asks as Levels),
      'bid 990',
      'bid 9.9: 0.007, not 0.008',
    ],
    ['one less', levels([1000, 5], book.asks as Levels), 'bid 990', 'bid 9.9: 0.007, not nothing'],
    [
      'one more',
      levels(book.bids as Levels, [1010, 2, 1015, 1, 1020, 3]),
      'ask 1015',
      'ask 10.15: nothing, not 0.001',
    ],
  ])('%s', (_name, other, place, example) => {
    for (const difference of [differenceBetween(book, other), differenceInside(book, other)]) {
      expect(difference).toEqual({ places: new Set([place]), example, isQueueOrderOnly: false });
    }
  });

  test('every difference counts, the first one is described', () => {
    const difference = differenceBetween(book, levels([], []));
    expect([...(difference?.places ?? [])]).toEqual([
      'bid 1000',
      'bid 990',
      'ask 1010',
      'ask 1020',
    ]);
    expect(difference?.example).toBe('bid 10: 0.005, not nothing');
  });

  test('levels beyond either horizon are not compared, the edge itself is', () => {
    const far = levels([1000, 5, 990, 7, 980, 1], [1010, 2, 1020, 3, 1030, 1]);
    const near = levels([1000, 5, 990, 7], [1010, 2, 1020, 3], { bid: 990, ask: 1020 });
    expect(differenceInside(far, near)).toBeNull();
    expect(differenceInside(near, far)).toBeNull();
    const atEdge = levels([1000, 5, 990, 8], [1010, 2, 1020, 3], { bid: 990, ask: 1020 });
    expect(differenceInside(far, atEdge)?.places).toEqual(new Set(['bid 990']));
    const narrower = levels([1000, 5], [1010, 2], { bid: 995, ask: 1015 });
    expect(differenceInside(near, narrower)).toBeNull();
  });

  test('exact equality includes the horizon', () => {
    const other = { ...book, horizon: { bid: 990, ask: null } };
    expect(differenceBetween(book, other)?.places).toEqual(new Set(['horizon']));
    expect(differenceInside(book, other)).toBeNull();
  });

  test('beyond 2^53', () => {
    const great = levels([2n ** 60n, 5], []);
    expect(differenceBetween(great, levels([2n ** 60n, 5], []))).toBeNull();
    expect(differenceBetween(great, levels([2n ** 60n + 1n, 5], []))?.places.size).toBe(2);
  });
});

describe('books of orders', () => {
  const book = orders(
    [
      ['a', 1000, 5],
      ['b', 1000, 6],
      ['c', 990, 7],
    ],
    [['d', 1010, 1]],
  );

  test('equal', () => {
    expect(differenceBetween(book, structuredClone(book))).toBeNull();
  });

  test.each<[string, BookContent, string, string]>([
    [
      'another size',
      orders(
        [
          ['a', 1000, 5],
          ['b', 1000, 9],
          ['c', 990, 7],
        ],
        [['d', 1010, 1]],
      ),
      'bid b',
      'order b (bid): 0.006 at 10, not 0.009 at 10',
    ],
    [
      'another price',
      orders(
        [
          ['a', 1000, 5],
          ['b', 1000, 6],
          ['c', 991, 7],
        ],
        [['d', 1010, 1]],
      ),
      'bid c',
      'order c (bid): 0.007 at 9.9, not 0.007 at 9.91',
    ],
    [
      'one less',
      orders([
        ['a', 1000, 5],
        ['b', 1000, 6],
        ['c', 990, 7],
      ]),
      'ask d',
      'order d (ask): 0.001 at 10.1, not nothing',
    ],
  ])('%s', (_name, other, place, example) => {
    expect(differenceInside(book, other)).toEqual({
      places: new Set([place]),
      example,
      isQueueOrderOnly: false,
    });
  });

  test('another order in a queue', () => {
    const other = orders(
      [
        ['b', 1000, 6],
        ['a', 1000, 5],
        ['c', 990, 7],
      ],
      [['d', 1010, 1]],
    );
    expect(differenceInside(book, other)).toEqual({
      places: new Set(['bid a', 'bid b']),
      example: 'order a (bid) has another place in the queue at 10',
      isQueueOrderOnly: true,
    });
  });

  test('against an L2 book', () => {
    expect(differenceInside(book, levels([], []))?.places).toEqual(new Set(['kind']));
  });
});
