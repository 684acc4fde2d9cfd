/** Rows as they are collected: cells of every column, all of one scale. */

import type { Scale } from '../market/decimal.ts';
import { isSameScale } from '../market/scale.ts';
import { createCells, decimalsBeyond } from './cells.ts';
import type { CellValue, Cells } from './cells.ts';
import { exponentOf } from './column.ts';
import type { Column, ColumnType } from './column.ts';

/** A few MiB of cells are collected, encoded and written together. */
const MAX_CELLS = 2 ** 20;
const MIN_ROWS = 1024;
const MAX_ROWS = 65_536;

/** Rows that were taken out, as bytes. */
export interface RowBatch {
  readonly rows: number;
  readonly scale: Scale;
  /** The fewest decimals that hold every notional among them. */
  readonly notionalExponent: number;
  readonly columns: readonly { readonly bytes: Uint8Array; readonly hasNulls: boolean }[];
}

export class Rows {
  readonly #cells: readonly Cells[];
  /** What the cells' integers are, also where they end as doubles. */
  readonly #types: readonly ColumnType[];
  readonly #maxRows: number;
  #scale: Scale = { priceExponent: 0, sizeExponent: 0 };
  #notionalExponent = 0;
  #count = 0;
  #at = 0;

  /** @param stored the columns as they are kept: those of `columns`, or doubles in their place. */
  constructor(columns: readonly Column[], stored: readonly Column[]) {
    this.#cells = stored.map(createCells);
    this.#types = columns.map(({ type }) => type);
    this.#maxRows = Math.min(MAX_ROWS, Math.max(MIN_ROWS, Math.floor(MAX_CELLS / columns.length)));
  }

  get count(): number {
    return this.#count;
  }

  /** The rows have to be taken out before one of this scale is added. */
  mustTake(scale: Scale): boolean {
    if (this.#count === 0) return false;
    return this.#count >= this.#maxRows || !isSameScale(scale, this.#scale);
  }

  /** Call it before the rows of an item. */
  useScale(scale: Scale): void {
    if (this.#count > 0 || isSameScale(scale, this.#scale)) return;
    this.#scale = scale;
    for (const [i, cells] of this.#cells.entries()) {
      const type = this.#types[i] as ColumnType;
      cells.exponent = exponentOf(type, { ...scale, notionalExponent: 0 });
    }
  }

  /** The next cell of the current row. */
  put(value: CellValue): void {
    this.#cells[this.#at++]?.put(this.#count, value);
  }

  /** The next cell, a notional with decimals of its own. */
  putNotional(value: CellValue, exponent: number): void {
    const cells = this.#cells[this.#at++];
    if (cells === undefined) return;
    if (value !== null) {
      const notional = BigInt(value);
      this.#notionalExponent = decimalsBeyond(this.#notionalExponent, notional, exponent);
    }
    cells.exponent = exponent;
    cells.put(this.#count, value);
  }

  /** The current row is complete: the cells that it has not got are null. */
  end(): void {
    while (this.#at < this.#cells.length) this.put(null);
    this.#count++;
    this.#at = 0;
  }

  /** All rows. Empty afterwards. */
  take(): RowBatch {
    const rows = this.#count;
    this.#count = 0;
    const notionalExponent = this.#notionalExponent;
    this.#notionalExponent = 0;
    const columns = this.#cells.map((cells) => {
      const { hasNulls } = cells;
      return { bytes: cells.take(rows), hasNulls };
    });
    return { rows, scale: this.#scale, notionalExponent, columns };
  }
}
