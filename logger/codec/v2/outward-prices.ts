/**
 * The prices of one side of an image, from the best one outward, as the gaps between them. A price that is
 * not further out than the one before, or off the grid, is stored whole.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import { codeFlag } from './block-header.ts';
import type { Coder } from './coder.ts';
import { OFF_GRID } from './grid.ts';
import type { Grid } from './grid.ts';
import { checkedKey } from './level-side.ts';
import { NO_NUMBER, codeScaled, codeWhole, lengthOf, numberContexts } from './numbers.ts';

const DIGITS = 2;
const LENGTHS = 16;
const GAP_CONTEXTS = numberContexts(DIGITS);
/** By how far the two prices before were apart from theirs. */
export const OUTWARD_CONTEXTS = LENGTHS * GAP_CONTEXTS;

export class OutwardPrices {
  readonly #coder: Coder;
  readonly #at: number;
  readonly #grid: Grid;
  readonly #outward: 1 | -1;
  /** The least distance between two prices. */
  readonly #least: number;
  #key = 0;
  #lastLength = 0;
  #length = 0;

  /** @param least 1 for levels, 0 for orders, many of which share a price. */
  constructor(coder: Coder, at: number, grid: Grid, side: { outward: 1 | -1; least: 0 | 1 }) {
    this.#coder = coder;
    this.#at = at;
    this.#grid = grid;
    this.#outward = side.outward;
    this.#least = side.least;
  }

  code(price: ScaledInt): ScaledInt {
    const coder = this.#coder;
    const tick = coder.isReading ? 0 : this.#grid.index(price);
    const gap = tick * this.#outward - this.#key - this.#least;
    const isNext = tick !== OFF_GRID && gap >= 0;
    const at = this.#at + ((this.#lastLength + this.#length) >> 1) * GAP_CONTEXTS;
    const read = coder.number(at, isNext ? gap : NO_NUMBER, DIGITS);
    if (read === NO_NUMBER) {
      if (codeFlag(coder, tick === OFF_GRID)) return codeScaled(coder, price);
      this.#key = codeWhole(coder, tick * this.#outward);
    } else {
      this.#key += read + this.#least;
      this.#lastLength = this.#length;
      this.#length = read < 2 ** (LENGTHS - 1) ? lengthOf(read) : LENGTHS - 1;
    }
    return this.#grid.value(checkedKey(this.#key) * this.#outward);
  }
}
