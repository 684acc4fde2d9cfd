/**
 * The orders of an L3 book in flat arrays indexed by slot, with a free list. Orders of one price
 * form a linked list, their queue. Sizes are numbers; the few beyond 2^53 are kept in a map.
 */

import type { ScaledInt } from '../market/decimal.ts';
import { grown, OrderIdIndex } from './order-id-index.ts';

/** No slot. */
export const NONE = -1;
const FIRST_CAPACITY = 64;

export class OrderPool {
  #capacity: number;
  #sizes: Float64Array;
  readonly #largeSizes: Map<number, bigint>;
  /** Neighbours in the queue; `next` of a free slot is the next free slot. */
  prev: Int32Array;
  next: Int32Array;
  /** The order's price level. */
  level: Int32Array;
  readonly index: OrderIdIndex;
  #free: number;
  #made: number;
  count: number;

  constructor(from?: OrderPool) {
    this.#capacity = from ? from.#capacity : FIRST_CAPACITY;
    this.#sizes = from ? from.#sizes.slice() : new Float64Array(FIRST_CAPACITY);
    this.prev = from ? from.prev.slice() : new Int32Array(FIRST_CAPACITY);
    this.next = from ? from.next.slice() : new Int32Array(FIRST_CAPACITY);
    this.level = from ? from.level.slice() : new Int32Array(FIRST_CAPACITY);
    this.#largeSizes = new Map(from ? from.#largeSizes : []);
    this.index = new OrderIdIndex(from?.index);
    this.#free = from ? from.#free : NONE;
    this.#made = from ? from.#made : 0;
    this.count = from?.count ?? 0;
  }

  /** @returns the slot of a new order, not yet in a queue; `NONE` if its id is in use. */
  add(id: string, size: ScaledInt): number {
    const slot = this.#free === NONE ? this.#made : this.#free;
    if (!this.index.add(id, slot)) return NONE;
    this.#take(slot);
    this.setSize(slot, size);
    this.count++;
    return slot;
  }

  /** Frees the slot of an order that has been removed from its queue. */
  remove(slot: number): void {
    this.index.remove(slot);
    if (this.#largeSizes.size > 0) this.#largeSizes.delete(slot);
    this.next[slot] = this.#free;
    this.#free = slot;
    this.count--;
  }

  size(slot: number): ScaledInt {
    const size = this.#sizes[slot] as number;
    return Number.isNaN(size) ? (this.#largeSizes.get(slot) as bigint) : size;
  }

  setSize(slot: number, size: ScaledInt): void {
    if (typeof size === 'number') {
      if (this.#largeSizes.size > 0) this.#largeSizes.delete(slot);
      this.#sizes[slot] = size;
    } else {
      this.#largeSizes.set(slot, size);
      this.#sizes[slot] = Number.NaN;
    }
  }

  #take(slot: number): void {
    if (slot === this.#free) {
      this.#free = this.next[slot] as number;
      return;
    }
    if (this.#made === this.#capacity) this.#grow();
    this.#made++;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.prev = grown(this.prev, this.#capacity);
    this.next = grown(this.next, this.#capacity);
    this.level = grown(this.level, this.#capacity);
    const sizes = new Float64Array(this.#capacity);
    sizes.set(this.#sizes);
    this.#sizes = sizes;
  }
}
