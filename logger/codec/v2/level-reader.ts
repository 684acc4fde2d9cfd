/** Reads what `level-writer.ts` wrote, decision by decision. */

import type { ScaledInt } from '../../market/decimal.ts';
import * as contexts from './block-contexts.ts';
import type { Grids } from './block-header.ts';
import { corrupt } from './bytes.ts';
import type { Decoder } from './decoder.ts';
import { LevelEdits } from './level-edits.ts';
import { LevelSizeReader } from './level-size-reader.ts';
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
import { readPlace } from './place.ts';

// Copies: what is imported is looked up at each use.
const { AT, MAX_SKIP_LENGTH, SKIP_DIGITS } = contexts;
const { MAX_PLACES } = gaps;

export class LevelReader {
  readonly #decoder: Decoder;
  readonly #edits: LevelEdits;
  readonly #sizes: LevelSizeReader;

  constructor(decoder: Decoder, grids: Grids) {
    this.#decoder = decoder;
    this.#edits = new LevelEdits(decoder, grids.price);
    this.#sizes = new LevelSizeReader(decoder, grids.size, this.#edits.recent);
  }

  /** Fills the start of `bids` and `asks`. */
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
    const decoder = this.#decoder;
    side.startList();
    const isSorted = decoder.bit(AT.isSorted) === 1;
    for (let i = 0; i < count; i++) {
      if (isSorted || decoder.bit(AT.isInOrder) === 1) this.#change(levels, i, side);
      else this.#edits.outOfOrder(levels, i, side, 0, false);
    }
  }

  /** Reads a change further out than the last one. */
  #change(levels: ScaledInt[], index: number, side: LevelSide): void {
    const decoder = this.#decoder;
    const edits = this.#edits;
    const { book, lastOperation } = side;
    const length = decoder.count(skipAt(lastOperation, depthOf(book.rank)), MAX_SKIP_LENGTH);
    const skip = length < 2 ? length : decoder.digits(skipDigitsAt(length), length, SKIP_DIGITS);
    if (skip > book.count - book.rank) throw corrupt('a change lies beyond the book');
    book.skip(skip);

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
      if (gap === 0 || decoder.bit(isNewAt(gap, age, depth)) === 0) {
        const isDelete = decoder.bit(isDeleteAt(lastOperation, age, change & 1)) === 1;
        levels[2 * index] = edits.prices.value(outer * side.outward);
        levels[2 * index + 1] = 0;
        if (isDelete) edits.delete(side, outer);
        else edits.update(side, outer, index);
        return;
      }
    }
    const isInsert = decoder.bit(isInsertAt(lastOperation, depth)) === 1;
    let key: number;
    if (isFirst) {
      key = edits.firstKey(0, side);
    } else if (places < MAX_PLACES) {
      const isBehind = inner === side.lastKey && !side.isFirst ? 1 : 0;
      key = inner + 1 + readPlace(decoder, AT.place, places, isBehind);
    } else {
      key = edits.wideKey(0, side, inner);
    }
    levels[2 * index] = edits.prices.value(key * side.outward);
    levels[2 * index + 1] = 0;
    if (isInsert) edits.insert(side, key, index);
    else side.last(PHANTOM, key);
  }

  /** Reads the sizes of some of the pending changes. */
  #setSizes(levels: ScaledInt[], side: LevelSide, from: number, to: number): void {
    const { slots, depths, places } = this.#edits;
    const sizes = this.#sizes;
    const known = side.book.sizes;
    for (let i = from; i < to; i++) {
      const slot = slots[i] as number;
      const lots = sizes.lots(known[slot] as number, depths[i] as number);
      known[slot] = lots;
      levels[places[i] as number] = sizes.size(lots);
    }
  }
}
