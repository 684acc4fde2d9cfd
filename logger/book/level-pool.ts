/**
 * The price levels of an L3 book in flat arrays, with a free list: side, price, total size, and
 * both ends of the queue. The orders are linked in the order pool.
 */

import { addScaled, subtractScaled } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { OrderSide } from '../market/events.ts';
import { NONE } from './order-pool.ts';
import type { OrderPool } from './order-pool.ts';

export class LevelPool {
  readonly #sides: OrderSide[];
  readonly #prices: ScaledInt[];
  readonly #totals: ScaledInt[];
  readonly #counts: number[];
  readonly #heads: number[];
  readonly #tails: number[];
  readonly #free: number[];

  constructor(from?: LevelPool) {
    this.#sides = from ? from.#sides.slice() : [];
    this.#prices = from ? from.#prices.slice() : [];
    this.#totals = from ? from.#totals.slice() : [];
    this.#counts = from ? from.#counts.slice() : [];
    this.#heads = from ? from.#heads.slice() : [];
    this.#tails = from ? from.#tails.slice() : [];
    this.#free = from ? from.#free.slice() : [];
  }

  /** @returns the index of a new, empty level. */
  add(side: OrderSide, price: ScaledInt): number {
    const level = this.#free.pop() ?? this.#sides.length;
    this.#sides[level] = side;
    this.#prices[level] = price;
    this.#totals[level] = 0;
    this.#counts[level] = 0;
    this.#heads[level] = NONE;
    this.#tails[level] = NONE;
    return level;
  }

  /** Frees a level, which must be empty and removed from its side's tree. */
  remove(level: number): void {
    this.#free.push(level);
  }

  side(level: number): OrderSide {
    return this.#sides[level] as OrderSide;
  }

  price(level: number): ScaledInt {
    return this.#prices[level] as ScaledInt;
  }

  total(level: number): ScaledInt {
    return this.#totals[level] as ScaledInt;
  }

  count(level: number): number {
    return this.#counts[level] as number;
  }

  /** The first slot of the queue. */
  head(level: number): number {
    return this.#heads[level] as number;
  }

  grow(level: number, by: ScaledInt): void {
    this.#totals[level] = addScaled(this.total(level), by);
  }

  /** Appends an order to the queue. */
  append(level: number, slot: number, orders: OrderPool): void {
    const tail = this.#tails[level] as number;
    orders.level[slot] = level;
    orders.prev[slot] = tail;
    orders.next[slot] = NONE;
    if (tail === NONE) this.#heads[level] = slot;
    else orders.next[tail] = slot;
    this.#tails[level] = slot;
    this.#counts[level] = this.count(level) + 1;
    this.grow(level, orders.size(slot));
  }

  /** Removes an order from the queue. */
  unlink(level: number, slot: number, orders: OrderPool): void {
    const prev = orders.prev[slot] as number;
    const next = orders.next[slot] as number;
    if (prev === NONE) this.#heads[level] = next;
    else orders.next[prev] = next;
    if (next === NONE) this.#tails[level] = prev;
    else orders.prev[next] = prev;
    this.#counts[level] = this.count(level) - 1;
    this.#totals[level] = subtractScaled(this.total(level), orders.size(slot));
  }
}
