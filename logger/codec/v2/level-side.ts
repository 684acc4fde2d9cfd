/**
 * A side of the book as the block has built it so far (it starts empty), and the last change of the
 * message that is coded. What its changes are learnt by is computed here, for writing and for reading.
 */

import * as contexts from './block-contexts.ts';
import { corrupt } from './bytes.ts';
import { NUMBER_LIMIT } from './numbers.ts';
import { RankedSide } from './ranked-side.ts';

/** A delete of a level that the block has not set; see `level-edits.ts` for the other operations. */
export const PHANTOM = 3;
/** In place of the last operation: none yet in this list. */
const LIST_START = 4;
const WIDE_GAP = 14;
const WIDE_PLACES = 2 ** (WIDE_GAP - 1);
/** In place of a length: nothing bounds it. */
export const ENDLESS_GAP = 15;

// Copies: what is imported is looked up at each use.
const { AT, AGES, DEPTHS, MAX_SKIP_LENGTH, SKIP_DIGITS } = contexts;
const MAX_KEY = NUMBER_LIMIT / 2;

const lengthOf = (value: number): number => 32 - Math.clz32(value);

export class LevelSide {
  readonly book = new RankedSide();
  /** Whether no change came yet in this list. */
  isFirst = true;
  /** The key of the last change, if there was one in this list. */
  lastKey = 0;
  /** The operation of the last change. */
  lastOperation: number = LIST_START;
  /** The last key that was stored whole, near which the next one is expected. */
  anchor = 0;
  /** A tick times this is its key: keys grow away from the best price. */
  readonly outward: 1 | -1;

  constructor(outward: 1 | -1) {
    this.outward = outward;
  }

  /** Notes the last change. */
  last(operation: number, key: number): void {
    this.isFirst = false;
    this.lastKey = key;
    this.lastOperation = operation;
  }

  startList(): void {
    this.isFirst = true;
    this.book.restart();
    this.lastOperation = LIST_START;
  }
}

export const depthOf = (rank: number): number => Math.min(3, (lengthOf(rank) + 1) >> 1);
export const fineDepthOf = (rank: number): number => Math.min(7, lengthOf(rank));

/** The length of the number of messages since a level changed. */
export const ageOf = (messages: number): number => Math.min(AGES - 1, lengthOf(messages));

/** The length of the number of places between two keys. */
export function gapOf(places: number): number {
  return places < WIDE_PLACES ? lengthOf(places) : WIDE_GAP;
}

export const skipAt = (lastOperation: number, depth: number): number =>
  AT.skipLength + (lastOperation * DEPTHS + depth) * (MAX_SKIP_LENGTH + 1);
export const skipDigitsAt = (length: number): number => AT.skipDigits + (length << SKIP_DIGITS);
export const isNewAt = (gap: number, age: number, depth: number): number =>
  AT.isNew + (gap * AGES + age) * DEPTHS + depth;
export const isInsertAt = (lastOperation: number, depth: number): number =>
  AT.isInsert + lastOperation * DEPTHS + depth;
export const isDeleteAt = (lastOperation: number, age: number, wasUpdate: number): number =>
  AT.isDelete + (lastOperation * AGES + age) * 2 + wasUpdate;

/** Checks a key against the bounds within which the sum of two keys is exact. */
export function checkedKey(key: number): number {
  if (!(Math.abs(key) < MAX_KEY)) throw corrupt('a price is out of range');
  return key;
}
