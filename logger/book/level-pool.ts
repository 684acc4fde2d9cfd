/**
 * The price levels of an L3 book, with a free list. A level takes 32 bytes that lie side by side: price
 * and total size, both ends of the queue, its length and its side. The orders are linked in the order
 * pool. The few prices and totals beyond 2^53 are kept in maps.
 */

import { addScaled, subtractScaled } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { OrderSide } from '../market/events.ts';
import { LEVEL, NEXT, NONE, ORDER_WORDS, PREV } from './order-pool.ts';
import type { OrderPool } from './order-pool.ts';

/** A level's numbers, … */
const NUMBERS = 4;
const PRICE = 0;
const TOTAL = 1;
/** … and its words, in the same bytes: the first four belong to price and total. */
const WORDS = 2 * NUMBERS;
const HEAD = 4;
const TAIL = 5;
const COUNT = 6;
const IS_BUY = 7;

/** A price or total that is in the map. */
const LARGE = Number.POSITIVE_INFINITY;
const FIRST_CAPACITY = 8;

export class LevelPool {
  #numbers: Float64Array;
  #words: Int32Array;
  #made: number;
  /** Free levels; `HEAD` of one is the next. */
  #free: number;
  readonly #largePrices: Map<number, bigint>;
  readonly #largeTotals: Map<number, bigint>;

  constructor(from?: LevelPool) {
    this.#numbers = from ? from.#numbers.slice() : new Float64Array(FIRST_CAPACITY * NUMBERS);
    this.#words = new Int32Array(this.#numbers.buffer);
    this.#made = from ? from.#made : 0;
    this.#free = from ? from.#free : NONE;
    this.#largePrices = new Map(from ? from.#largePrices : []);
    this.#largeTotals = new Map(from ? from.#largeTotals : []);
  }

  /** An independent copy. */
  clone(): LevelPool {
    return new LevelPool(this);
  }

  /** @returns the index of a new, empty level. */
  add(side: OrderSide, price: ScaledInt): number {
    const level = this.#take();
    const at = level * WORDS;
    this.#words[at + HEAD] = NONE;
    this.#words[at + TAIL] = NONE;
    this.#words[at + COUNT] = 0;
    this.#words[at + IS_BUY] = side === 'buy' ? 1 : 0;
    this.#numbers[level * NUMBERS + TOTAL] = 0;
    if (typeof price === 'number') {
      this.#numbers[level * NUMBERS + PRICE] = price;
    } else {
      this.#numbers[level * NUMBERS + PRICE] = LARGE;
      this.#largePrices.set(level, price);
    }
    return level;
  }

  /** Frees a level, which must be empty and removed from its side. */
  remove(level: number): void {
    this.#words[level * WORDS + HEAD] = this.#free;
    this.#free = level;
    if (this.#largePrices.size > 0) this.#largePrices.delete(level);
  }

  side(level: number): OrderSide {
    return this.#words[level * WORDS + IS_BUY] === 1 ? 'buy' : 'sell';
  }

  price(level: number): ScaledInt {
    const price = this.#numbers[level * NUMBERS + PRICE] as number;
    return price === LARGE ? (this.#largePrices.get(level) as bigint) : price;
  }

  total(level: number): ScaledInt {
    const total = this.#numbers[level * NUMBERS + TOTAL] as number;
    return total === LARGE ? (this.#largeTotals.get(level) as bigint) : total;
  }

  count(level: number): number {
    return this.#words[level * WORDS + COUNT] as number;
  }

  /** The first slot of the queue. */
  head(level: number): number {
    return this.#words[level * WORDS + HEAD] as number;
  }

  /** The size of an order in the queue changes. */
  resize(level: number, from: ScaledInt, to: ScaledInt): void {
    if (typeof from === 'number' && typeof to === 'number' && this.#grow(level, to - from)) return;
    this.#setTotal(level, addScaled(subtractScaled(this.total(level), from), to));
  }

  /** Appends an order to the queue. */
  append(level: number, slot: number, orders: OrderPool): void {
    const words = this.#words;
    const at = level * WORDS;
    const order = slot * ORDER_WORDS;
    const tail = words[at + TAIL] as number;
    const links = orders.words;
    links[order + LEVEL] = level;
    links[order + PREV] = tail;
    links[order + NEXT] = NONE;
    if (tail === NONE) words[at + HEAD] = slot;
    else links[tail * ORDER_WORDS + NEXT] = slot;
    words[at + TAIL] = slot;
    words[at + COUNT]!++;
    const size = orders.size(slot);
    if (typeof size === 'number' && this.#grow(level, size)) return;
    this.#setTotal(level, addScaled(this.total(level), size));
  }

  /** Removes an order from the queue. */
  unlink(level: number, slot: number, orders: OrderPool): void {
    const words = this.#words;
    const at = level * WORDS;
    const links = orders.words;
    const prev = links[slot * ORDER_WORDS + PREV] as number;
    const next = links[slot * ORDER_WORDS + NEXT] as number;
    if (prev === NONE) words[at + HEAD] = next;
    else links[prev * ORDER_WORDS + NEXT] = next;
    if (next === NONE) words[at + TAIL] = prev;
    else links[next * ORDER_WORDS + PREV] = prev;
    words[at + COUNT]!--;
    const size = orders.size(slot);
    if (typeof size === 'number' && this.#grow(level, -size)) return;
    this.#setTotal(level, subtractScaled(this.total(level), size));
  }

  /** @returns false, and changes nothing, where the total was or would be beyond 2^53. */
  #grow(level: number, by: number): boolean {
    const at = level * NUMBERS + TOTAL;
    const total = (this.#numbers[at] as number) + by;
    if (total > Number.MAX_SAFE_INTEGER) return false;
    this.#numbers[at] = total;
    return true;
  }

  #setTotal(level: number, total: ScaledInt): void {
    if (typeof total === 'number') {
      this.#largeTotals.delete(level);
      this.#numbers[level * NUMBERS + TOTAL] = total;
    } else {
      this.#numbers[level * NUMBERS + TOTAL] = LARGE;
      this.#largeTotals.set(level, total);
    }
  }

  #take(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.#words[free * WORDS + HEAD] as number;
      return free;
    }
    if ((this.#made + 1) * NUMBERS > this.#numbers.length) this.#enlarge();
    return this.#made++;
  }

  #enlarge(): void {
    const grown = new Float64Array(this.#numbers.length * 1.5);
    grown.set(this.#numbers);
    this.#numbers = grown;
    this.#words = new Int32Array(grown.buffer);
  }
}
