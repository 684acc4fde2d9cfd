/**
 * A matching engine with price-time priority for one symbol. Prices and sizes are integers at eight
 * decimals (`units.ts`), the finest an exchange prints. New orders must be on the current tick
 * and lot grid; resting ones keep their price when the grid changes. Everything that happens to an
 * order is emitted as an event; order feeds (L3), level diffs and trades (L2) are derived from those.
 * Pure: no clock, no randomness, no I/O.
 */

import SortedBTree from 'sorted-btree';
import { assertInvariant, InvalidArgumentError, LimitExceededError } from '../../logger/errors.ts';
import { otherSide } from './order-events.ts';
import type { OrderEvent, OrderSide } from './order-events.ts';
import { PriceLevel } from './price-level.ts';
import type { RestingOrder } from './price-level.ts';

// A CommonJS package with a `default` export: Node's import yields its exports object.
const BTree = SortedBTree.default;
type LevelTree = InstanceType<typeof BTree<number, PriceLevel>>;

/** Bounds memory; further limit orders are rejected. */
export const MAX_RESTING_ORDERS = 1_000_000;

/** The price and size steps of new orders. */
export interface Grid {
  readonly tickSize: number;
  readonly lotSize: number;
}

export interface EngineOptions {
  readonly grid: Grid;
  /** The book update id before the first change. */
  readonly firstSequence: number;
  readonly firstTradeId: number;
  /** Default: 1. */
  readonly firstOrderId?: number;
  readonly onEvent: (event: OrderEvent) => void;
}

export interface LimitOrder {
  readonly side: OrderSide;
  readonly price: number;
  readonly size: number;
  /** Immediate or cancel: the unmatched rest does not enter the book. */
  readonly immediate?: boolean;
  /** Whose it is, in terms of the caller. Default: 0. */
  readonly owner?: number;
}

/** An order that rests already. */
export interface RestoredOrder {
  readonly id: number;
  readonly owner: number;
  readonly side: OrderSide;
  readonly price: number;
  readonly remaining: number;
}

export interface MarketOrder {
  readonly side: OrderSide;
  readonly size: number;
}

export class MatchingEngine {
  readonly #bids: LevelTree = new BTree<number, PriceLevel>();
  readonly #asks: LevelTree = new BTree<number, PriceLevel>();
  readonly #orders = new Map<number, RestingOrder>();
  readonly #emit: (event: OrderEvent) => void;
  #grid: Grid;
  #sequence: number;
  #tradeId: number;
  #orderId: number;

  constructor(options: EngineOptions) {
    this.#grid = checkedGrid(options.grid);
    this.#sequence = options.firstSequence;
    this.#tradeId = options.firstTradeId - 1;
    this.#orderId = (options.firstOrderId ?? 1) - 1;
    this.#emit = options.onEvent;
  }

  /** The book update id of the last change. */
  get sequence(): number {
    return this.#sequence;
  }

  get grid(): Grid {
    return this.#grid;
  }

  get restingOrders(): number {
    return this.#orders.size;
  }

  /** New orders must be on the new grid; resting ones keep their price. */
  changeGrid(grid: Grid): void {
    this.#grid = checkedGrid(grid);
  }

  /**
   * Matches as much as possible; the rest enters the book unless the order is immediate.
   * @returns the order's id.
   * @throws InvalidArgumentError for a price or size off the grid, LimitExceededError for a full book.
   */
  limit(order: LimitOrder): number {
    requireOnGrid('price', order.price, this.#grid.tickSize);
    requireOnGrid('size', order.size, this.#grid.lotSize);
    if (this.#orders.size >= MAX_RESTING_ORDERS) {
      throw new LimitExceededError(`The book is full: ${MAX_RESTING_ORDERS} resting orders`);
    }
    const { side, price, size } = order;
    const orderId = ++this.#orderId;
    this.#emit({ type: 'received', orderId, side, price, size });
    const remaining = this.#match(orderId, side, size, price);
    if (remaining > 0 && order.immediate !== true) {
      this.#insert({ id: orderId, owner: order.owner ?? 0, side, price, remaining });
      const sequence = ++this.#sequence;
      this.#emit({ type: 'opened', sequence, orderId, side, price, remaining });
    } else this.#finish(orderId, side, price, remaining);
    return orderId;
  }

  /** Fills at the best prices until done or the side is empty. @throws InvalidArgumentError */
  market(order: MarketOrder): number {
    requireOnGrid('size', order.size, this.#grid.lotSize);
    const orderId = ++this.#orderId;
    this.#emit({ type: 'received', orderId, side: order.side, price: null, size: order.size });
    const remaining = this.#match(orderId, order.side, order.size, null);
    this.#finish(orderId, order.side, null, remaining);
    return orderId;
  }

  /** @returns false if the order is not in the book. */
  cancel(orderId: number): boolean {
    const order = this.#orders.get(orderId);
    if (!order) return false;
    const { side, price, remaining } = order;
    this.#remove(order);
    const sequence = ++this.#sequence;
    this.#emit({ type: 'done', sequence, orderId, side, price, remaining, reason: 'cancelled' });
    return true;
  }

  /**
   * Reduces a resting order, which keeps its place in the queue.
   * @returns false if the order is not in the book or would not become smaller.
   */
  reduce(orderId: number, newSize: number): boolean {
    requireOnGrid('size', newSize, this.#grid.lotSize);
    const order = this.#orders.get(orderId);
    if (!order || newSize >= order.remaining) return false;
    const oldSize = order.remaining;
    order.level.reduce(order, oldSize - newSize);
    const { side, price } = order;
    const sequence = ++this.#sequence;
    this.#emit({ type: 'changed', sequence, orderId, side, price, oldSize, newSize });
    return true;
  }

  /**
   * Moves a resting order to the end of the queue at another price.
   * @returns false if the order is not in the book, has that price already, or would match there.
   */
  move(orderId: number, price: number, newSize: number): boolean {
    requireOnGrid('price', price, this.#grid.tickSize);
    requireOnGrid('size', newSize, this.#grid.lotSize);
    const order = this.#orders.get(orderId);
    if (!order || order.price === price) return false;
    const best = this.bestPrice(otherSide(order.side));
    if (best !== undefined && reaches(order.side, price, best)) return false;
    this.#place(order, price, newSize);
    return true;
  }

  /**
   * Moves every order by the same amount, whatever the grid. Those that lead the way go first, so that
   * nothing matches, no two levels meet, and queues keep their order.
   * @throws InvalidArgumentError if a price would not stay above 0.
   */
  shift(by: number): void {
    const lowest = Math.min(this.#bids.minKey() ?? Infinity, this.#asks.minKey() ?? Infinity);
    if (lowest + by <= 0) {
      throw new InvalidArgumentError(`A price of ${lowest} can't move by ${by}`);
    }
    if (by === 0) return;
    const sides = by > 0 ? (['sell', 'buy'] as const) : (['buy', 'sell'] as const);
    for (const side of sides) {
      const levels = [...this.#levelsBestFirst(side)];
      if (side === sides[0]) levels.reverse();
      for (const order of levels.flatMap((level) => [...level.orders()])) {
        this.#place(order, order.price + by, order.remaining);
      }
    }
  }

  /** Puts back an order of earlier, behind those that have its price. No event. */
  restore(order: RestoredOrder): void {
    assertInvariant(!this.#orders.has(order.id), 'An order is restored twice');
    this.#insert(order);
  }

  /** Takes an order out that is kept elsewhere. No event. */
  unload(orderId: number): void {
    const order = this.#orders.get(orderId);
    if (order) this.#remove(order);
  }

  order(orderId: number): Readonly<RestingOrder> | undefined {
    return this.#orders.get(orderId);
  }

  /** The order of a side that would be matched last. */
  lastOrder(side: OrderSide): Readonly<RestingOrder> | undefined {
    const tree = this.#tree(side);
    const price = side === 'buy' ? tree.minKey() : tree.maxKey();
    return price === undefined ? undefined : (tree.get(price)?.tail ?? undefined);
  }

  /** The best price of a side: highest buy, lowest sell. */
  bestPrice(side: OrderSide): number | undefined {
    return side === 'buy' ? this.#bids.maxKey() : this.#asks.minKey();
  }

  /** Total size at a price; 0 if there is no such level. */
  levelSize(side: OrderSide, price: number): number {
    return this.#tree(side).get(price)?.total ?? 0;
  }

  levelCount(side: OrderSide): number {
    return this.#tree(side).size;
  }

  /** Flat price, size …, best first; at most `depth` levels. */
  levels(side: OrderSide, depth = Infinity): number[] {
    const flat: number[] = [];
    for (const level of this.#levelsBestFirst(side)) {
      if (flat.length >= depth * 2) break;
      flat.push(level.price, level.total);
    }
    return flat;
  }

  /** Every resting order of a side, best price first, in queue order within a price. */
  *orders(side: OrderSide): Generator<Readonly<RestingOrder>> {
    for (const level of this.#levelsBestFirst(side)) yield* level.orders();
  }

  *#levelsBestFirst(side: OrderSide): Generator<PriceLevel> {
    const entries = side === 'buy' ? this.#bids.entriesReversed() : this.#asks.entries();
    for (const [, level] of entries) yield level;
  }

  #tree(side: OrderSide): LevelTree {
    return side === 'buy' ? this.#bids : this.#asks;
  }

  /** Fills against the other side while prices allow. @returns the remaining size. */
  #match(takerOrderId: number, takerSide: OrderSide, size: number, limit: number | null): number {
    const makerSide = otherSide(takerSide);
    let remaining = size;
    while (remaining > 0) {
      const price = this.bestPrice(makerSide);
      if (price === undefined || !reaches(takerSide, limit, price)) break;
      const maker = this.#tree(makerSide).get(price)?.head;
      assertInvariant(maker !== null && maker !== undefined, 'A price level has no order');
      const filled = Math.min(remaining, maker.remaining);
      remaining -= filled;
      this.#fill(maker, filled, takerOrderId, takerSide);
    }
    return remaining;
  }

  #fill(maker: RestingOrder, size: number, takerOrderId: number, takerSide: OrderSide): void {
    maker.level.reduce(maker, size);
    const isFilled = maker.remaining === 0;
    if (isFilled) this.#remove(maker);
    this.#emit({
      type: 'matched',
      sequence: ++this.#sequence,
      tradeId: ++this.#tradeId,
      makerOrderId: maker.id,
      makerOwner: maker.owner,
      makerRemaining: maker.remaining,
      takerOrderId,
      takerSide,
      price: maker.price,
      size,
    });
    if (isFilled) this.#finish(maker.id, maker.side, maker.price, 0);
  }

  /** Puts a resting order at the end of the queue at another price. */
  #place(order: RestingOrder, price: number, newSize: number): void {
    const { id, owner, side, price: oldPrice, remaining: oldSize } = order;
    this.#remove(order);
    this.#insert({ id, owner, side, price, remaining: newSize });
    this.#sequence += 2;
    const sequence = this.#sequence;
    this.#emit({ type: 'moved', sequence, orderId: id, side, oldPrice, price, oldSize, newSize });
  }

  #insert({ id, owner, side, price, remaining }: RestoredOrder): void {
    const tree = this.#tree(side);
    let level = tree.get(price);
    if (!level) {
      level = new PriceLevel(price);
      tree.set(price, level);
    }
    const order: RestingOrder = {
      id,
      owner,
      side,
      price,
      remaining,
      level,
      previous: null,
      next: null,
    };
    level.append(order);
    assertInvariant(Number.isSafeInteger(level.total), 'A level total left the safe integers');
    this.#orders.set(id, order);
  }

  #remove(order: RestingOrder): void {
    order.level.unlink(order);
    if (order.level.head === null) this.#tree(order.side).delete(order.price);
    this.#orders.delete(order.id);
  }

  #finish(orderId: number, side: OrderSide, price: number | null, remaining: number): void {
    const reason = remaining === 0 ? 'filled' : 'unfilled';
    this.#emit({ type: 'done', sequence: null, orderId, side, price, remaining, reason });
  }
}

function reaches(takerSide: OrderSide, limit: number | null, price: number): boolean {
  if (limit === null) return true;
  return takerSide === 'buy' ? price <= limit : price >= limit;
}

function requireOnGrid(field: string, value: number, step: number): void {
  if (Number.isSafeInteger(value) && value > 0 && value % step === 0) return;
  throw new InvalidArgumentError(`${field}: ${value} is not a positive multiple of ${step}`);
}

function checkedGrid(grid: Grid): Grid {
  requireOnGrid('tickSize', grid.tickSize, 1);
  requireOnGrid('lotSize', grid.lotSize, 1);
  return { tickSize: grid.tickSize, lotSize: grid.lotSize };
}
