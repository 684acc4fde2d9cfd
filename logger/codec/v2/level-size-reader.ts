/** Reads what `level-size-writer.ts` wrote, decision by decision. */

import type { ScaledInt } from '../../market/decimal.ts';
import * as contexts from './block-contexts.ts';
import { corrupt } from './bytes.ts';
import type { Decoder } from './decoder.ts';
import type { Grid } from './grid.ts';
import * as kinds from './level-sizes.ts';
import { checkedLots } from './level-sizes.ts';
import * as numbers from './numbers.ts';
import { codeScaled } from './numbers.ts';
import type { RecentSizes } from './recent-sizes.ts';
import * as sizes from './sizes.ts';
import { codeIndex } from './sizes.ts';

// Copies: what is imported is looked up at each use.
const { AT } = contexts;
const { SAME, RECENT, RECENT_MORE, RECENT_LESS, MORE, LESS, ESCAPED, KIND_BITS } = kinds;
const { UPDATE_DIGITS } = kinds;
const { NEAR_CONTEXTS, NO_NUMBER } = numbers;
const { LOTS_CONTEXTS, LOTS_DIGITS, NO_LOTS } = sizes;

export class LevelSizeReader {
  readonly #decoder: Decoder;
  readonly #grid: Grid;
  readonly #recent: RecentSizes;

  constructor(decoder: Decoder, grid: Grid, recent: RecentSizes) {
    this.#decoder = decoder;
    this.#grid = grid;
    this.#recent = recent;
  }

  /**
   * @param old the level's last size in lots; `NO_LOTS` if it is new or its size was off the grid.
   * @returns the size in lots; `NO_LOTS`: it is off the grid, and what `size` reads follows.
   */
  lots(old: number, depth: number): number {
    const lots = old === NO_LOTS ? this.#new(depth) : this.#updated(old, depth);
    if (lots === 0) throw corrupt('a level has no size');
    return lots;
  }

  /** The size that belongs to these lots. */
  size(lots: number): ScaledInt {
    return lots === NO_LOTS ? codeScaled(this.#decoder, 0) : this.#grid.value(lots);
  }

  #new(depth: number): number {
    const decoder = this.#decoder;
    const at = AT.newSize;
    if (decoder.bit(at.isRecent + depth) === 1) {
      return this.#recent.use(codeIndex(decoder, at.index, 0));
    }
    const lots = decoder.number(at.lots + (depth >> 1) * LOTS_CONTEXTS, 0, LOTS_DIGITS);
    if (lots === NO_NUMBER) return NO_LOTS;
    this.#recent.addNew(lots);
    return lots;
  }

  #updated(old: number, depth: number): number {
    switch (this.#decoder.tree(AT.update + (depth << KIND_BITS), KIND_BITS)) {
      case SAME:
        return old;
      case ESCAPED:
        return NO_LOTS;
      case RECENT:
        return this.#recentSize();
      case RECENT_MORE:
        return checkedLots(old + this.#recentSize());
      case RECENT_LESS:
        return checkedLots(old - this.#recentSize());
      case MORE:
        return checkedLots(old + this.#change(0));
      case LESS:
        return checkedLots(old - this.#change(1));
      default:
        throw corrupt('no such kind of update');
    }
  }

  #recentSize(): number {
    return this.#recent.use(codeIndex(this.#decoder, AT.updateIndex, 0));
  }

  #change(direction: 0 | 1): number {
    const at = AT.updateLots + direction * NEAR_CONTEXTS;
    const change = this.#decoder.number(at, 0, UPDATE_DIGITS);
    if (change === NO_NUMBER) throw corrupt('an update has no size');
    this.#recent.addNew(change);
    return change;
  }
}
