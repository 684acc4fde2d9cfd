/** The sizes of levels that a block sets: of new ones, and of those it has set before. */

import type { ScaledInt } from '../../market/decimal.ts';
import { AT } from './block-contexts.ts';
import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { OFF_GRID } from './grid.ts';
import type { Grid } from './grid.ts';
import {
  NEAR_CONTEXTS,
  NO_NUMBER,
  NUMBER_LIMIT,
  codeNumber,
  codeScaled,
  codeTree,
} from './numbers.ts';
import type { RecentSizes } from './recent-sizes.ts';
import { codeIndex, codeLots, lotsOf } from './sizes.ts';

/** How an update changes a size. */
const SAME = 0;
/** To, by plus, or by minus one of the recent sizes. */
const RECENT = 1;
const RECENT_MORE = 2;
const RECENT_LESS = 3;
const MORE = 4;
const LESS = 5;
const ESCAPED = 6;
const KIND_BITS = 3;
const DIGITS = 2;

export class LevelSizes {
  readonly #coder: Coder;
  readonly #grid: Grid;
  readonly #recent: RecentSizes;

  constructor(coder: Coder, grid: Grid, recent: RecentSizes) {
    this.#coder = coder;
    this.#grid = grid;
    this.#recent = recent;
  }

  /**
   * Codes a size in lots.
   * @param old `OFF_GRID` for a level that is new or whose size was off the grid.
   * @param depth below `FINE_DEPTHS`.
   */
  lots(size: ScaledInt, old: number, depth: number): number {
    const coder = this.#coder;
    const lots = coder.isReading ? 0 : lotsOf(this.#grid, size);
    if (old === OFF_GRID) return codeLots(coder, AT.newSize, this.#recent, depth, lots);
    return this.#updated(old, depth, lots);
  }

  /** The size that belongs to these lots. */
  size(size: ScaledInt, lots: number): ScaledInt {
    return lots === OFF_GRID ? codeScaled(this.#coder, size) : this.#grid.value(lots);
  }

  #updated(old: number, depth: number, lots: number): number {
    const coder = this.#coder;
    let kind = 0;
    let index = 0;
    if (!coder.isReading) {
      const change = Math.abs(lots - old);
      if (lots === OFF_GRID) kind = ESCAPED;
      else if (change === 0) kind = SAME;
      else if ((index = this.#recent.find(change)) >= 0)
        kind = lots > old ? RECENT_MORE : RECENT_LESS;
      else if ((index = this.#recent.find(lots)) >= 0) kind = RECENT;
      else kind = lots > old ? MORE : LESS;
    }
    kind = codeTree(coder, AT.update + depth * 2 ** KIND_BITS, KIND_BITS, kind);
    switch (kind) {
      case SAME:
        return old;
      case ESCAPED:
        return OFF_GRID;
      case RECENT:
        return this.#recentSize(index);
      case RECENT_MORE:
        return checkedLots(old + this.#recentSize(index));
      case RECENT_LESS:
        return checkedLots(old - this.#recentSize(index));
      case MORE:
        return checkedLots(old + this.#change(0, lots - old));
      case LESS:
        return checkedLots(old - this.#change(1, old - lots));
      default:
        throw corrupt('no such kind of update');
    }
  }

  #recentSize(index: number): number {
    return this.#recent.use(codeIndex(this.#coder, AT.updateIndex, index));
  }

  #change(direction: 0 | 1, change: number): number {
    const contexts = AT.updateLots + direction * NEAR_CONTEXTS;
    const read = codeNumber(this.#coder, contexts, change, DIGITS);
    if (read === NO_NUMBER) throw corrupt('an update has no size');
    this.#recent.addNew(read);
    return read;
  }
}

function checkedLots(lots: number): number {
  if (lots < 0 || lots >= NUMBER_LIMIT) throw corrupt('a size is out of range');
  return lots;
}
