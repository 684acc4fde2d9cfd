/**
 * Encodes the levels of diffs as tokens of `block/1`. A price in the book is encoded by the number
 * of levels skipped to reach it, a new one by its distance from the next better level. A message is
 * encoded in two passes, first the prices of both sides, then the sizes: by then every size that
 * the message deletes is among the recent sizes, where an order that moved to another price finds
 * its own again.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import type { Levels } from '../../market/events.ts';
import { COLUMN } from './block-columns.ts';
import { tokenOf } from './columns.ts';
import type { ColumnsWriter } from './columns.ts';
import type { Grid } from './grid.ts';
import * as model from './level-model.ts';
import { RecentSizes } from './recent-sizes.ts';
import { lotsOf, OFF_GRID, writeSize } from './size-numbers.ts';

export class LevelEncoder {
  readonly #out: ColumnsWriter;
  readonly #priceGrid: Grid;
  readonly #sizeGrid: Grid;
  readonly #recent = new RecentSizes();
  readonly #bids = new model.SideModel(this.#recent, -1);
  readonly #asks = new model.SideModel(this.#recent, 1);
  /**
   * Slots, operations and sizes that the first pass leaves to the second. `#pending` is their
   * number.
   */
  #pending = 0;
  readonly #slots: number[] = [];
  readonly #operations: number[] = [];
  readonly #sizes: ScaledInt[] = [];

  constructor(out: ColumnsWriter, priceGrid: Grid, sizeGrid: Grid) {
    this.#out = out;
    this.#priceGrid = priceGrid;
    this.#sizeGrid = sizeGrid;
  }

  message(bids: Levels, asks: Levels): void {
    this.#pending = 0;
    this.#prices(bids, this.#bids);
    const bidChanges = this.#pending;
    this.#prices(asks, this.#asks);
    for (let i = 0; i < this.#pending; i++) {
      const side = i < bidChanges ? this.#bids : this.#asks;
      this.#size(
        side,
        this.#slots[i] as number,
        this.#operations[i] as number,
        this.#sizes[i] as ScaledInt,
      );
    }
  }

  #prices(levels: Levels, side: model.SideModel): void {
    side.startMessage();
    for (let i = 0; i < levels.length; i += 2) {
      const price = levels[i] as ScaledInt;
      const size = levels[i + 1] as ScaledInt;
      const tick = this.#priceGrid.index(price);
      if (Number.isNaN(tick)) {
        this.#offGridPrice(side, price, size);
        continue;
      }
      const key = tick * side.outward;
      const rank = side.book.rankOf(key);
      const isKnown = rank < side.book.count && side.book.key(rank) === key;
      const operation = model.operationOf(isKnown, size === 0);
      if (!this.#inOrder(side, operation, rank, key)) {
        this.#outOfOrder(side, key, size === 0);
      }
      const slot = side.apply(operation, rank, key);
      if (slot >= 0) {
        this.#slots[this.#pending] = slot;
        this.#operations[this.#pending] = operation;
        this.#sizes[this.#pending++] = size;
      }
    }
  }

  /** Encodes a change further out than the last one; false if that is not possible. */
  #inOrder(side: model.SideModel, operation: number, rank: number, key: number): boolean {
    const skip = rank - side.cursor;
    if (key <= side.lastKey || skip < 0 || skip > model.MAX_SKIP) return false;
    const isNew = operation >= model.INSERT;
    const inner = isNew ? side.innerKey(rank) : 0;
    const outer = isNew ? side.outerKey(rank) : 0;
    if (inner === Number.NEGATIVE_INFINITY && outer === Number.POSITIVE_INFINITY) return false;
    const out = this.#out;
    const column = model.OPERATION_COLUMNS[side.context] as number;
    out.token(column, operation + model.OPERATIONS * tokenOf(skip));
    out.mantissa(skip);
    if (!isNew) return true;
    if (inner === Number.NEGATIVE_INFINITY) {
      out.unsigned(COLUMN.betterOffset, outer - key - 1);
    } else if (outer === Number.POSITIVE_INFINITY) {
      out.unsigned(COLUMN.openOffset, key - inner - 1);
    } else {
      const places = outer - inner - 1;
      if (places > 1) out.unsigned(model.offsetColumn(places), key - inner - 1);
    }
    return true;
  }

  #outOfOrder(side: model.SideModel, key: number, isDelete: boolean): void {
    this.#out.token(model.OPERATION_COLUMNS[side.context] as number, model.OUT_OF_ORDER);
    this.#out.token(COLUMN.outOfOrder, isDelete ? model.ON_GRID_DELETE : model.ON_GRID_SET);
    this.#out.near(COLUMN.outOfOrderPrice, key, side.anchor);
    side.anchor = key;
  }

  /** An out-of-order level is rare and is not added to the ranked book. */
  #offGridPrice(side: model.SideModel, price: ScaledInt, size: ScaledInt): void {
    this.#out.token(model.OPERATION_COLUMNS[side.context] as number, model.OUT_OF_ORDER);
    this.#out.token(COLUMN.outOfOrder, model.OFF_GRID_PRICE);
    this.#out.scaledEscape(price);
    this.#out.scaledEscape(size);
  }

  #size(side: model.SideModel, slot: number, operation: number, size: ScaledInt): void {
    const lots = lotsOf(this.#sizeGrid, size);
    const old = side.book.sizeAt(slot);
    if (operation === model.INSERT || old === OFF_GRID) {
      writeSize(this.#out, COLUMN.insertSize, this.#recent, lots, size);
    } else {
      this.#updatedSize(old, lots, size);
    }
    side.book.setSizeAt(slot, lots);
  }

  #updatedSize(old: number, lots: number, size: ScaledInt): void {
    const out = this.#out;
    if (lots === OFF_GRID) {
      out.token(COLUMN.updateKind, model.ESCAPED);
      out.scaledEscape(size);
      return;
    }
    if (lots === old) {
      out.token(COLUMN.updateKind, model.SAME);
      return;
    }
    const change = Math.abs(lots - old);
    let index = this.#recent.find(change);
    let kind = lots > old ? model.RECENT_MORE : model.RECENT_LESS;
    if (index < 0) {
      index = this.#recent.find(lots);
      kind = model.RECENT;
    }
    if (index >= 0) {
      out.token(COLUMN.updateKind, kind);
      out.token(COLUMN.updateRecent, index);
      this.#recent.use(index);
      return;
    }
    out.token(COLUMN.updateKind, lots > old ? model.MORE : model.LESS);
    out.unsigned(COLUMN.updateLots, change);
    this.#recent.addNew(change);
  }
}
