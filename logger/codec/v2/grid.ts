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
const POWERS = Array.from({ length: MAX_POWER + 1 }, (_, power) => 10 ** power);
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
  #values: Float64Array;
  #count = 0;
  readonly #stride: number;
  #chance = 1;
  #skip = 0;

  /** @param total number of values that will be added. */
  constructor(total: number) {
    this.#stride = Math.max(1, Math.floor(total / SAMPLE));
    this.#values = new Float64Array(Math.min(total, 2 * SAMPLE));
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
    if (typeof value !== 'number' || value === 0) return;
    if (this.#count === this.#values.length) this.#grow();
    this.#values[this.#count++] = value;
  }

  #nextSkip(): number {
    this.#chance = (Math.imul(this.#chance, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#chance >> 8) % (2 * this.#stride - 1);
  }

  #grow(): void {
    const grown = new Float64Array(2 * this.#count + 1);
    grown.set(this.#values);
    this.#values = grown;
  }

  /** The coarsest grid on which nearly all values lie. */
  grid(): Grid {
    const values = this.#values.subarray(0, this.#count);
    if (values.length === 0) return new Grid(1);
    const mayMiss = Math.floor(values.length / OFF_GRID_SHARE);
    let power = 0;
    // Of any values more than may miss, one has to be a multiple of the step.
    for (let i = 0; i <= mayMiss; i++) {
      const value = values[i] as number;
      while (power < MAX_POWER && value % (POWERS[power + 1] as number) === 0) power++;
    }
    // Multiples of a coarse step are multiples of a finer one, and one that does not fit shows early.
    while (power > 0 && !doFit(values, POWERS[power] as number, mayMiss)) power--;
    const step = POWERS[power] as number;
    if (doFit(values, step * 5, mayMiss)) return new Grid(step * 5);
    return new Grid(doFit(values, step * 2, mayMiss) ? step * 2 : step);
  }
}

function doFit(values: Float64Array, step: number, mayMiss: number): boolean {
  const perStep = 1 / step;
  let missed = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // As in `Grid.index`, and faster than the remainder.
    if (Math.round(value * perStep) * step !== value && ++missed > mayMiss) return false;
  }
  return true;
}
