/**
 * What writing and reading the levels of diffs have in common: the books of both sides, and prices that are
 * out of order. A message is coded in two passes, first the prices of both sides, then the sizes: by then
 * every size that the message deletes is among the recent sizes, where an order that moved to another price
 * finds its own again.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import { AT } from './block-contexts.ts';
import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { OFF_GRID } from './grid.ts';
import type { Grid } from './grid.ts';
import { LevelSide, PHANTOM, checkedKey, fineDepthOf } from './level-side.ts';
import { NO_NUMBER, codeNear, codeScaled } from './numbers.ts';
import { RecentSizes } from './recent-sizes.ts';

/** The price of a change that is out of order. */
const ON_GRID_SET = 0;
const ON_GRID_DELETE = 1;
const OFF_GRID_PRICE = 2;
const KIND_BITS = 2;

/** Operations; see `level-side.ts`. */
const DELETE = 0;
const UPDATE = 1;
const INSERT = 2;
/** A level that is new, or has a size off the grid. */
const NO_SIZE = -1;
const DISTANCE_DIGITS = 2;

export class LevelEdits {
  readonly prices: Grid;
  readonly bids = new LevelSide(-1);
  readonly asks = new LevelSide(1);
  /** The number of the message. */
  message = 0;
  /** What the first pass leaves to the second: slots, depths, places in the list. */
  pending = 0;
  readonly slots: number[] = [];
  readonly depths: number[] = [];
  readonly places: number[] = [];
  readonly recent = new RecentSizes();
  readonly #coder: Coder;

  constructor(coder: Coder, prices: Grid) {
    this.#coder = coder;
    this.prices = prices;
  }

  startMessage(): void {
    this.message++;
    this.pending = 0;
  }

  /** Deletes the next level. */
  delete(side: LevelSide, key: number): void {
    side.last(DELETE, key);
    const { book } = side;
    const size = book.sizes[book.slot] as number;
    if (size >= 0) this.recent.add(size);
    book.remove();
  }

  /** Updates the next level. @param index that of the change in its list. */
  update(side: LevelSide, key: number, index: number): void {
    side.last(UPDATE, key);
    const { book } = side;
    const { slot } = book;
    book.changes[slot] = 2 * this.message + 1;
    this.#pend(slot, book.rank, index);
    book.pass();
  }

  /** Inserts a level. @param index that of the change in its list. */
  insert(side: LevelSide, key: number, index: number): void {
    side.last(INSERT, key);
    const { book } = side;
    const { rank } = book;
    const slot = book.insert(key);
    book.sizes[slot] = NO_SIZE;
    book.changes[slot] = 2 * this.message;
    this.#pend(slot, rank, index);
  }

  #pend(slot: number, rank: number, index: number): void {
    const pending = this.pending++;
    this.slots[pending] = slot;
    this.depths[pending] = fineDepthOf(rank);
    this.places[pending] = 2 * index + 1;
  }

  /** The key of a new level at the start of a list. */
  firstKey(key: number, side: LevelSide): number {
    const { book } = side;
    if (book.isEnd) return this.#anchored(key, side);
    const outer = book.key;
    return checkedKey(outer - 1 - codeDistance(this.#coder, AT.better, outer - 1 - key));
  }

  /** The key of a new level in a gap that is wide or open. */
  wideKey(key: number, side: LevelSide, inner: number): number {
    const { book } = side;
    const found = checkedKey(inner + 1 + codeDistance(this.#coder, AT.worse, key - inner - 1));
    if (!book.isEnd && found >= book.key) throw corrupt('a new level lies beyond its neighbour');
    return found;
  }

  #anchored(key: number, side: LevelSide): number {
    side.anchor = checkedKey(codeNear(this.#coder, AT.anchor, key, side.anchor));
    return side.anchor;
  }

  /** Codes a change that is not further out than the last one, or off the grid. */
  outOfOrder(
    levels: ScaledInt[],
    index: number,
    side: LevelSide,
    key: number,
    isDelete: boolean,
  ): void {
    const coder = this.#coder;
    const set = isDelete ? ON_GRID_DELETE : ON_GRID_SET;
    const given = key === OFF_GRID ? OFF_GRID_PRICE : set;
    const kind = coder.tree(AT.outOfOrder, KIND_BITS, given);
    if (kind === OFF_GRID_PRICE) {
      // Rare: it is not added to the ranked book.
      levels[2 * index] = codeScaled(coder, levels[2 * index] as ScaledInt);
      levels[2 * index + 1] = codeScaled(coder, levels[2 * index + 1] as ScaledInt);
      return;
    }
    if (kind > OFF_GRID_PRICE) throw corrupt('no such kind of change');
    const found = this.#anchored(key, side);
    side.book.restart();
    side.book.seek(found);
    const isKnown = !side.book.isEnd && side.book.key === found;
    if (coder.isReading) {
      levels[2 * index] = this.prices.value(found * side.outward);
      levels[2 * index + 1] = 0;
    }
    if (kind === ON_GRID_SET) {
      if (isKnown) this.update(side, found, index);
      else this.insert(side, found, index);
    } else if (isKnown) {
      this.delete(side, found);
    } else {
      side.last(PHANTOM, found);
    }
  }
}

function codeDistance(coder: Coder, at: number, distance: number): number {
  const read = coder.number(at, distance, DISTANCE_DIGITS);
  if (read === NO_NUMBER) throw corrupt('a price is out of range');
  return read;
}
