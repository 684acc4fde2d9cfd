/**
 * The grid on which nearly all prices (or sizes) of a record lie. Its step is the tick or lot size as
 * inferred from the values. A value off the grid is legal and stays exact, but costs more.
 */

import { corrupt } from './bytes.ts';
import type { ByteReader } from './bytes.ts';
import type { ScaledInt } from '../../market/decimal.ts';

/** Number of values, spread over the record, from which the step is inferred. */
const SAMPLE = 1024;
/** At most one in this many of them may lie off the grid. */
const OFF_GRID_SHARE = 64;
const MAX_STEP = 1e14;
/** Larger values count as off the grid, so that the sum of two indexes stays exact. */
export const MAX_GRID_INDEX = 2 ** 49;

export class Grid {
  /** The distance between two neighbours, as a scaled integer. */
  readonly step: number;

  constructor(step: number) {
    this.step = step;
  }

  static read(header: ByteReader): Grid {
    const step = header.uint();
    if (step < 1) throw corrupt('the grid step is zero');
    return new Grid(step);
  }

  /** The index of `value` on the grid; NaN if it is off the grid. */
  index(value: ScaledInt): number {
    if (typeof value !== 'number') return Number.NaN;
    const index = Math.round(value / this.step);
    if (index * this.step !== value || Math.abs(index) >= MAX_GRID_INDEX) return Number.NaN;
    return index;
  }

  /** @throws RecordCorruptError if the value is not a safe integer. */
  value(index: number): number {
    // Adding zero turns -0, the mirrored price 0, into 0.
    const value = index * this.step + 0;
    if (!Number.isSafeInteger(value)) throw corrupt('a price or size is out of range');
    return value;
  }
}

/** Collects a sample of values, spread evenly over the record. */
export class GridSample {
  readonly #values: number[] = [];
  readonly #stride: number;
  #skip = 0;

  /** @param total number of values that will be added. */
  constructor(total: number) {
    this.#stride = Math.max(1, Math.floor(total / SAMPLE));
  }

  add(value: ScaledInt): void {
    if (this.#skip > 0) {
      this.#skip--;
      return;
    }
    this.#skip = this.#stride - 1;
    // Zero lies on every grid, bigints (above 2^53) on none.
    if (typeof value === 'number' && value !== 0) this.#values.push(value);
  }

  /** The coarsest grid, with a step of 1, 2 or 5 times 10^n, on which nearly all values lie. */
  grid(): Grid {
    const values = this.#values;
    if (values.length === 0) return new Grid(1);
    const mayMiss = Math.floor(values.length / OFF_GRID_SHARE);
    const fits = (step: number): boolean => {
      let missed = 0;
      for (const value of values) if (value % step !== 0 && ++missed > mayMiss) return false;
      return true;
    };
    let step = 1;
    while (step < MAX_STEP && fits(step * 10)) step *= 10;
    if (fits(step * 5)) step *= 5;
    else if (fits(step * 2)) step *= 2;
    return new Grid(step);
  }
}
