/**
 * A side of the book as the block has built it so far (it starts empty), and the position of the
 * message's last change in it.
 */

import { corrupt } from './bytes.ts';
import { OFF_GRID } from './grid.ts';
import { NUMBER_LIMIT } from './numbers.ts';
import { RankedSide } from './ranked-side.ts';
import type { RecentSizes } from './recent-sizes.ts';

/** Operations on the book. */
export const DELETE = 0;
export const UPDATE = 1;
export const INSERT = 2;
/** A delete of a level that the block has not set. */
export const PHANTOM = 3;
/** In place of the last operation: none yet in this list. */
export const LIST_START = 4;
export const OPERATIONS = 5;

export class LevelSide {
  readonly book = new RankedSide();
  /** The rank after the last change. */
  cursor = 0;
  /** The key of the last change. */
  lastKey = Number.NEGATIVE_INFINITY;
  /** The operation of the last change. */
  lastOperation = LIST_START;
  /** The last key that was stored whole, near which the next one is expected. */
  anchor = 0;
  /** A tick times this is its key: keys grow away from the best price. */
  readonly outward: 1 | -1;
  readonly #recent: RecentSizes;

  constructor(recent: RecentSizes, outward: 1 | -1) {
    this.#recent = recent;
    this.outward = outward;
  }

  startList(): void {
    this.cursor = 0;
    this.lastKey = Number.NEGATIVE_INFINITY;
    this.lastOperation = LIST_START;
  }

  /** The operation that sets or deletes a level, depending on whether the book has it. */
  operationOf(rank: number, key: number, isDelete: boolean): number {
    const isKnown = rank < this.book.count && this.book.key(rank) === key;
    if (isKnown) return isDelete ? DELETE : UPDATE;
    return isDelete ? PHANTOM : INSERT;
  }

  /** @returns the slot whose size is still to be set, or -1 for none. */
  apply(operation: number, rank: number, key: number, message: number): number {
    const { book } = this;
    this.lastKey = key;
    this.lastOperation = operation;
    this.cursor = rank;
    if (operation === PHANTOM) return -1;
    if (operation === DELETE) {
      const size = book.sizes[book.slot(rank)] as number;
      if (size !== OFF_GRID) this.#recent.add(size);
      book.remove(rank);
      return -1;
    }
    this.cursor = rank + 1;
    if (operation === UPDATE) {
      const slot = book.slot(rank);
      book.changes[slot] = 2 * message + 1;
      return slot;
    }
    const slot = book.insert(rank, key);
    book.sizes[slot] = OFF_GRID;
    book.changes[slot] = 2 * message;
    return slot;
  }
}

/** Checks a key against the bounds within which the sum of two keys is exact. */
export function checkedKey(key: number): number {
  if (!(Math.abs(key) < NUMBER_LIMIT / 2)) throw corrupt('a price is out of range');
  return key;
}
