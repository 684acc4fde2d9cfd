/**
 * The last sizes in a block of version 1, read without making its events: the sides that the decoder ranks
 * prices in hold them anyway. Takes two thirds of the time of decoding, and stops where the end is. The plain
 * way, `changesOf` of the decoded block, is what the tests compare it with.
 */

import type { ScaledInt } from '../market/decimal.ts';
import type { Levels } from '../market/events.ts';
import { isBehind, lastLevels } from './level-changes.ts';
import type { ChangesEnd, LevelChanges } from './level-changes.ts';
import { BLOCK_COLUMNS, COLUMN } from './v1/block-columns.ts';
import { corrupt } from './v1/bytes.ts';
import { ColumnsReader } from './v1/columns.ts';
import { Grid, MAX_GRID_INDEX } from './v1/grid.ts';
import * as model from './v1/level-model.ts';
import { HeadDecoder } from './v1/message-heads.ts';
import { RecentSizes } from './v1/recent-sizes.ts';
import { OFF_GRID, readLots } from './v1/size-numbers.ts';

const VERSION = 1;
const FIRST_CAPACITY = 1024;

/** @throws RecordCorruptError, also if a diff before the end does not continue the one before it. */
export function block1Changes(body: Uint8Array, end: ChangesEnd): LevelChanges {
  const input = new ColumnsReader(VERSION, BLOCK_COLUMNS, body);
  const { header } = input;
  const scale = { priceExponent: header.uint(), sizeExponent: header.uint() };
  const previousSequence = header.safeInteger();
  const diffs = header.uint(input.columnLength(COLUMN.diffTime));
  let tradesLeft = header.uint(input.columnLength(COLUMN.tradeTime));
  const grids = { price: Grid.read(header), size: Grid.read(header) };
  const rhythm = { timeUnitUs: header.uint(), diffInterval: header.uint() };
  if (rhythm.timeUnitUs < 1) throw corrupt('the time unit is zero');
  const heads = new HeadDecoder(input, rhythm, grids, previousSequence);
  const levels = new LastLevels(input, grids.price, grids.size);
  let last: LevelChanges['last'] = null;
  let isAll = true;
  for (let diff = 0; diff < diffs; diff++) {
    const tradesBefore = input.unsigned(COLUMN.tradesBefore);
    if (tradesBefore > tradesLeft) throw corrupt('more trades than declared');
    tradesLeft -= tradesBefore;
    for (let trade = 0; trade < tradesBefore; trade++) heads.trade();
    const head = heads.diff();
    const sequence = last?.lastSequence ?? previousSequence;
    if (head.firstSequence > sequence + 1 || head.lastSequence <= sequence) {
      throw corrupt(`it has a gap after sequence ${sequence}`);
    }
    isAll = !isBehind(head, end);
    if (!isAll) break;
    levels.message(head.bidCount, head.askCount);
    last = head;
  }
  if (isAll) {
    for (let trade = 0; trade < tradesLeft; trade++) heads.trade();
    input.end();
  }
  return { scale, previousSequence, last, ...levels.changes() };
}

/** Follows the level changes, as `v1/level-decoder.ts` does. */
class LastLevels {
  readonly #input: ColumnsReader;
  readonly #priceGrid: Grid;
  readonly #sizeGrid: Grid;
  readonly #recent = new RecentSizes();
  readonly #bids = new SideChanges(this.#recent, -1);
  readonly #asks = new SideChanges(this.#recent, 1);
  /** Slots and operations that the first pass over a message leaves to the second, and their number. */
  #slots = new Int32Array(FIRST_CAPACITY);
  #operations = new Uint8Array(FIRST_CAPACITY);
  #pending = 0;

  constructor(input: ColumnsReader, priceGrid: Grid, sizeGrid: Grid) {
    this.#input = input;
    this.#priceGrid = priceGrid;
    this.#sizeGrid = sizeGrid;
  }

  message(bidCount: number, askCount: number): void {
    this.#pending = 0;
    this.#prices(bidCount, this.#bids);
    const bidChanges = this.#pending;
    this.#prices(askCount, this.#asks);
    this.#sizes(this.#bids, 0, bidChanges);
    this.#sizes(this.#asks, bidChanges, this.#pending);
  }

  changes(): Pick<LevelChanges, 'bids' | 'asks'> {
    return {
      bids: this.#bids.levels(this.#priceGrid, this.#sizeGrid),
      asks: this.#asks.levels(this.#priceGrid, this.#sizeGrid),
    };
  }

  #prices(count: number, side: SideChanges): void {
    const input = this.#input;
    side.startMessage();
    for (let change = 0; change < count; change++) {
      const token = input.token(model.OPERATION_COLUMNS[side.context] as number);
      if (token === model.OUT_OF_ORDER) {
        this.#outOfOrder(side);
        continue;
      }
      const operation = token % model.OPERATIONS;
      const rank = side.cursor + input.mantissa(Math.floor(token / model.OPERATIONS));
      const isNew = operation >= model.INSERT;
      if (rank > side.book.count || (!isNew && rank === side.book.count)) {
        throw corrupt('a change lies beyond the book');
      }
      const key = isNew ? this.#newKey(side, rank) : side.book.key(rank);
      if (key <= side.lastKey) throw corrupt('a change is not further out than the previous one');
      this.#apply(side, operation, rank, key);
    }
  }

  #newKey(side: SideChanges, rank: number): number {
    const input = this.#input;
    const inner = side.innerKey(rank);
    const outer = side.outerKey(rank);
    let key: number;
    if (inner === Number.NEGATIVE_INFINITY) {
      key = outer - 1 - input.unsigned(COLUMN.betterOffset);
    } else if (outer === Number.POSITIVE_INFINITY) {
      key = inner + 1 + input.unsigned(COLUMN.openOffset);
    } else {
      const places = outer - inner - 1;
      key = inner + 1 + (places > 1 ? input.unsigned(model.offsetColumn(places)) : 0);
      if (key >= outer) throw corrupt('a new level lies beyond its neighbour');
    }
    return model.checkedKey(key);
  }

  #apply(side: SideChanges, operation: number, rank: number, key: number): void {
    const slot = side.apply(operation, rank, key);
    if (slot < 0) {
      side.deleted.push(key);
      return;
    }
    if (this.#pending === this.#slots.length) this.#grow();
    this.#slots[this.#pending] = slot;
    this.#operations[this.#pending++] = operation;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    slots.set(this.#slots);
    this.#slots = slots;
    const operations = new Uint8Array(slots.length);
    operations.set(this.#operations);
    this.#operations = operations;
  }

  #outOfOrder(side: SideChanges): void {
    const { escapes } = this.#input;
    const kind = this.#input.token(COLUMN.outOfOrder);
    if (kind === model.OFF_GRID_PRICE) {
      side.offGridPrices.set(escapes.scaled(), escapes.scaled());
      return;
    }
    if (kind > model.OFF_GRID_PRICE) throw corrupt(`unknown out-of-order change ${kind}`);
    const key = model.checkedKey(this.#input.near(COLUMN.outOfOrderPrice, side.anchor));
    side.anchor = key;
    const rank = side.book.rankOf(key);
    const isKnown = rank < side.book.count && side.book.key(rank) === key;
    this.#apply(side, model.operationOf(isKnown, kind === model.ON_GRID_DELETE), rank, key);
  }

  #sizes(side: SideChanges, from: number, to: number): void {
    const { book, offGridSizes } = side;
    for (let i = from; i < to; i++) {
      const slot = this.#slots[i] as number;
      const old = book.sizeAt(slot);
      const lots =
        this.#operations[i] === model.INSERT || old === OFF_GRID
          ? readLots(this.#input, COLUMN.insertSize, this.#recent)
          : this.#updatedLots(old);
      if (lots === 0) throw corrupt('a level has no size');
      book.setSizeAt(slot, lots);
      if (lots === OFF_GRID) offGridSizes.set(slot, this.#input.escapes.scaled());
    }
  }

  #updatedLots(old: number): number {
    const input = this.#input;
    const kind = input.token(COLUMN.updateKind);
    switch (kind) {
      case model.SAME:
        return old;
      case model.RECENT:
        return this.#recent.use(input.token(COLUMN.updateRecent));
      case model.RECENT_MORE:
        return checkedLots(old + this.#recent.use(input.token(COLUMN.updateRecent)));
      case model.RECENT_LESS:
        return checkedLots(old - this.#recent.use(input.token(COLUMN.updateRecent)));
      case model.MORE:
      case model.LESS: {
        const change = input.unsigned(COLUMN.updateLots);
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

/** A side of the block's own book, and what it does not hold. */
class SideChanges extends model.SideModel {
  /** Keys of levels that were deleted, some of them more than once, or set again since. */
  readonly deleted: number[] = [];
  /** By slot: sizes that are no number of lots. */
  readonly offGridSizes = new Map<number, ScaledInt>();
  readonly offGridPrices = new Map<ScaledInt, ScaledInt>();

  /** Each price with its last size, best first. */
  levels(priceGrid: Grid, sizeGrid: Grid): Levels {
    const { book, outward, deleted, offGridPrices: offGrid } = this;
    const keys: number[] = [];
    const sizes: ScaledInt[] = [];
    for (let rank = 0; rank < book.count; rank++) {
      keys.push(book.key(rank));
      const slot = book.slot(rank);
      const lots = book.sizeAt(slot);
      sizes.push(lots === OFF_GRID ? (this.offGridSizes.get(slot) ?? 0) : sizeGrid.value(lots));
    }
    const priceOf = (key: number): number => priceGrid.value(key * outward);
    return lastLevels({ keys, sizes, deleted, offGrid }, priceOf, outward);
  }
}
