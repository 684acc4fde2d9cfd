/**
 * Sizes without a previous size at the same price (new levels, trades, orders, images): an index into
 * the recent sizes, or a number of lots, or, off the grid of lots, the size itself.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import type { Coder, Contexts } from './coder.ts';
import type { Grid } from './grid.ts';
import { NO_NUMBER, codeScaled, lengthOf, numberContexts } from './numbers.ts';
import { RecentSizes } from './recent-sizes.ts';

const INDEX_DIGITS = 1;
const INDEX_LENGTH_BITS = 3;
/** Sizes recur long after they have left the recent ones, so more of their digits are learnt. */
export const LOTS_DIGITS = 4;
export const INDEX_CONTEXTS = 2 ** INDEX_LENGTH_BITS * (1 + 2 ** INDEX_DIGITS);
export const LOTS_CONTEXTS = numberContexts(LOTS_DIGITS);

/** The contexts of one kind of sizes, which distinguishes `2 ** bits` cases. */
export interface SizeContexts {
  readonly isRecent: number;
  readonly index: number;
  readonly lots: number;
}

export function takeSizeContexts(contexts: Contexts, cases: number): SizeContexts {
  return {
    isRecent: contexts.take(cases),
    index: contexts.take(INDEX_CONTEXTS),
    lots: contexts.take(Math.ceil(cases / 2) * LOTS_CONTEXTS),
  };
}

/** In place of a number of lots: the size is off the grid, or negative. */
export const NO_LOTS = -1;

/** The size in lots, or `NO_LOTS`. */
export function lotsOf(grid: Grid, size: ScaledInt): number {
  const lots = grid.index(size);
  return lots >= 0 ? lots : NO_LOTS;
}

/** An index into the recent sizes. */
export function codeIndex(coder: Coder, at: number, index: number): number {
  const lengths = 2 ** INDEX_LENGTH_BITS;
  const length = coder.tree(at, INDEX_LENGTH_BITS, lengthOf(index));
  return coder.digits(at + lengths + (length << INDEX_DIGITS), length, INDEX_DIGITS, index);
}

/** A number of lots; `NO_LOTS` is written as the escape of a number. */
export function codeLots(
  coder: Coder,
  at: SizeContexts,
  recent: RecentSizes,
  which: number,
  lots: number,
): number {
  const index = coder.isReading || lots === NO_LOTS ? -1 : recent.find(lots);
  if (coder.bit(at.isRecent + which, index >= 0 ? 1 : 0) === 1) {
    return recent.use(codeIndex(coder, at.index, index));
  }
  const contexts = at.lots + (which >> 1) * LOTS_CONTEXTS;
  const read = coder.number(contexts, lots, LOTS_DIGITS);
  if (read === NO_NUMBER) return NO_LOTS;
  recent.addNew(read);
  return read;
}

/** A size with recent sizes of its own kind. */
export class SizeModel {
  /** The number of cases of `codeByPast`. */
  static readonly PASTS = 8;

  readonly #coder: Coder;
  readonly #at: SizeContexts;
  readonly #grid: Grid;
  readonly #recent = new RecentSizes();
  /** Whether each of the last three sizes was a recent one, the last one in the lowest bit. */
  #past = 0;

  constructor(coder: Coder, at: SizeContexts, grid: Grid) {
    this.#coder = coder;
    this.#at = at;
    this.#grid = grid;
  }

  /** @param which the case, below the number of cases of the contexts. */
  code(size: ScaledInt, which = 0): ScaledInt {
    const coder = this.#coder;
    const lots = coder.isReading ? 0 : lotsOf(this.#grid, size);
    const before = this.#recent.added;
    const read = codeLots(coder, this.#at, this.#recent, which, lots);
    this.#past =
      ((this.#past << 1) & 7) | (read !== NO_LOTS && this.#recent.added === before ? 1 : 0);
    return read === NO_LOTS ? codeScaled(coder, size) : this.#grid.value(read);
  }

  /** Whether sizes recur is learnt from the sizes before. */
  codeByPast(size: ScaledInt): ScaledInt {
    return this.code(size, this.#past);
  }
}
