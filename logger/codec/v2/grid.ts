/**
 * The grid on which nearly all prices (or sizes) of a record lie. Its step is the tick or lot size as
 * inferred from the values. A value off the grid is legal and stays exact, but costs more.
 */

import type { ScaledInt } from '../../market/decimal.ts';
import type { Levels } from '../../market/events.ts';
import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { NUMBER_LIMIT } from './numbers.ts';

/** Number of values, spread over the record, from which the step is inferred. */
const SAMPLE = 1024;
/** At most one in this many of them may lie off the grid. */
const OFF_GRID_SHARE = 64;
/** The step is 1, 2 or 5 times a power of ten. */
const FACTORS = [1, 2, 5] as const;
const MAX_POWER = 14;
const STEP_BITS = 6;

/** In place of an index: the value is off the grid. */
export const OFF_GRID = -NUMBER_LIMIT;

export class Grid {
  /** The distance between two neighbours, as a scaled integer. */
  readonly step: number;
  readonly #perStep: number;

  constructor(step: number) {
    this.step = step;
    this.#perStep = 1 / step;
  }

  /** The index of `value` on the grid; `OFF_GRID` if it has none below the limit of numbers. */
  index(value: ScaledInt): number {
    if (typeof value !== 'number') return OFF_GRID;
    // Near enough to be rounded to the index of a value on the grid, and faster than to divide.
    const index = Math.round(value * this.#perStep);
    if (index * this.step !== value) return OFF_GRID;
    // As a small integer if it is one: those are fast.
    const small = index | 0;
    if (small === index) return small;
    return Math.abs(index) < NUMBER_LIMIT / 2 ? index : OFF_GRID;
  }

  /** @throws RecordCorruptError if the value is not a safe integer. */
  value(index: number): number {
    // Adding zero turns -0, the mirrored price 0, into 0.
    const value = index * this.step + 0;
    if (!Number.isSafeInteger(value)) throw corrupt('a price or size is out of range');
    return value;
  }
}

/** Codes a grid's step. */
export function codeGrid(coder: Coder, grid: Grid): Grid {
  let code = 0;
  if (!coder.isReading) {
    const power = Math.floor(Math.log10(grid.step) + 1e-9);
    code = power * FACTORS.length + FACTORS.indexOf((grid.step / 10 ** power) as 1);
  }
  code = coder.raw(code, STEP_BITS);
  const power = Math.floor(code / FACTORS.length);
  if (power > MAX_POWER) throw corrupt('a grid is too coarse');
  return new Grid((FACTORS[code % FACTORS.length] as number) * 10 ** power);
}

/**
 * Collects a sample of values, spread over the record at uneven distances: prices of a book may lie at
 * even ones.
 */
export class GridSample {
  readonly #values: number[] = [];
  readonly #stride: number;
  #chance = 1;
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
    this.#skip = this.#nextSkip();
    this.#take(value);
  }

  /** Adds the prices (`from` 0) or sizes (1) of flat levels, as `add` would one by one. */
  addLevels(levels: Levels, from: 0 | 1): void {
    let at = from + 2 * this.#skip;
    while (at < levels.length) {
      this.#take(levels[at] as ScaledInt);
      at += 2 + 2 * this.#nextSkip();
    }
    this.#skip = (at - from - levels.length) / 2;
  }

  #take(value: ScaledInt): void {
    // Zero lies on every grid, bigints (above 2^53) on none.
    if (typeof value === 'number' && value !== 0) this.#values.push(value);
  }

  #nextSkip(): number {
    this.#chance = (Math.imul(this.#chance, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#chance >> 8) % (2 * this.#stride - 1);
  }

  /** The coarsest grid on which nearly all values lie. */
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
    while (step < 10 ** MAX_POWER && fits(step * 10)) step *= 10;
    if (fits(step * 5)) step *= 5;
    else if (fits(step * 2)) step *= 2;
    return new Grid(step);
  }
}
