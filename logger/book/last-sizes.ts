/**
 * Many diffs as one: sizes are absolute, so only the last one of each price counts. The levels
 * at the top change again and again, and a hash table takes that faster than an ordered book.
 *
 * Open addressing over typed arrays, which hold doubles: for numbers alone.
 */

import type { Levels } from '../market/events.ts';
import type { LevelBook } from './level-book.ts';

const FIRST_CAPACITY = 2048;
/** Places in the table for each entry: few collisions. */
const PLACES_PER_ENTRY = 4;
const TWO_POW_32 = 2 ** 32;

export class LastSizes {
  readonly #bids = new SideSizes();
  readonly #asks = new SideSizes();

  /** @returns false if a price or size lies beyond 2^53: what stood before it may have been taken in. */
  add(bids: Levels, asks: Levels): boolean {
    return this.#bids.add(bids) && this.#asks.add(asks);
  }

  /** Empty afterwards. */
  applyTo(book: LevelBook): void {
    book.setLevels(this.#bids.take(), this.#asks.take());
  }
}

class SideSizes {
  #prices = new Float64Array(FIRST_CAPACITY);
  #sizes = new Float64Array(FIRST_CAPACITY);
  /** Where each entry stands in the table. */
  #placeOf = new Int32Array(FIRST_CAPACITY);
  #count = 0;
  /** The number of the entry that has this place, counted from 1; 0: none. */
  #entryAt = new Int32Array(FIRST_CAPACITY * PLACES_PER_ENTRY);

  add(levels: Levels): boolean {
    if (this.#count + levels.length / 2 > this.#prices.length) this.#grow(levels.length / 2);
    const [prices, sizes, placeOf, entryAt] = [
      this.#prices,
      this.#sizes,
      this.#placeOf,
      this.#entryAt,
    ];
    const mask = entryAt.length - 1;
    let count = this.#count;
    let i = 0;
    for (; i + 1 < levels.length; i += 2) {
      const [price, size] = [levels[i], levels[i + 1]];
      if (typeof price !== 'number' || typeof size !== 'number') break;
      let place = hashOf(price) & mask;
      let entry = entryAt[place] as number;
      while (entry !== 0 && prices[entry - 1] !== price) {
        place = (place + 1) & mask;
        entry = entryAt[place] as number;
      }
      if (entry === 0) {
        prices[count] = price;
        placeOf[count] = place;
        entry = entryAt[place] = ++count;
      }
      sizes[entry - 1] = size;
    }
    this.#count = count;
    return i >= levels.length;
  }

  /** Price, size … in the order in which the prices first came. Empty afterwards. */
  take(): number[] {
    const levels: number[] = [];
    for (let entry = 0; entry < this.#count; entry++) {
      levels.push(this.#prices[entry] as number, this.#sizes[entry] as number);
      this.#entryAt[this.#placeOf[entry] as number] = 0;
    }
    this.#count = 0;
    return levels;
  }

  #grow(more: number): void {
    const levels = this.take();
    let capacity = this.#prices.length;
    while (capacity < levels.length / 2 + more) capacity *= 2;
    this.#prices = new Float64Array(capacity);
    this.#sizes = new Float64Array(capacity);
    this.#placeOf = new Int32Array(capacity);
    this.#entryAt = new Int32Array(capacity * PLACES_PER_ENTRY);
    this.add(levels);
  }
}

/** Prices are multiples of a power of ten: all bits have to count. */
function hashOf(price: number): number {
  const mixed = Math.imul(
    (price | 0) ^ Math.imul((price / TWO_POW_32) | 0, 0x9e3779b1),
    0x85ebca6b,
  );
  return mixed ^ (mixed >>> 15);
}
