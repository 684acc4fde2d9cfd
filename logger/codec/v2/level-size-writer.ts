/** Writes the sizes of levels: of new ones, and of those that the block has set before. */

import type { ScaledInt } from '../../market/decimal.ts';
import * as contexts from './block-contexts.ts';
import type { Encoder } from './encoder.ts';
import type { Grid } from './grid.ts';
import * as kinds from './level-sizes.ts';
import * as numbers from './numbers.ts';
import { codeScaled } from './numbers.ts';
import type { RecentSizes } from './recent-sizes.ts';
import * as sizes from './sizes.ts';
import { codeIndex } from './sizes.ts';

// Copies: what is imported is looked up at each use.
const { AT } = contexts;
const { SAME, RECENT, RECENT_MORE, RECENT_LESS, MORE, LESS, ESCAPED, KIND_BITS } = kinds;
const { UPDATE_DIGITS } = kinds;
const { NEAR_CONTEXTS } = numbers;
const { LOTS_CONTEXTS, LOTS_DIGITS, NO_LOTS } = sizes;

export class LevelSizeWriter {
  readonly #encoder: Encoder;
  readonly #grid: Grid;
  readonly #recent: RecentSizes;

  constructor(encoder: Encoder, grid: Grid, recent: RecentSizes) {
    this.#encoder = encoder;
    this.#grid = grid;
    this.#recent = recent;
  }

  /**
   * @param old the level's last size in lots; `NO_LOTS` if it is new or its size was off the grid.
   * @returns the size in lots, or `NO_LOTS`.
   */
  write(size: ScaledInt, old: number, depth: number): number {
    const index = this.#grid.index(size);
    const lots = index >= 0 ? index : NO_LOTS;
    if (old === NO_LOTS) this.#new(lots, depth);
    else this.#updated(lots, old, depth);
    if (lots === NO_LOTS) codeScaled(this.#encoder, size);
    return lots;
  }

  #new(lots: number, depth: number): void {
    const encoder = this.#encoder;
    const recent = this.#recent;
    const at = AT.newSize;
    const index = lots === NO_LOTS ? -1 : recent.find(lots);
    encoder.bit(at.isRecent + depth, index >= 0 ? 1 : 0);
    if (index >= 0) {
      codeIndex(encoder, at.index, index);
      recent.use(index);
      return;
    }
    encoder.number(at.lots + (depth >> 1) * LOTS_CONTEXTS, lots, LOTS_DIGITS);
    if (lots !== NO_LOTS) recent.addNew(lots);
  }

  #updated(lots: number, old: number, depth: number): void {
    const recent = this.#recent;
    const isMore = lots > old;
    const change = isMore ? lots - old : old - lots;
    if (lots === NO_LOTS) return this.#kind(ESCAPED, depth);
    if (change === 0) return this.#kind(SAME, depth);
    let index = recent.find(change);
    if (index >= 0) {
      this.#kind(isMore ? RECENT_MORE : RECENT_LESS, depth);
      return this.#use(index);
    }
    index = recent.find(lots);
    if (index >= 0) {
      this.#kind(RECENT, depth);
      return this.#use(index);
    }
    this.#kind(isMore ? MORE : LESS, depth);
    const at = AT.updateLots + (isMore ? 0 : NEAR_CONTEXTS);
    this.#encoder.number(at, change, UPDATE_DIGITS);
    recent.addNew(change);
  }

  #kind(kind: number, depth: number): void {
    this.#encoder.tree(AT.update + (depth << KIND_BITS), KIND_BITS, kind);
  }

  #use(index: number): void {
    codeIndex(this.#encoder, AT.updateIndex, index);
    this.#recent.use(index);
  }
}
