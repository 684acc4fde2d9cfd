/**
 * The orders of an L3 book, each in nine words that lie side by side: the integers of its id, its level,
 * its neighbours in the queue, and its size. One event touches one or two orders, so it costs as many
 * trips to memory, wherever in the pool they are. The few sizes beyond 2^53 are kept in a map.
 */

import type { ScaledInt } from '../market/decimal.ts';
import { OrderIdIndex } from './order-id-index.ts';

/** No slot. */
export const NONE = -1;

/** Words of an order; its id is in the first four. */
export const ORDER_WORDS = 9;
/** The order's price level. */
export const LEVEL = 4;
/** Neighbours in the queue; `NEXT` of a free slot is the next free slot. */
export const PREV = 5;
export const NEXT = 6;
const SIZE_LOW = 7;
const SIZE_HIGH = 8;

const HIGH_UNIT = 2 ** 32;
/** The high word of a size that is in the map. */
const LARGE = -1;
const FIRST_CAPACITY = 16;

export class OrderPool {
  /** `ORDER_WORDS` by slot. Another array once an order was added. */
  words: Int32Array;
  readonly #index: OrderIdIndex;
  readonly #largeSizes: Map<number, bigint>;
  #free: number;
  #made: number;
  #count: number;

  constructor(from?: OrderPool) {
    this.words = from ? from.words.slice() : new Int32Array(FIRST_CAPACITY * ORDER_WORDS);
    this.#index = from ? from.#index.clone() : new OrderIdIndex(ORDER_WORDS);
    this.#largeSizes = new Map(from ? from.#largeSizes : []);
    this.#free = from ? from.#free : NONE;
    this.#made = from ? from.#made : 0;
    this.#count = from ? from.#count : 0;
  }

  /** An independent copy. */
  clone(): OrderPool {
    return new OrderPool(this);
  }

  get count(): number {
    return this.#count;
  }

  /** The slot of an id, or `NONE`. */
  find(id: string): number {
    return this.#index.find(id, this.words);
  }

  /** @returns the slot of a new order, not yet in a queue; `NONE` if its id is in use. */
  add(id: string, size: ScaledInt): number {
    const isFree = this.#free !== NONE;
    const slot = isFree ? this.#free : this.#made;
    if ((slot + 1) * ORDER_WORDS > this.words.length) this.#grow();
    const next = this.words[slot * ORDER_WORDS + NEXT] as number;
    if (!this.#index.add(id, slot, this.words)) return NONE;
    if (isFree) this.#free = next;
    else this.#made++;
    this.#count++;
    this.setSize(slot, size);
    return slot;
  }

  /** Frees the slot of an order that has been removed from its queue. */
  remove(slot: number): void {
    this.#index.remove(slot, this.words);
    if (this.#largeSizes.size > 0) this.#largeSizes.delete(slot);
    this.words[slot * ORDER_WORDS + NEXT] = this.#free;
    this.#free = slot;
    this.#count--;
  }

  id(slot: number): string {
    return this.#index.text(slot, this.words);
  }

  level(slot: number): number {
    return this.words[slot * ORDER_WORDS + LEVEL] as number;
  }

  /** The order behind it in the queue, or `NONE`. */
  next(slot: number): number {
    return this.words[slot * ORDER_WORDS + NEXT] as number;
  }

  size(slot: number): ScaledInt {
    const at = slot * ORDER_WORDS;
    const high = this.words[at + SIZE_HIGH] as number;
    if (high === LARGE) return this.#largeSizes.get(slot) as bigint;
    return high * HIGH_UNIT + ((this.words[at + SIZE_LOW] as number) >>> 0);
  }

  setSize(slot: number, size: ScaledInt): void {
    const at = slot * ORDER_WORDS;
    if (typeof size === 'number') {
      if (this.#largeSizes.size > 0) this.#largeSizes.delete(slot);
      this.words[at + SIZE_LOW] = size;
      this.words[at + SIZE_HIGH] = size / HIGH_UNIT;
    } else {
      this.#largeSizes.set(slot, size);
      this.words[at + SIZE_HIGH] = LARGE;
    }
  }

  /** By a quarter: books are large, and grow seldom once they are. */
  #grow(): void {
    const capacity = this.words.length / ORDER_WORDS;
    const grown = new Int32Array((capacity + (capacity >>> 2)) * ORDER_WORDS);
    grown.set(this.words);
    this.words = grown;
  }
}
