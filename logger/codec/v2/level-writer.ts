/**
 * Writes the levels of diffs. A price in the book is coded by the number of levels skipped to reach it, a
 * new one by its place between its neighbours. `level-reader.ts` is the inverse, decision by decision.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import * as contexts from './block-contexts.ts';
import type { Grids } from './block-header.ts';
import type { Encoder } from './encoder.ts';
import { OFF_GRID } from './grid.ts';
import { LevelEdits } from './level-edits.ts';
import { LevelSizeWriter } from './level-size-writer.ts';
import {
  ENDLESS_GAP,
  PHANTOM,
  ageOf,
  depthOf,
  gapOf,
  isDeleteAt,
  isInsertAt,
  isNewAt,
  skipAt,
  skipDigitsAt,
} from './level-side.ts';
import type { LevelSide } from './level-side.ts';
import * as gaps from './place.ts';
import { writePlace } from './place.ts';

// Copies: what is imported is looked up at each use.
const { AT, MAX_SKIP_LENGTH, SKIP_DIGITS } = contexts;
const { MAX_PLACES } = gaps;

const lengthOf = (value: number): number => 32 - Math.clz32(value);

export class LevelWriter {
  readonly #encoder: Encoder;
  readonly #edits: LevelEdits;
  readonly #sizes: LevelSizeWriter;
  /** The keys of the list. */
  readonly #keys: number[] = [];

  constructor(encoder: Encoder, grids: Grids) {
    this.#encoder = encoder;
    this.#edits = new LevelEdits(encoder, grids.price);
    this.#sizes = new LevelSizeWriter(encoder, grids.size, this.#edits.recent);
  }

  /** The levels are not changed. */
  message(bids: ScaledInt[], bidCount: number, asks: ScaledInt[], askCount: number): void {
    const edits = this.#edits;
    edits.startMessage();
    this.#list(bids, bidCount, edits.bids);
    const bidChanges = edits.pending;
    this.#list(asks, askCount, edits.asks);
    this.#setSizes(bids, edits.bids, 0, bidChanges);
    this.#setSizes(asks, edits.asks, bidChanges, edits.pending);
  }

  #list(levels: ScaledInt[], count: number, side: LevelSide): void {
    if (count === 0) return;
    side.startList();
    const isSorted = this.#readKeys(levels, count, side);
    this.#encoder.bit(AT.isSorted, isSorted ? 1 : 0);
    const keys = this.#keys;
    for (let i = 0; i < count; i++) {
      const key = keys[i] as number;
      const isDelete = levels[2 * i + 1] === 0;
      if (isSorted || this.#isInOrder(key, side)) this.#change(i, side, key, isDelete);
      else this.#edits.outOfOrder(levels, i, side, key, isDelete);
    }
  }

  /** Finds the keys of a list. @returns whether all are on the grid and sorted. */
  #readKeys(levels: readonly ScaledInt[], count: number, side: LevelSide): boolean {
    const keys = this.#keys;
    const { prices } = this.#edits;
    const { outward } = side;
    let isSorted = true;
    let last = 0;
    for (let i = 0; i < count; i++) {
      const tick = prices.index(levels[2 * i] as ScaledInt);
      const key = tick === OFF_GRID ? OFF_GRID : tick * outward;
      if ((key <= last && i > 0) || key === OFF_GRID) isSorted = false;
      keys[i] = last = key;
    }
    return isSorted;
  }

  #isInOrder(key: number, side: LevelSide): boolean {
    const { isFirst } = side;
    const isInOrder = key !== OFF_GRID && (isFirst || key > side.lastKey);
    this.#encoder.bit(AT.isInOrder, isInOrder ? 1 : 0);
    return isInOrder;
  }

  /** Writes a change further out than the last one. */
  #change(index: number, side: LevelSide, key: number, isDelete: boolean): void {
    const encoder = this.#encoder;
    const edits = this.#edits;
    const { book, lastOperation } = side;
    const skipsAt = skipAt(lastOperation, depthOf(book.rank));
    const skip = book.seek(key);
    const length = lengthOf(skip);
    encoder.count(skipsAt, MAX_SKIP_LENGTH, length);
    if (length > 1) encoder.digits(skipDigitsAt(length), length, SKIP_DIGITS, skip);

    const depth = depthOf(book.rank);
    const isFirst = skip === 0 && side.isFirst;
    // What bounds the place of a new level, unless it is the first.
    const inner = skip > 0 ? book.keyBefore : side.lastKey;
    let places = MAX_PLACES;
    // At the end there is no other level, in a gap of no places no new one.
    if (!book.isEnd) {
      const outer = book.key;
      const change = book.changes[book.slot] as number;
      const age = ageOf(edits.message - (change >> 1));
      places = outer - inner - 1;
      const gap = isFirst ? ENDLESS_GAP : gapOf(places);
      const isKnown = outer === key;
      if (gap > 0) encoder.bit(isNewAt(gap, age, depth), isKnown ? 0 : 1);
      if (isKnown) {
        encoder.bit(isDeleteAt(lastOperation, age, change & 1), isDelete ? 1 : 0);
        if (isDelete) edits.delete(side, key);
        else edits.update(side, key, index);
        return;
      }
    }
    encoder.bit(isInsertAt(lastOperation, depth), isDelete ? 0 : 1);
    if (isFirst) {
      edits.firstKey(key, side);
    } else if (places < MAX_PLACES) {
      const isBehind = inner === side.lastKey && !side.isFirst ? 1 : 0;
      writePlace(encoder, AT.place, key - inner - 1, places, isBehind);
    } else {
      edits.wideKey(key, side, inner);
    }
    if (isDelete) side.last(PHANTOM, key);
    else edits.insert(side, key, index);
  }

  /** Writes the sizes of some of the pending changes. */
  #setSizes(levels: readonly ScaledInt[], side: LevelSide, from: number, to: number): void {
    const { slots, depths, places } = this.#edits;
    const known = side.book.sizes;
    for (let i = from; i < to; i++) {
      const slot = slots[i] as number;
      const size = levels[places[i] as number] as ScaledInt;
      known[slot] = this.#sizes.write(size, known[slot] as number, depths[i] as number);
    }
  }
}
