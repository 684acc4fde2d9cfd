import { describe, expect, test } from 'vitest';
import type { ContradictionKind } from '../../../logger/book/order-book.ts';
import { PoolOrderBook } from '../../../logger/book/pool-order-book.ts';
import { InvariantError } from '../../../logger/errors.ts';
import type { OrderEvent, RestingOrder } from '../../../logger/market/events.ts';
import { NaiveOrderBook } from '../../support/naive-order-book.ts';
import { scaled } from '../../support/scaled.ts';
import { seededRandom, testSeed } from '../../support/seeded-random.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';

const SCALE = { priceExponent: 2, sizeExponent: 8 };
const HEAD = { firstSequence: 1, lastSequence: 1, exchangeTimeUs: 1, receiveTimeUs: 1 };
const A = 'aaaaaaaa-0000-4000-8000-00000000000a';
const B = 'bbbbbbbb-0000-4000-8000-00000000000b';
const C = 'cccccccc-0000-4000-8000-00000000000c';
const X = 'eeeeeeee-0000-4000-8000-00000000000e';

function open(orderId: string, price: number | bigint, remainingSize: number | bigint): OrderEvent {
  return { ...HEAD, type: 'open', orderId, side: 'buy', price, remainingSize };
}
function match(makerOrderId: string, size: number | bigint, side: 'buy' | 'sell' = 'buy') {
  const rest = { tradeId: 1, takerOrderId: X, price: 1 };
  return { ...HEAD, type: 'match', makerOrderId, side, size, ...rest } as const;
}
function change(orderId: string, newSize: number | null, newPrice: number | null = null) {
  const none = { reason: null, price: null, oldPrice: null, oldSize: null };
  const funds = { oldFunds: null, newFunds: null };
  return { ...HEAD, ...none, ...funds, type: 'change', orderId, side: 'buy', newSize, newPrice };
}
function done(orderId: string): OrderEvent {
  const rest = { orderType: null, price: null, remainingSize: null };
  return { ...HEAD, ...rest, type: 'done', orderId, side: 'buy', reason: 'canceled' };
}
function received(orderId: string): OrderEvent {
  const rest = { price: 5, size: 5, funds: null, clientOrderId: null };
  return { ...HEAD, ...rest, type: 'received', orderId, side: 'buy', orderType: 'limit' };
}

function row(orderId: string, price: number, size: number): RestingOrder {
  return { orderId, price, size };
}

describe('the effect of events on an L3 book of A and B at 100 and C at 99', () => {
  const START = [row(A, 100, 5), row(B, 100, 7), row(C, 99, 1)];
  const ROWS: readonly [string, OrderEvent, readonly RestingOrder[] | ContradictionKind][] = [
    ['received, of a new order', received(X), START],
    ['received, of a resting order', received(A), 'duplicate'],
    ['open, at a price', open(X, 100, 2), [START[0]!, START[1]!, row(X, 100, 2), START[2]!]],
    ['open, at a new price', open(X, 101, 2), [row(X, 101, 2), ...START]],
    ['open, of a resting order', open(A, 101, 2), 'duplicate'],
    ['match, in part', match(A, 2), [row(A, 100, 3), START[1]!, START[2]!]],
    ['match, of all', match(A, 5), [START[1]!, START[2]!]],
    ['match, behind the head', match(B, 1), [START[0]!, row(B, 100, 6), START[2]!]],
    ['match, of more than remains', match(A, 6), 'overfilled'],
    ['match, of an unknown order', match(X, 1), 'missing'],
    ['match, on the other side', match(A, 1, 'sell'), 'wrong-side'],
    ['change, to less', change(A, 4) as OrderEvent, [row(A, 100, 4), START[1]!, START[2]!]],
    ['change, to more', change(A, 6) as OrderEvent, [START[1]!, row(A, 100, 6), START[2]!]],
    ['change, to nothing', change(A, 0) as OrderEvent, [START[1]!, START[2]!]],
    [
      'change, to another price',
      change(A, 5, 99) as OrderEvent,
      [START[1]!, START[2]!, row(A, 99, 5)],
    ],
    ['change, to the same price', change(A, 5, 100) as OrderEvent, START],
    [
      'change, of price alone',
      change(A, null, 98) as OrderEvent,
      [START[1]!, START[2]!, row(A, 98, 5)],
    ],
    ['change, without either', change(A, null) as OrderEvent, START],
    ['change, of an unknown order', change(X, 5) as OrderEvent, START],
    ['done', done(A), [START[1]!, START[2]!]],
    ['done, of an unknown order', done(X), START],
  ];
  test.each(ROWS)('%s', (_name, event, expected) => {
    const book = PoolOrderBook.fromImage({ scale: SCALE, bids: START, asks: [] });
    const contradiction = book.apply(event);
    if (typeof expected === 'string') {
      expect(contradiction?.kind).toBe(expected);
      expect(contradiction?.text).toMatch(/^order [a-z0-9-]{36} /);
      expect(book.orders('bid')).toEqual(START);
    } else {
      expect(contradiction).toBeNull();
      expect(book.orders('bid')).toEqual(expected);
    }
  });
});

test('an image with a repeated order, or one without a size, is rejected', () => {
  for (const bids of [[row(A, 100, 1), row(A, 99, 1)], [row(A, 100, 0)]]) {
    expect(() => PoolOrderBook.fromImage({ scale: SCALE, bids, asks: [] })).toThrow(InvariantError);
  }
});

test('depth counts prices, and totals are exact beyond 2^53', () => {
  const large = 2n ** 53n;
  const book = PoolOrderBook.empty(SCALE);
  for (const [id, price, size] of [
    [A, 100, large],
    [B, 100, large],
    [C, 99, 1],
  ] as const) {
    expect(book.apply(open(id, price, size))).toBeNull();
  }
  expect(book.orders('bid', 1).map(({ orderId }) => orderId)).toEqual([A, B]);
  expect(book.totals('bid', 1)).toEqual([{ price: 100, size: 2n * large, count: 2 }]);
  expect(book.best('bid')).toEqual([100, 2n * large]);
  expect(book.apply(match(A, large - 1n))).toBeNull();
  expect(book.totals('bid')[0]).toEqual({ price: 100, size: large + 1n, count: 2 });
  const finer = book.rescaled({ priceExponent: 3, sizeExponent: 9 });
  expect(finer.orders('bid')).toEqual([
    { orderId: A, price: 1000, size: 10 },
    { orderId: B, price: 1000, size: large * 10n },
    { orderId: C, price: 990, size: 10 },
  ]);
});

/** Orders come and go as they do on an exchange; now and then something that does not fit. */
class Events {
  readonly #random: SeededRandom;
  readonly #live: string[] = [];
  #made = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  next(): OrderEvent {
    const random = this.#random;
    const kind = random.integer(0, 99);
    const side = random.chance(0.5) ? 'buy' : 'sell';
    if (kind < 45 || this.#live.length === 0) {
      const orderId = this.#newId();
      this.#live.push(orderId);
      const remainingSize = random.chance(0.001) ? 2n ** 60n : random.integer(1, 1000);
      return { ...HEAD, type: 'open', orderId, side, price: this.#price(side), remainingSize };
    }
    const at = random.integer(0, this.#live.length - 1);
    const orderId = this.#live[at] as string;
    if (kind < 80) {
      this.#live[at] = this.#live.at(-1) as string;
      this.#live.pop();
      return done(orderId);
    }
    if (kind < 90) return match(orderId, random.integer(1, 300), side);
    if (kind < 95) {
      const newPrice = random.chance(0.5) ? this.#price(side) : null;
      const newSize = random.chance(0.8) ? random.integer(0, 1500) : null;
      return change(orderId, newSize, newPrice) as OrderEvent;
    }
    if (kind < 97) return open(orderId, 50, 5);
    return kind < 98 ? done(this.#newId()) : received(kind < 99 ? orderId : this.#newId());
  }

  #price(side: 'buy' | 'sell'): number {
    const away = Math.floor(400 * this.#random.next() ** 3);
    return side === 'buy' ? 1000 - away : 1001 + away;
  }

  #newId(): string {
    const n = this.#made++;
    if (this.#random.chance(0.002)) return `Odd id ${n}`;
    // Some differ in one digit alone, as ids that count upwards do.
    const random = this.#random.chance(0.3) ? 0 : this.#random.integer(0, 0xffff_ffff);
    const tail = n.toString(16).padStart(12, '0');
    return `${random.toString(16).padStart(8, '0')}-1234-4abc-9def-${tail}`;
  }
}

function expectSame(book: PoolOrderBook, naive: NaiveOrderBook): void {
  expect(book.orderCount).toBe(naive.orderCount);
  for (const side of ['bid', 'ask'] as const) {
    expect(book.orders(side)).toEqual(naive.orders(side));
    const totals = naive.totals(side);
    expect(book.totals(side)).toEqual(totals);
    expect(book.size(side)).toBe(totals.length);
    const best = totals[0];
    expect(book.best(side)).toEqual(best && [best.price, best.size]);
  }
}

const seed = testSeed();

test(`level totals equal the sums of their orders after every event (seed ${seed})`, () => {
  const events = new Events(seededRandom(seed));
  const book = PoolOrderBook.empty(SCALE);
  const naive = new NaiveOrderBook();
  for (let i = 0; i < 1500; i++) {
    const event = events.next();
    expect(book.apply(event) === null).toBe(naive.apply(event));
    expectSame(book, naive);
  }
});

const OPERATIONS = scaled({ fast: 100_000, full: 1_000_000 });

test(`${OPERATIONS} operations leave the same queues as a naive book (seed ${seed})`, () => {
  const events = new Events(seededRandom(seed));
  let book = PoolOrderBook.empty(SCALE);
  const naive = new NaiveOrderBook();
  let kept: { readonly copy: PoolOrderBook; readonly bids: RestingOrder[] } | undefined;
  let misfits = 0;
  for (let i = 1; i <= OPERATIONS; i++) {
    const event = events.next();
    const fits = naive.apply(event);
    if (!fits) misfits++;
    if ((book.apply(event) === null) !== fits) throw new Error(`They differ about event ${i}`);
    if (i % (OPERATIONS / 20) !== 0) continue;
    expectSame(book, naive);
    // A copy is not touched by what came after it; and it is as good as the original.
    if (kept) expect(kept.copy.orders('bid')).toEqual(kept.bids);
    kept = { copy: book, bids: book.orders('bid') };
    book = book.clone();
  }
  expect(misfits).toBeGreaterThan(OPERATIONS / 100);
  expect(naive.orderCount).toBeGreaterThan(scaled({ fast: 5_000, full: 10_000 }));
}, 120_000);
