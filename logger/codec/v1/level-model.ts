/**
 * The state that encoder and decoder of `block/1` share: the two sides of the book as built from the
 * block so far (it starts empty), the recent sizes, and the position of the last change in a side. Both
 * apply exactly the same operations, so that a rank means the same to both.
 */

import { COLUMN } from './block-columns.ts';
import { corrupt } from './bytes.ts';
import { MAX_GRID_INDEX } from './grid.ts';
import { RankedSide } from './ranked-side.ts';
import type { RecentSizes } from './recent-sizes.ts';
import { OFF_GRID } from './size-numbers.ts';

/** Operations on the book. The number is the low part of the token. */
export const DELETE = 0;
export const UPDATE = 1;
export const INSERT = 2;
export const PHANTOM = 3;
export const OPERATIONS = 4;

/** The token of a change that is not further out than the one before, or is off the price grid. */
export const OUT_OF_ORDER = 255;
/** A change that skips more levels than this is encoded as out of order. */
export const MAX_SKIP = 2 ** 24;

/** Encodings of the price of an `OUT_OF_ORDER` change. */
export const ON_GRID_DELETE = 0;
export const ON_GRID_SET = 1;
export const OFF_GRID_PRICE = 2;

/** Encodings of the size of an `UPDATE`. */
export const SAME = 0;
export const RECENT = 1;
export const RECENT_MORE = 2;
export const RECENT_LESS = 3;
export const MORE = 4;
export const LESS = 5;
export const ESCAPED = 6;

/** The column of an operation, by the preceding operation or the start of a side. */
export const OPERATION_COLUMNS = [
  COLUMN.afterDelete,
  COLUMN.afterUpdate,
  COLUMN.afterInsert,
  COLUMN.afterPhantom,
  COLUMN.atSideStart,
] as const;
export const SIDE_START = 4;

/** Gaps with at least this many free prices share a column. */
const MANY_PLACES_BITS = 12;
const MANY_PLACES = 2 ** (MANY_PLACES_BITS - 1);

/** The column of a new price's distance from its better neighbour. */
export function offsetColumn(places: number): number {
  const bits = places < MANY_PLACES ? 32 - Math.clz32(places) : MANY_PLACES_BITS;
  return COLUMN.offsetIn8 + ((bits - 2) >> 1);
}

/** A side of the book and the position of the message's last change in it. */
export class SideModel {
  readonly book = new RankedSide();
  /** Rank after the last change. */
  cursor = 0;
  /** Key of the last change. */
  lastKey = Number.NEGATIVE_INFINITY;
  /** The operation of the last change, or `SIDE_START`. */
  context = SIDE_START;
  /** Key of the last out-of-order change, relative to which the next one is encoded. */
  anchor = 0;
  /** A tick times this is its key: keys grow away from the best price. */
  readonly outward: 1 | -1;
  readonly #recent: RecentSizes;

  constructor(recent: RecentSizes, outward: 1 | -1) {
    this.#recent = recent;
    this.outward = outward;
  }

  startMessage(): void {
    this.cursor = 0;
    this.lastKey = Number.NEGATIVE_INFINITY;
    this.context = SIDE_START;
  }

  /** The lowest key that a level inserted at `rank` may have; -Infinity if nothing bounds it. */
  innerKey(rank: number): number {
    const neighbour = rank > 0 ? this.book.key(rank - 1) : Number.NEGATIVE_INFINITY;
    return Math.max(neighbour, this.lastKey);
  }

  /** The key that a level inserted at `rank` must stay below; Infinity if nothing bounds it. */
  outerKey(rank: number): number {
    return rank < this.book.count ? this.book.key(rank) : Number.POSITIVE_INFINITY;
  }

  /**
   * Applies `operation` to the book.
   * @returns the slot whose size is still to be set, or -1 for none.
   */
  apply(operation: number, rank: number, key: number): number {
    this.lastKey = key;
    this.context = operation;
    this.cursor = rank;
    switch (operation) {
      case DELETE: {
        const size = this.book.sizeAt(this.book.slot(rank));
        if (size !== OFF_GRID) this.#recent.add(size);
        this.book.remove(rank);
        return -1;
      }
      case UPDATE:
        this.cursor = rank + 1;
        return this.book.slot(rank);
      case INSERT: {
        this.cursor = rank + 1;
        const slot = this.book.insert(rank, key);
        this.book.setSizeAt(slot, OFF_GRID);
        return slot;
      }
      case PHANTOM:
        return -1;
      default:
        throw corrupt(`unknown operation ${operation}`);
    }
  }
}

/** Checks a key against the bounds within which the sum of two keys is exact. */
export function checkedKey(key: number): number {
  if (!(Math.abs(key) < MAX_GRID_INDEX)) throw corrupt('a price is out of range');
  return key;
}

/** The operation that sets or deletes a level, depending on whether the book has it. */
export function operationOf(isKnown: boolean, isDelete: boolean): number {
  if (isKnown) return isDelete ? DELETE : UPDATE;
  return isDelete ? PHANTOM : INSERT;
}
