import { describe, expect, test } from 'vitest';
import { MatchingEngine } from '../../../sandbox/market/matching-engine.ts';
import type { OrderEvent, OrderSide } from '../../../sandbox/market/order-events.ts';
import { seededRandom } from '../../support/seeded-random.ts';

function engineWith(events: OrderEvent[] = []): MatchingEngine {
  return new MatchingEngine({
    grid: { tickSize: 1, lotSize: 1 },
    firstSequence: 100,
    firstTradeId: 1,
    onEvent: (event) => events.push(event),
  });
}

interface NaiveOrder {
  readonly id: number;
  readonly side: OrderSide;
  readonly price: number;
  remaining: number;
}

/** Keeps orders in one array in order of arrival, and finds everything by scanning it. */
class NaiveEngine {
  orders: NaiveOrder[] = [];
  fills: { maker: number; taker: number; price: number; size: number }[] = [];

  take(id: number, side: OrderSide, size: number, limit: number | null): number {
    let left = size;
    for (;;) {
      const makers = this.orders.filter((o) => o.side !== side);
      const best = makers.reduce<NaiveOrder | undefined>((best, o) => {
        if (!best) return o;
        return (side === 'buy' ? o.price < best.price : o.price > best.price) ? o : best;
      }, undefined);
      if (left === 0 || !best) return left;
      if (limit !== null && (side === 'buy' ? best.price > limit : best.price < limit)) return left;
      const filled = Math.min(left, best.remaining);
      left -= filled;
      best.remaining -= filled;
      this.fills.push({ maker: best.id, taker: id, price: best.price, size: filled });
      this.orders = this.orders.filter((o) => o.remaining > 0);
    }
  }

  levels(side: OrderSide): number[] {
    const totals = new Map<number, number>();
    for (const o of this.orders.filter((o) => o.side === side)) {
      totals.set(o.price, (totals.get(o.price) ?? 0) + o.remaining);
    }
    const prices = [...totals.keys()].sort((a, b) => (side === 'buy' ? b - a : a - b));
    return prices.flatMap((price) => [price, totals.get(price) ?? 0]);
  }

  queue(side: OrderSide): number[] {
    const own = this.orders.filter((o) => o.side === side);
    // The sort is stable: within a price the order of arrival is kept.
    return own
      .sort((a, b) => (side === 'buy' ? b.price - a.price : a.price - b.price))
      .map((o) => o.id);
  }
}

describe('matching engine', () => {
  const random = seededRandom();

  test(`equals a naive model over random operations (SEED=${random.seed})`, () => {
    const events: OrderEvent[] = [];
    const engine = engineWith(events);
    const naive = new NaiveEngine();
    for (let step = 0; step < 6000; step++) {
      const side = random.pick(['buy', 'sell'] as const);
      const size = random.integer(1, 30);
      const what = random.next();
      if (what < 0.6) {
        const price = 100 + random.integer(-12, 12) + (side === 'buy' ? -4 : 4);
        const immediate = random.chance(0.1);
        const id = engine.limit({ side, price, size, immediate });
        const left = naive.take(id, side, size, price);
        if (left > 0 && !immediate) naive.orders.push({ id, side, price, remaining: left });
      } else if (what < 0.7) {
        const id = engine.market({ side, size });
        naive.take(id, side, size, null);
      } else if (naive.orders.length > 0) {
        const order = random.pick(naive.orders);
        if (what < 0.95 || order.remaining === 1) {
          expect(engine.cancel(order.id)).toBe(true);
          naive.orders = naive.orders.filter((o) => o !== order);
        } else {
          const smaller = random.integer(1, order.remaining - 1);
          expect(engine.reduce(order.id, smaller)).toBe(true);
          order.remaining = smaller;
        }
      }
      for (const each of ['buy', 'sell'] as const) {
        expect(engine.levels(each)).toEqual(naive.levels(each));
        if (step % 50 === 0)
          expect([...engine.orders(each)].map((o) => o.id)).toEqual(naive.queue(each));
      }
    }
    const fills = events.flatMap((e) =>
      e.type === 'matched'
        ? [{ maker: e.makerOrderId, taker: e.takerOrderId, price: e.price, size: e.size }]
        : [],
    );
    expect(fills).toEqual(naive.fills);
    expect(fills.length).toBeGreaterThan(500);
  });

  test(`every level change increments the sequence, and nothing else does (SEED=${random.seed})`, () => {
    const events: OrderEvent[] = [];
    const engine = engineWith(events);
    for (let i = 0; i < 500; i++) {
      const side = random.pick(['buy', 'sell'] as const);
      const id = engine.limit({
        side,
        price: 90 + random.integer(0, 20),
        size: random.integer(1, 9),
      });
      if (random.chance(0.3)) engine.cancel(id);
    }
    const sequences = events.flatMap((e) =>
      'sequence' in e && e.sequence !== null ? [e.sequence] : [],
    );
    expect(sequences).toEqual(sequences.map((_, i) => 101 + i));
    expect(engine.sequence).toBe(100 + sequences.length);
  });

  test('levels made from the events alone equal the book', () => {
    const events: OrderEvent[] = [];
    const engine = engineWith(events);
    for (let i = 0; i < 2000; i++) {
      const side = random.pick(['buy', 'sell'] as const);
      const id = engine.limit({
        side,
        price: 90 + random.integer(0, 20),
        size: random.integer(1, 9),
      });
      if (random.chance(0.4)) engine.cancel(random.integer(1, id));
    }
    const totals = { buy: new Map<number, number>(), sell: new Map<number, number>() };
    const add = (side: OrderSide, price: number, size: number): void => {
      const total = (totals[side].get(price) ?? 0) + size;
      if (total === 0) totals[side].delete(price);
      else totals[side].set(price, total);
    };
    for (const e of events) {
      if (e.type === 'opened') add(e.side, e.price, e.remaining);
      if (e.type === 'matched') add(e.takerSide === 'buy' ? 'sell' : 'buy', e.price, -e.size);
      if (e.type === 'done' && e.reason === 'cancelled') add(e.side, e.price ?? 0, -e.remaining);
    }
    for (const side of ['buy', 'sell'] as const) {
      const flat = engine.levels(side);
      expect(flat.length / 2).toBe(totals[side].size);
      for (let i = 0; i < flat.length; i += 2) {
        expect(totals[side].get(flat[i] ?? 0)).toBe(flat[i + 1]);
      }
    }
  });

  test('the older of two orders at a price is filled first', () => {
    const events: OrderEvent[] = [];
    const engine = engineWith(events);
    const older = engine.limit({ side: 'sell', price: 10, size: 5 });
    engine.limit({ side: 'sell', price: 10, size: 5 });
    engine.market({ side: 'buy', size: 5 });
    expect(events.filter((e) => e.type === 'matched').map((e) => e.makerOrderId)).toEqual([older]);
  });

  test('a reduced order keeps its place', () => {
    const engine = engineWith();
    const first = engine.limit({ side: 'buy', price: 10, size: 5 });
    const second = engine.limit({ side: 'buy', price: 10, size: 5 });
    engine.reduce(first, 1);
    expect([...engine.orders('buy')].map((o) => o.id)).toEqual([first, second]);
    expect(engine.levelSize('buy', 10)).toBe(6);
    expect(engine.reduce(first, 1)).toBe(false);
  });

  test('the unfilled rest of an immediate or market order does not enter the book', () => {
    const events: OrderEvent[] = [];
    const engine = engineWith(events);
    engine.limit({ side: 'sell', price: 10, size: 3 });
    engine.limit({ side: 'buy', price: 10, size: 5, immediate: true });
    engine.market({ side: 'buy', size: 4 });
    expect(engine.restingOrders).toBe(0);
    const unfilled = events.filter((e) => e.type === 'done' && e.reason === 'unfilled');
    expect(unfilled).toMatchObject([{ remaining: 2 }, { remaining: 4 }]);
  });

  test('prices and sizes off the grid are rejected, and change nothing', () => {
    const events: OrderEvent[] = [];
    const engine = engineWith(events);
    engine.changeGrid({ tickSize: 10, lotSize: 5 });
    for (const order of [
      { side: 'buy', price: 15, size: 5 },
      { side: 'buy', price: 20, size: 7 },
      { side: 'buy', price: 0, size: 5 },
      { side: 'buy', price: -10, size: 5 },
      { side: 'buy', price: 20, size: Number.NaN },
      { side: 'buy', price: 2 ** 53 + 10, size: 5 },
    ] as const) {
      expect(() => engine.limit(order)).toThrow(/not a positive multiple/);
    }
    expect(events).toEqual([]);
  });

  test('resting orders keep their price when the grid gets coarser, and still match', () => {
    const events: OrderEvent[] = [];
    const engine = engineWith(events);
    engine.limit({ side: 'sell', price: 13, size: 2 });
    engine.changeGrid({ tickSize: 10, lotSize: 1 });
    expect(engine.levels('sell')).toEqual([13, 2]);
    engine.limit({ side: 'buy', price: 20, size: 2 });
    expect(events.find((e) => e.type === 'matched')).toMatchObject({ price: 13, size: 2 });
  });

  test('cancelling an unknown order returns false', () => {
    const engine = engineWith();
    const id = engine.limit({ side: 'buy', price: 10, size: 1 });
    expect(engine.cancel(id)).toBe(true);
    expect(engine.cancel(id)).toBe(false);
    expect(engine.cancel(999)).toBe(false);
  });
});
