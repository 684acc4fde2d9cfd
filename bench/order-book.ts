/**
 * The L3 book by itself, on ready events, against a `Map` of ids and a `sorted-btree` that do the
 * same work on plain numbers. Best bid and ask are read after every event.
 */

import SortedBTree from 'sorted-btree';
import { isDeepStrictEqual } from 'node:util';

import { PoolOrderBook } from '../logger/book/pool-order-book.ts';
import type { Scale } from '../logger/market/decimal.ts';
import type { OrderEvent, RestingOrder } from '../logger/market/events.ts';
import { seededRandom } from '../sandbox/prng.ts';
import type { BenchData } from './data.ts';
import type { Figure, Section } from './figures.ts';
import { deepStream } from './order-stream.ts';
import type { DeepStream } from './order-stream.ts';
import { ratioOf, timeRounds } from './timing.ts';

// The package is CommonJS with a `default` export, so Node's import yields its exports object.
const BTree = SortedBTree.default;

interface Given {
  readonly data: BenchData;
}

const SCALE: Scale = { priceExponent: 2, sizeExponent: 8 };
const EVENTS = 400_000;

export async function* orderBookSections({ data }: Given): AsyncGenerator<Section> {
  // Its events are made from a seed.
  if (!data.isDefault) return;
  const stream = deepStream(seededRandom('bench'), EVENTS);
  yield {
    title: `The book of orders alone: ${EVENTS} events on 80,000 orders`,
    note: 'Ready events, whose ids are strings as they come from JSON.parse; then price and size of best bid and ask. Time, less is better. Checked: the same best levels after every event, the same orders in the same queues at the end.',
    better: 'lower',
    figures: await bookFigures(stream),
  };
}

export const MAP_BOOK = 'Map of ids + sorted-btree of linked queues';

async function bookFigures(stream: DeepStream): Promise<Figure[]> {
  const { bids, asks } = stream;
  const text = JSON.stringify(stream.events);
  // Ids as they arrive from the wire: strings whose hash has not been computed yet.
  const fresh = (): { events: readonly OrderEvent[]; pool: PoolOrderBook; map: MapBook } => ({
    events: JSON.parse(text) as readonly OrderEvent[],
    pool: PoolOrderBook.fromImage({ scale: SCALE, bids, asks }),
    map: new MapBook(bids, asks),
  });
  const wrong = difference(fresh());
  let at = fresh();
  const tasks = {
    pool: () => {
      for (const event of at.events) {
        at.pool.apply(event);
        at.pool.best('bid');
        at.pool.best('ask');
      }
    },
    map: () => {
      for (const event of at.events) {
        at.map.apply(event);
        at.map.best('buy');
        at.map.best('sell');
      }
    },
  };
  const before = (): void => {
    at = fresh();
  };
  const rounds = await timeRounds(tasks, { before });
  const unit = '× our time';
  const remarks = wrong === undefined ? {} : { remark: wrong, isWrong: true };
  return [
    { name: 'ours: pool of orders', role: 'ours', ...ratioOf(rounds, 'pool', 'pool'), unit },
    {
      name: MAP_BOOK,
      role: 'peer',
      ...ratioOf(rounds, 'map', 'pool'),
      unit,
      goal: '≥ 2, aim 8',
      ...remarks,
    },
  ];
}

/** How the two books differ. */
function difference(both: {
  readonly events: readonly OrderEvent[];
  readonly pool: PoolOrderBook;
  readonly map: MapBook;
}): string | undefined {
  const { pool, map } = both;
  for (const [i, event] of both.events.entries()) {
    pool.apply(event);
    map.apply(event);
    for (const [side, name] of [
      ['bid', 'buy'],
      ['ask', 'sell'],
    ] as const) {
      if (!isDeepStrictEqual(pool.best(side)?.map(Number), map.best(name)?.map(Number))) {
        return `another best ${side} than ours after event ${i + 1}`;
      }
    }
  }
  const isSame =
    isDeepStrictEqual(plain(pool.orders('bid')), map.orders('buy')) &&
    isDeepStrictEqual(plain(pool.orders('ask')), map.orders('sell'));
  return isSame ? undefined : 'ends with other orders than ours';
}

/** Id, price and size of each order, best first and in queue order. */
type PlainOrder = readonly [id: string, price: number, size: number];

function plain(orders: readonly RestingOrder[]): PlainOrder[] {
  return orders.map(({ orderId, price, size }) => [orderId, Number(price), Number(size)]);
}

interface MapOrder {
  readonly id: string;
  readonly level: MapLevel;
  size: number;
  prev: MapOrder | null;
  next: MapOrder | null;
}

interface MapLevel {
  readonly side: 'buy' | 'sell';
  readonly price: number;
  total: number;
  head: MapOrder | null;
  tail: MapOrder | null;
}

/** The peer: a `Map` by id, a tree by price, linked queues; sizes and prices as plain numbers. */
export class MapBook {
  readonly #orders = new Map<string, MapOrder>();
  readonly #levels = { buy: new BTree<number, MapLevel>(), sell: new BTree<number, MapLevel>() };

  constructor(bids: readonly RestingOrder[], asks: readonly RestingOrder[]) {
    for (const { orderId, price, size } of bids)
      this.#add(orderId, 'buy', +String(price), +String(size));
    for (const { orderId, price, size } of asks)
      this.#add(orderId, 'sell', +String(price), +String(size));
  }

  apply(event: OrderEvent): void {
    switch (event.type) {
      case 'received':
        return;
      case 'open':
        this.#add(event.orderId, event.side, Number(event.price), Number(event.remainingSize));
        return;
      case 'match': {
        const order = this.#orders.get(event.makerOrderId);
        if (order) this.#shrink(order, order.size - Number(event.size));
        return;
      }
      case 'change': {
        const order = this.#orders.get(event.orderId);
        if (!order) return;
        const size = event.newSize === null ? order.size : Number(event.newSize);
        const price = event.newPrice === null ? order.level.price : Number(event.newPrice);
        if (price === order.level.price && size <= order.size) {
          this.#shrink(order, size);
        } else {
          this.#remove(order);
          this.#add(event.orderId, order.level.side, price, size);
        }
        return;
      }
      case 'done': {
        const order = this.#orders.get(event.orderId);
        if (order) this.#remove(order);
      }
    }
  }

  best(side: 'buy' | 'sell'): readonly [number, number] | undefined {
    const tree = this.#levels[side];
    const price = side === 'buy' ? tree.maxKey() : tree.minKey();
    return price === undefined ? undefined : [price, tree.get(price)?.total ?? 0];
  }

  orders(side: 'buy' | 'sell'): PlainOrder[] {
    const levels = [...this.#levels[side].values()];
    const list: PlainOrder[] = [];
    for (const level of side === 'buy' ? levels.reverse() : levels) {
      for (let order = level.head; order; order = order.next) {
        list.push([order.id, level.price, order.size]);
      }
    }
    return list;
  }

  #add(id: string, side: 'buy' | 'sell', price: number, size: number): void {
    let level = this.#levels[side].get(price);
    if (!level) {
      level = { side, price, total: 0, head: null, tail: null };
      this.#levels[side].set(price, level);
    }
    const order: MapOrder = { id, level, size, prev: level.tail, next: null };
    if (level.tail) level.tail.next = order;
    else level.head = order;
    level.tail = order;
    level.total += size;
    this.#orders.set(id, order);
  }

  #shrink(order: MapOrder, size: number): void {
    if (size <= 0) {
      this.#remove(order);
      return;
    }
    order.level.total += size - order.size;
    order.size = size;
  }

  #remove(order: MapOrder): void {
    const { level } = order;
    if (order.prev) order.prev.next = order.next;
    else level.head = order.next;
    if (order.next) order.next.prev = order.prev;
    else level.tail = order.prev;
    level.total -= order.size;
    this.#orders.delete(order.id);
    if (!level.head) this.#levels[level.side].delete(level.price);
  }
}
