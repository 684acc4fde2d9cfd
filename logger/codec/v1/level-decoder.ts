/** Decodes the levels of diffs from the tokens of `block/1`: the inverse of `level-encoder.ts`. */

import type { ScaledInt } from '../../market/decimal.ts';
import type { Levels } from '../../market/events.ts';
import { EMPTY_LEVELS } from '../../market/events.ts';
import { COLUMN } from './block-columns.ts';
import { corrupt } from './bytes.ts';
import type { ColumnsReader } from './columns.ts';
import { MAX_GRID_INDEX } from './grid.ts';
import type { Grid } from './grid.ts';
import * as model from './level-model.ts';
import { RecentSizes } from './recent-sizes.ts';
import { OFF_GRID, readLots } from './size-numbers.ts';

export class LevelDecoder {
  readonly #input: ColumnsReader;
  readonly #priceGrid: Grid;
  readonly #sizeGrid: Grid;
  readonly #recent = new RecentSizes();
  readonly #bids = new model.SideModel(this.#recent, -1);
  readonly #asks = new model.SideModel(this.#recent, 1);
  /**
   * Slots, operations and output positions that the first pass leaves to the second. `#pending` is
   * their number.
   */
  #pending = 0;
  readonly #slots: number[] = [];
  readonly #operations: number[] = [];
  readonly #places: number[] = [];

  constructor(input: ColumnsReader, priceGrid: Grid, sizeGrid: Grid) {
    this.#input = input;
    this.#priceGrid = priceGrid;
    this.#sizeGrid = sizeGrid;
  }

  message(bidCount: number, askCount: number): { bids: Levels; asks: Levels } {
    this.#pending = 0;
    const bids = this.#prices(bidCount, this.#bids);
    const bidChanges = this.#pending;
    const asks = this.#prices(askCount, this.#asks);
    this.#sizes(bids as ScaledInt[], this.#bids, 0, bidChanges);
    this.#sizes(asks as ScaledInt[], this.#asks, bidChanges, this.#pending);
    return { bids, asks };
  }

  #prices(count: number, side: model.SideModel): Levels {
    side.startMessage();
    if (count === 0) return EMPTY_LEVELS;
    const levels: ScaledInt[] = [];
    for (let change = 0; change < count; change++) {
      const token = this.#input.token(model.OPERATION_COLUMNS[side.context] as number);
      if (token === model.OUT_OF_ORDER) {
        this.#outOfOrder(levels, side);
        continue;
      }
      const operation = token % model.OPERATIONS;
      const skip = this.#input.mantissa(Math.floor(token / model.OPERATIONS));
      const rank = side.cursor + skip;
      const isNew = operation >= model.INSERT;
      if (rank > side.book.count || (!isNew && rank === side.book.count)) {
        throw corrupt('a change lies beyond the book');
      }
      const key = isNew ? this.#newKey(side, rank) : side.book.key(rank);
      if (key <= side.lastKey) throw corrupt('a change is not further out than the previous one');
      this.#apply(levels, side, operation, rank, key);
    }
    return levels;
  }

  #newKey(side: model.SideModel, rank: number): number {
    const inner = side.innerKey(rank);
    const outer = side.outerKey(rank);
    let key: number;
    if (inner === Number.NEGATIVE_INFINITY) {
      key = outer - 1 - this.#input.unsigned(COLUMN.betterOffset);
    } else if (outer === Number.POSITIVE_INFINITY) {
      key = inner + 1 + this.#input.unsigned(COLUMN.openOffset);
    } else {
      const places = outer - inner - 1;
      key = inner + 1 + (places > 1 ? this.#input.unsigned(model.offsetColumn(places)) : 0);
      if (key >= outer) throw corrupt('a new level lies beyond its neighbour');
    }
    return model.checkedKey(key);
  }

  #apply(
    levels: ScaledInt[],
    side: model.SideModel,
    operation: number,
    rank: number,
    key: number,
  ): void {
    const slot = side.apply(operation, rank, key);
    levels.push(this.#priceGrid.value(key * side.outward), 0);
    if (slot < 0) return;
    this.#slots[this.#pending] = slot;
    this.#operations[this.#pending] = operation;
    this.#places[this.#pending++] = levels.length - 1;
  }

  #outOfOrder(levels: ScaledInt[], side: model.SideModel): void {
    const kind = this.#input.token(COLUMN.outOfOrder);
    if (kind === model.OFF_GRID_PRICE) {
      levels.push(this.#input.escapes.scaled(), this.#input.escapes.scaled());
      return;
    }
    if (kind > model.OFF_GRID_PRICE) throw corrupt(`unknown out-of-order change ${kind}`);
    const key = model.checkedKey(this.#input.near(COLUMN.outOfOrderPrice, side.anchor));
    side.anchor = key;
    const rank = side.book.rankOf(key);
    const isKnown = rank < side.book.count && side.book.key(rank) === key;
    const isDelete = kind === model.ON_GRID_DELETE;
    this.#apply(levels, side, model.operationOf(isKnown, isDelete), rank, key);
  }

  #sizes(levels: ScaledInt[], side: model.SideModel, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const slot = this.#slots[i] as number;
      const old = side.book.sizeAt(slot);
      const lots =
        this.#operations[i] === model.INSERT || old === OFF_GRID
          ? readLots(this.#input, COLUMN.insertSize, this.#recent)
          : this.#updatedLots(old);
      if (lots === 0) throw corrupt('a level has no size');
      side.book.setSizeAt(slot, lots);
      levels[this.#places[i] as number] =
        lots === OFF_GRID ? this.#input.escapes.scaled() : this.#sizeGrid.value(lots);
    }
  }

  #updatedLots(old: number): number {
    const kind = this.#input.token(COLUMN.updateKind);
    switch (kind) {
      case model.SAME:
        return old;
      case model.RECENT:
        return this.#recent.use(this.#input.token(COLUMN.updateRecent));
      case model.RECENT_MORE:
        return checkedLots(old + this.#recent.use(this.#input.token(COLUMN.updateRecent)));
      case model.RECENT_LESS:
        return checkedLots(old - this.#recent.use(this.#input.token(COLUMN.updateRecent)));
      case model.MORE:
      case model.LESS: {
        const change = this.#input.unsigned(COLUMN.updateLots);
        this.#recent.addNew(change);
        return checkedLots(kind === model.MORE ? old + change : old - change);
      }
      case model.ESCAPED:
        return OFF_GRID;
      default:
        throw corrupt(`unknown kind of update ${kind}`);
    }
  }
}

function checkedLots(lots: number): number {
  if (lots < 0 || lots >= MAX_GRID_INDEX) throw corrupt('a size is out of range');
  return lots;
}
