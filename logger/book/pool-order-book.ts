/**
 * An `OrderBook` on flat arrays: orders in a pool, a linked queue per price, an index by binary id,
 * and a price ladder per side from price to queue. Cloning copies arrays, not objects.
 */

import { InvariantError } from '../errors.ts';
import { subtractScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type {
  BookUpdate,
  OrderChanged,
  OrderMatched,
  OrderSide,
  RestingOrder,
} from '../market/events.ts';
import { rescaleOrders } from '../market/scale.ts';
import type { Side } from './level-book.ts';
import { LevelPool } from './level-pool.ts';
import type {
  Contradiction,
  ContradictionKind,
  LevelTotal,
  OrderBook,
  TouchedPrice,
} from './order-book.ts';
import { NONE, OrderPool } from './order-pool.ts';
import { PriceSide } from './price-side.ts';

export class PoolOrderBook implements OrderBook {
  readonly level = 'L3';
  readonly scale: Scale;
  readonly #bids: PriceSide;
  readonly #asks: PriceSide;
  readonly #levels: LevelPool;
  readonly #orders: OrderPool;
  /** See `touched`. */
  #touchedSide: OrderSide | undefined;
  #touchedPrice: ScaledInt = 0;
  #touchedNext: ScaledInt | null = null;

  private constructor(scale: Scale, from?: PoolOrderBook) {
    this.scale = scale;
    this.#bids = new PriceSide('bid', from ? from.#bids : undefined);
    this.#asks = new PriceSide('ask', from ? from.#asks : undefined);
    this.#levels = from ? from.#levels.clone() : new LevelPool();
    this.#orders = from ? from.#orders.clone() : new OrderPool();
  }

  static empty(scale: Scale): PoolOrderBook {
    return new PoolOrderBook(scale);
  }

  /**
   * The book of an image or a snapshot.
   * @throws InvariantError for an order that is listed twice or has no size; whoever made the image must
   *   have rejected it.
   */
  static fromImage(image: {
    readonly scale: Scale;
    readonly bids: readonly RestingOrder[];
    readonly asks: readonly RestingOrder[];
  }): PoolOrderBook {
    const book = PoolOrderBook.empty(image.scale);
    for (const [side, orders] of [
      ['buy', image.bids],
      ['sell', image.asks],
    ] as const) {
      for (const { orderId, price, size } of orders) {
        const isNew = size > 0 && book.#open(orderId, side, price, size);
        if (!isNew) {
          throw new InvariantError(`An image lists the order ${orderId} twice or without a size`);
        }
      }
    }
    return book;
  }

  get orderCount(): number {
    return this.#orders.count;
  }

  apply(event: BookUpdate): Contradiction | null {
    this.#touchedSide = undefined;
    switch (event.type) {
      case 'received':
        return this.#find(event.orderId) === NONE
          ? null
          : contradiction(
              'duplicate',
              event.orderId,
              'was received, but rests in the book already',
            );
      case 'open':
        this.#touch(event.side, event.price);
        return this.#open(event.orderId, event.side, event.price, event.remainingSize)
          ? null
          : contradiction('duplicate', event.orderId, 'was opened, but rests in the book already');
      case 'match':
        return this.#match(event);
      case 'change':
        this.#change(event);
        return null;
      case 'done': {
        const slot = this.#find(event.orderId);
        if (slot === NONE) return null;
        this.#touchOrder(slot);
        this.#remove(slot);
        return null;
      }
      case 'diff':
        throw new InvariantError("An L3 book can't take a diff");
    }
  }

  get touched(): readonly TouchedPrice[] {
    if (this.#touchedSide === undefined) return [];
    const side = this.#touchedSide === 'buy' ? 'bid' : 'ask';
    const from = { side, price: this.#touchedPrice } as const;
    const to = this.#touchedNext;
    return to === null || to === from.price ? [from] : [from, { side, price: to }];
  }

  best(side: Side): readonly [ScaledInt, ScaledInt] | undefined {
    const level = this.#side(side).best;
    return level === NONE ? undefined : [this.#levels.price(level), this.#levels.total(level)];
  }

  orders(side: Side, depth = Number.POSITIVE_INFINITY): RestingOrder[] {
    const found: RestingOrder[] = [];
    const orders = this.#orders;
    for (const level of this.#side(side).levels(depth)) {
      const price = this.#levels.price(level);
      for (let slot = this.#levels.head(level); slot !== NONE; slot = orders.next(slot)) {
        found.push({ orderId: orders.id(slot), price, size: orders.size(slot) });
      }
    }
    return found;
  }

  totals(side: Side, depth = Number.POSITIVE_INFINITY): LevelTotal[] {
    return this.#side(side)
      .levels(depth)
      .map((level) => this.#total(level));
  }

  total(side: Side, price: ScaledInt): LevelTotal | undefined {
    const level = this.#side(side).level(price);
    return level === NONE ? undefined : this.#total(level);
  }

  find(orderId: string): (RestingOrder & { readonly side: OrderSide }) | undefined {
    const slot = this.#find(orderId);
    if (slot === NONE) return undefined;
    const level = this.#orders.level(slot);
    return {
      orderId,
      price: this.#levels.price(level),
      side: this.#levels.side(level),
      size: this.#orders.size(slot),
    };
  }

  size(side: Side): number {
    return this.#side(side).size;
  }

  clone(): PoolOrderBook {
    return new PoolOrderBook(this.scale, this);
  }

  rescaled(scale: Scale): PoolOrderBook {
    const finer = (side: Side): readonly RestingOrder[] =>
      rescaleOrders(this.orders(side), this.scale, scale);
    return PoolOrderBook.fromImage({ scale, bids: finer('bid'), asks: finer('ask') });
  }

  #touchOrder(slot: number): void {
    const level = this.#orders.level(slot);
    this.#touch(this.#levels.side(level), this.#levels.price(level));
  }

  #touch(side: OrderSide, price: ScaledInt, next: ScaledInt | null = null): void {
    this.#touchedSide = side;
    this.#touchedPrice = price;
    this.#touchedNext = next;
  }

  #find(orderId: string): number {
    return this.#orders.find(orderId);
  }

  #total(level: number): LevelTotal {
    const levels = this.#levels;
    return { price: levels.price(level), size: levels.total(level), count: levels.count(level) };
  }

  #side(side: Side | OrderSide): PriceSide {
    return side === 'bid' || side === 'buy' ? this.#bids : this.#asks;
  }

  /** @returns false if the order rests already. */
  #open(orderId: string, side: OrderSide, price: ScaledInt, size: ScaledInt): boolean {
    // Without a size nothing rests.
    if (!(size > 0)) return this.#find(orderId) === NONE;
    const slot = this.#orders.add(orderId, size);
    if (slot === NONE) return false;
    this.#enqueue(slot, side, price);
    return true;
  }

  #match({ makerOrderId, side, size }: OrderMatched): Contradiction | null {
    const slot = this.#find(makerOrderId);
    if (slot === NONE) {
      return contradiction('missing', makerOrderId, 'was filled, but is not in the book');
    }
    const level = this.#orders.level(slot);
    if (this.#levels.side(level) !== side) {
      return contradiction(
        'wrong-side',
        makerOrderId,
        `was filled as a ${side} order, but is none`,
      );
    }
    const left = subtractScaled(this.#orders.size(slot), size);
    if (left < 0) {
      return contradiction(
        'overfilled',
        makerOrderId,
        'was filled by more than its remaining size',
      );
    }
    this.#touchOrder(slot);
    if (left > 0) this.#resize(slot, level, left);
    else this.#remove(slot);
    return null;
  }

  #change({ orderId, newPrice, newSize }: OrderChanged): void {
    const slot = this.#find(orderId);
    if (slot === NONE) return;
    const level = this.#orders.level(slot);
    const price = this.#levels.price(level);
    this.#touch(this.#levels.side(level), price, newPrice);
    const size = newSize ?? this.#orders.size(slot);
    if (!(size > 0)) {
      this.#remove(slot);
      return;
    }
    const isMoved = newPrice !== null && newPrice !== price;
    if (!isMoved && size <= this.#orders.size(slot)) {
      this.#resize(slot, level, size);
      return;
    }
    // It loses its place in the queue.
    const side = this.#levels.side(level);
    this.#dequeue(slot);
    this.#orders.setSize(slot, size);
    this.#enqueue(slot, side, newPrice ?? price);
  }

  #resize(slot: number, level: number, size: ScaledInt): void {
    this.#levels.resize(level, this.#orders.size(slot), size);
    this.#orders.setSize(slot, size);
  }

  #remove(slot: number): void {
    this.#dequeue(slot);
    this.#orders.remove(slot);
  }

  #enqueue(slot: number, side: OrderSide, price: ScaledInt): void {
    const prices = this.#side(side);
    let level = prices.level(price);
    if (level === NONE) {
      level = this.#levels.add(side, price);
      prices.add(price, level);
    }
    this.#levels.append(level, slot, this.#orders);
  }

  #dequeue(slot: number): void {
    const level = this.#orders.level(slot);
    this.#levels.unlink(level, slot, this.#orders);
    if (this.#levels.count(level) > 0) return;
    this.#side(this.#levels.side(level)).delete(this.#levels.price(level));
    this.#levels.remove(level);
  }
}

function contradiction(kind: ContradictionKind, orderId: string, what: string): Contradiction {
  return { kind, text: `order ${orderId} ${what}` };
}
