/**
 * What encoder and decoder of `block/1` both know about the levels so far: the two sides of the
 * book as the block has shown it (it starts empty), the sizes seen last, and where in a side the last
 * change stood. Both take exactly the same steps, so that a rank means the same to both.
 */

import { COLUMN } from './block-columns.ts';
import { corrupt } from './bytes.ts';
import { MAX_GRID_INDEX } from './grid.ts';
import { RankedSide } from './ranked-side.ts';
import type { RecentSizes } from './recent-sizes.ts';
import { OFF_GRID } from './size-numbers.ts';

/** What a change does to the book. The number is the low part of its token. */
export const DELETE = 0;
export const UPDATE = 1;
export const INSERT = 2;
export const PHANTOM = 3;
export const OPERATIONS = 4;

/** The token of a change that does not stand outward of the one before, or off the price grid. */
export const OUT_OF_ORDER = 255;
/** More levels than this between two changes of a message is coded as out of order. */
export const MAX_SKIP = 2 ** 24;

/** How the price of an `OUT_OF_ORDER` change is coded. */
export const ON_GRID_DELETE = 0;
export const ON_GRID_SET = 1;
export const OFF_GRID_PRICE = 2;

/** How the size of an `UPDATE` is coded. */
export const SAME = 0;
export const RECENT = 1;
export const RECENT_MORE = 2;
export const RECENT_LESS = 3;
export const MORE = 4;
export const LESS = 5;
export const ESCAPED = 6;

/** Which columns take the operation after each operation, and at the start of a side. */
export const OPERATION_COLUMNS = [
  COLUMN.afterDelete,
  COLUMN.afterUpdate,
  COLUMN.afterInsert,
  COLUMN.afterPhantom,
  COLUMN.atSideStart,
] as const;
export const SIDE_START = 4;

/** Gaps with so many free prices and more share a column. */
const MANY_PLACES_BITS = 12;
const MANY_PLACES = 2 ** (MANY_PLACES_BITS - 1);

/** Which column takes the distance of a new price from its inner neighbour. */
export function offsetColumn(places: number): number {
  const bits = places < MANY_PLACES ? 32 - Math.clz32(places) : MANY_PLACES_BITS;
  return COLUMN.offsetIn8 + ((bits - 2) >> 1);
}

/** A side of the book with the place of the last change of the message in it. */
export class SideModel {
  readonly book = new RankedSide();
  /** Rank after the last change. */
  cursor = 0;
  /** Key of the last change. */
  lastKey = Number.NEGATIVE_INFINITY;
  /** The operation of the last change, or `SIDE_START`. */
  context = SIDE_START;
  /** Key of the last out-of-order change, from which the next one is counted. */
  anchor = 0;
  /** Multiplies a tick to its key: keys grow away from the best price. */
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

  /** Best possible key for a level that is inserted at `rank`, or -Infinity if nothing bounds it. */
  innerKey(rank: number): number {
    const neighbour = rank > 0 ? this.book.key(rank - 1) : Number.NEGATIVE_INFINITY;
    return Math.max(neighbour, this.lastKey);
  }

  /** The key that a level at `rank` must stay below, or Infinity. */
  outerKey(rank: number): number {
    return rank < this.book.count ? this.book.key(rank) : Number.POSITIVE_INFINITY;
  }

  /**
   * Does `operation` to the book.
   * @returns the slot whose size is still to be set, or -1 when none is.
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
        throw corrupt(`no operation ${operation}`);
    }
  }
}

/** A key within the bounds that keep every sum of two keys exact. */
export function checkedKey(key: number): number {
  if (!(Math.abs(key) < MAX_GRID_INDEX)) throw corrupt('a price leaves its range');
  return key;
}

/** What setting a level (or deleting it) is, given whether the book has it. */
export function operationOf(isKnown: boolean, isDelete: boolean): number {
  if (isKnown) return isDelete ? DELETE : UPDATE;
  return isDelete ? PHANTOM : INSERT;
}
