/**
 * The most recent sizes in lots, latest first. Orders are moved more often than created: a size that was
 * just deleted at one price reappears at another, and round sizes recur. Encoder and decoder keep
 * identical lists.
 *
 * The list is a window that slides down a longer array, so that adding a size in front moves nothing.
 * Counts by hash show for most absent sizes that they are absent, without a search.
 */

import { corrupt } from './bytes.ts';

/** Fewer would find much less, more hardly anything. */
const RECENT_SIZES = 128;
const CAPACITY = 4096;
const HASHES = 4096;
/** An empty place. */
const NONE = -1;

export class RecentSizes {
  readonly #sizes = new Float64Array(CAPACITY).fill(NONE);
  /** The number of sizes in the window by hash. */
  readonly #counts = new Uint8Array(HASHES);
  /** The number of sizes that were not in the list. */
  added = 0;
  #first = CAPACITY - RECENT_SIZES;

  /** The index of `size`, or -1. */
  find(size: number): number {
    if (this.#counts[hashOf(size)] === 0) return -1;
    const sizes = this.#sizes;
    const first = this.#first;
    const end = first + RECENT_SIZES;
    for (let index = first; index < end; index++) if (sizes[index] === size) return index - first;
    return -1;
  }

  /** Moves the size at `index` to the front and returns it. */
  use(index: number): number {
    if (index >= RECENT_SIZES) throw corrupt('an index is beyond the recent sizes');
    const sizes = this.#sizes;
    const first = this.#first;
    const size = sizes[first + index] as number;
    if (size === NONE) throw corrupt('it refers to an unknown recent size');
    for (let i = first + index; i > first; i--) sizes[i] = sizes[i - 1] as number;
    sizes[first] = size;
    return size;
  }

  /** Adds a size that is not in the list to its front; drops the oldest. */
  addNew(size: number): void {
    this.added++;
    const sizes = this.#sizes;
    if (this.#first === 0) {
      sizes.copyWithin(CAPACITY - RECENT_SIZES, 0, RECENT_SIZES);
      this.#first = CAPACITY - RECENT_SIZES;
    }
    const first = --this.#first;
    sizes[first] = size;
    const oldest = sizes[first + RECENT_SIZES] as number;
    const counts = this.#counts;
    if (oldest !== NONE) counts[hashOf(oldest)]! -= 1;
    counts[hashOf(size)]! += 1;
  }

  /** Moves `size` to the front, or adds it. */
  add(size: number): void {
    const index = this.find(size);
    if (index < 0) this.addNew(size);
    else this.use(index);
  }
}

function hashOf(size: number): number {
  return size & (HASHES - 1);
}
