/**
 * The levels of diffs. A price in the book is coded by the number of levels skipped to reach it, a new
 * one by its place between its neighbours. A message is coded in two passes, first the prices of both
 * sides, then the sizes: by then every size that the message deletes is among the recent sizes, where an
 * order that moved to another price finds its own again.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import * as contexts from './block-contexts.ts';
import { AT, DEPTHS } from './block-contexts.ts';
import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { OFF_GRID } from './grid.ts';
import type { Grid } from './grid.ts';
import { DELETE, INSERT, LevelSide, PHANTOM, UPDATE, checkedKey } from './level-side.ts';
import { LevelSizes } from './level-sizes.ts';
import {
  NO_NUMBER,
  codeDigits,
  codeNear,
  codeNumber,
  codeScaled,
  codeTree,
  lengthOf,
} from './numbers.ts';
import { MAX_PLACES, codePlace } from './place.ts';
import { RecentSizes } from './recent-sizes.ts';

/** The price of a change that is out of order. */
const ON_GRID_SET = 0;
const ON_GRID_DELETE = 1;
const OFF_GRID_PRICE = 2;
const KIND_BITS = 2;
const WIDE_GAP = 14;
const ENDLESS_GAP = 15;
const DISTANCE_DIGITS = 2;

const depthOf = (rank: number): number => Math.min(3, (lengthOf(rank) + 1) >> 1);
const fineDepthOf = (rank: number): number => Math.min(7, lengthOf(rank));

export class LevelModel {
  readonly #coder: Coder;
  readonly #prices: Grid;
  readonly #recent = new RecentSizes();
  readonly #bids = new LevelSide(this.#recent, -1);
  readonly #asks = new LevelSide(this.#recent, 1);
  readonly #sizes: LevelSizes;
  #message = 0;
  /** The keys of a list that is written. */
  #keys = new Float64Array(64);
  /** What the first pass leaves to the second: slots, ranks, places in the list. */
  #pending = 0;
  readonly #slots: number[] = [];
  readonly #ranks: number[] = [];
  readonly #places: number[] = [];

  constructor(coder: Coder, grids: { readonly price: Grid; readonly size: Grid }) {
    this.#coder = coder;
    this.#prices = grids.price;
    this.#sizes = new LevelSizes(coder, grids.size, this.#recent);
  }

  /** Codes the levels of a message; when reading, `bids` and `asks` are filled. */
  message(bids: ScaledInt[], bidCount: number, asks: ScaledInt[], askCount: number): void {
    this.#message++;
    this.#pending = 0;
    this.#list(bids, bidCount, this.#bids);
    const bidChanges = this.#pending;
    this.#list(asks, askCount, this.#asks);
    this.#setSizes(bids, this.#bids, 0, bidChanges);
    this.#setSizes(asks, this.#asks, bidChanges, this.#pending);
  }

  #list(levels: ScaledInt[], count: number, side: LevelSide): void {
    const coder = this.#coder;
    side.startList();
    if (count === 0) return;
    const isSorted = coder.bit(AT.isSorted, this.#readKeys(levels, count, side) ? 1 : 0) === 1;
    for (let i = 0; i < count; i++) {
      const key = coder.isReading ? 0 : (this.#keys[i] as number);
      const isDelete = !coder.isReading && levels[2 * i + 1] === 0;
      const isInOrder = isSorted || this.#isInOrder(key, side);
      if (isInOrder) this.#change(levels, i, side, key, isDelete);
      else this.#outOfOrder(levels, i, side, key, isDelete);
    }
  }

  /** When writing: finds the keys of a list. @returns whether all are on the grid and sorted. */
  #readKeys(levels: readonly ScaledInt[], count: number, side: LevelSide): boolean {
    if (this.#coder.isReading) return false;
    if (this.#keys.length < count) this.#keys = new Float64Array(2 * count);
    const keys = this.#keys;
    let isSorted = true;
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const tick = this.#prices.index(levels[2 * i] as ScaledInt);
      const key = tick === OFF_GRID ? OFF_GRID : tick * side.outward;
      if (key <= last || key === OFF_GRID) isSorted = false;
      keys[i] = last = key;
    }
    return isSorted;
  }

  #isInOrder(key: number, side: LevelSide): boolean {
    return this.#coder.bit(AT.isInOrder, key !== OFF_GRID && key > side.lastKey ? 1 : 0) === 1;
  }

  /** Codes a change further out than the last one. */
  #change(
    levels: ScaledInt[],
    index: number,
    side: LevelSide,
    key: number,
    isDelete: boolean,
  ): void {
    const coder = this.#coder;
    const { book } = side;
    let rank = 0;
    let operation = 0;
    if (!coder.isReading) {
      rank = book.rankOf(key, side.cursor);
      operation = side.operationOf(rank, key, isDelete);
    }
    rank = side.cursor + this.#skip(rank - side.cursor, side);
    if (rank > book.count) throw corrupt('a change lies beyond the book');
    operation = this.#operation(operation, rank, side);
    const found = operation >= INSERT ? this.#newKey(key, rank, side) : book.key(rank);
    this.#apply(levels, index, side, operation, rank, found);
  }

  #skip(skip: number, side: LevelSide): number {
    const coder = this.#coder;
    const which = side.lastOperation * DEPTHS + depthOf(side.cursor);
    const at = AT.skipLength + which * (contexts.MAX_SKIP_LENGTH + 1);
    const actual = lengthOf(skip);
    let length = 0;
    while (
      length < contexts.MAX_SKIP_LENGTH &&
      coder.bit(at + length, actual > length ? 1 : 0) === 1
    ) {
      length++;
    }
    const digits = AT.skipDigits + (length << contexts.SKIP_DIGITS);
    return codeDigits(coder, digits, length, skip, contexts.SKIP_DIGITS);
  }

  #operation(operation: number, rank: number, side: LevelSide): number {
    const coder = this.#coder;
    const { book, lastOperation } = side;
    const isEnd = rank === book.count;
    const change = isEnd ? 0 : (book.changes[book.slot(rank)] as number);
    const age = isEnd ? 0 : Math.min(7, lengthOf(this.#message - (change >> 1)));
    const gap = gapBefore(rank, side);
    const depth = depthOf(rank);
    const newAt = AT.isNew + (gap * contexts.AGES + age) * DEPTHS + depth;
    // At the end there is no other level, in a gap of no places no new one.
    const isNew = isEnd || (gap > 0 && coder.bit(newAt, operation >= INSERT ? 1 : 0) === 1);
    if (isNew) {
      const at = AT.isInsert + lastOperation * DEPTHS + depth;
      return coder.bit(at, operation === INSERT ? 1 : 0) === 1 ? INSERT : PHANTOM;
    }
    const at = AT.isDelete + (lastOperation * contexts.AGES + age) * 2 + (change & 1);
    return coder.bit(at, operation === DELETE ? 1 : 0) === 1 ? DELETE : UPDATE;
  }

  #newKey(key: number, rank: number, side: LevelSide): number {
    const coder = this.#coder;
    const inner = innerKey(rank, side);
    const outer = outerKey(rank, side);
    if (inner === Number.NEGATIVE_INFINITY) {
      if (outer === Number.POSITIVE_INFINITY) return this.#anchored(key, side);
      return checkedKey(outer - 1 - codeDistance(coder, AT.better, outer - 1 - key));
    }
    const places = outer - inner - 1;
    if (places < MAX_PLACES) {
      const isBehind = inner === side.lastKey ? 1 : 0;
      return inner + 1 + codePlace(coder, AT.place, key - inner - 1, places, isBehind);
    }
    const found = checkedKey(inner + 1 + codeDistance(coder, AT.worse, key - inner - 1));
    if (found >= outer) throw corrupt('a new level lies beyond its neighbour');
    return found;
  }

  #anchored(key: number, side: LevelSide): number {
    side.anchor = checkedKey(codeNear(this.#coder, AT.anchor, key, side.anchor));
    return side.anchor;
  }

  #outOfOrder(
    levels: ScaledInt[],
    index: number,
    side: LevelSide,
    key: number,
    isDelete: boolean,
  ): void {
    const coder = this.#coder;
    const set = isDelete ? ON_GRID_DELETE : ON_GRID_SET;
    const kind = codeTree(coder, AT.outOfOrder, KIND_BITS, key === OFF_GRID ? OFF_GRID_PRICE : set);
    if (kind === OFF_GRID_PRICE) {
      // Rare: it is not added to the ranked book.
      levels[2 * index] = codeScaled(coder, levels[2 * index] as ScaledInt);
      levels[2 * index + 1] = codeScaled(coder, levels[2 * index + 1] as ScaledInt);
      return;
    }
    if (kind > OFF_GRID_PRICE) throw corrupt('no such kind of change');
    const found = this.#anchored(key, side);
    const rank = side.book.rankOf(found, side.cursor);
    const operation = side.operationOf(rank, found, kind === ON_GRID_DELETE);
    this.#apply(levels, index, side, operation, rank, found);
  }

  #apply(
    levels: ScaledInt[],
    index: number,
    side: LevelSide,
    operation: number,
    rank: number,
    key: number,
  ): void {
    const slot = side.apply(operation, rank, key, this.#message);
    if (this.#coder.isReading) levels.push(this.#prices.value(key * side.outward), 0);
    if (slot < 0) return;
    this.#slots[this.#pending] = slot;
    this.#ranks[this.#pending] = rank;
    this.#places[this.#pending++] = 2 * index + 1;
  }

  #setSizes(levels: ScaledInt[], { book }: LevelSide, from: number, to: number): void {
    const { isReading } = this.#coder;
    for (let i = from; i < to; i++) {
      const slot = this.#slots[i] as number;
      const place = this.#places[i] as number;
      const size = isReading ? 0 : (levels[place] as ScaledInt);
      const old = book.sizes[slot] as number;
      const lots = this.#sizes.lots(size, old, fineDepthOf(this.#ranks[i] as number));
      if (lots === 0) throw corrupt('a level has no size');
      book.sizes[slot] = lots;
      const read = this.#sizes.size(size, lots);
      if (isReading) levels[place] = read;
    }
  }
}

/** The key that a new level at `rank` must be beyond; -Infinity if nothing bounds it. */
function innerKey(rank: number, { book, lastKey }: LevelSide): number {
  return rank > 0 ? Math.max(book.key(rank - 1), lastKey) : lastKey;
}

/** The key that a new level at `rank` must stay below; Infinity if nothing bounds it. */
function outerKey(rank: number, { book }: LevelSide): number {
  return rank < book.count ? book.key(rank) : Number.POSITIVE_INFINITY;
}

/** The length of the number of places in front of the level at `rank`. */
function gapBefore(rank: number, side: LevelSide): number {
  const places = outerKey(rank, side) - innerKey(rank, side) - 1;
  if (places < 2 ** (WIDE_GAP - 1)) return lengthOf(places);
  return places === Number.POSITIVE_INFINITY ? ENDLESS_GAP : WIDE_GAP;
}

function codeDistance(coder: Coder, at: number, distance: number): number {
  const read = codeNumber(coder, at, distance, DISTANCE_DIGITS);
  if (read === NO_NUMBER) throw corrupt('a price is out of range');
  return read;
}
