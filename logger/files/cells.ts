/**
 * The cells of one column while rows are collected. Each kind grows as needed and ends as bytes: what
 * `chunk.ts` reads back.
 */

import { LimitExceededError } from '../errors.ts';
import { formatScaled } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { Column } from './column.ts';

export type CellValue = ScaledInt | string | boolean | null;

const FIRST_ROWS = 1024;
const TWO_32 = 2 ** 32;
const MAX_INT64 = 2n ** 63n - 1n;
/** The largest power of ten that a double holds exactly. */
const MAX_EXACT_POWER = 22;

export abstract class Cells {
  readonly column: Column;
  /** Decimals of the integers that come. */
  exponent = 0;
  hasNulls = false;
  protected nulls = new Uint8Array(FIRST_ROWS);

  constructor(column: Column) {
    this.column = column;
  }

  put(row: number, value: CellValue): void {
    if (row === this.nulls.length) this.grow(2 * row);
    if (value === null) {
      this.nulls[row] = 1;
      this.hasNulls = true;
      this.setNull(row);
    } else {
      this.nulls[row] = 0;
      this.set(row, value);
    }
  }

  /** Nulls, where there are any, and values: each part at a multiple of 8 bytes. Empty afterwards. */
  take(rows: number): Uint8Array {
    const parts = [...(this.hasNulls ? [this.nulls.subarray(0, rows)] : []), ...this.parts(rows)];
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + aligned(part.length), 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += aligned(part.length);
    }
    this.hasNulls = false;
    this.reset();
    return bytes;
  }

  protected grow(rows: number): void {
    this.nulls = larger(this.nulls, new Uint8Array(rows));
  }

  /** @throws LimitExceededError for a value that the column's type can't hold. */
  protected abstract set(row: number, value: NonNullable<CellValue>): void;
  protected abstract setNull(row: number): void;
  protected abstract parts(rows: number): readonly Uint8Array[];
  protected reset(): void {}

  protected tooLarge(value: CellValue): LimitExceededError {
    return tooLarge(this.column, String(value), this.exponent);
  }
}

export function tooLarge(
  { name }: Column,
  value: string,
  exponent: number,
  bits = 64,
): LimitExceededError {
  return new LimitExceededError(
    `${name}: ${value} at ${exponent} decimals does not fit ${bits} bits; give --floats, or --format jsonl`,
  );
}

export function createCells(column: Column): Cells {
  switch (column.type) {
    case 'bool':
      return new BoolCells(column);
    case 'int32':
      return new Int32Cells(column);
    case 'int64':
    case 'time':
    case 'price':
    case 'size':
      return new Int64Cells(column);
    case 'double':
      return new DoubleCells(column);
    case 'text':
      return new TextCells(column);
    case 'volume':
    case 'notional':
      return new SumCells(column);
  }
}

export function aligned(bytes: number): number {
  return (bytes + 7) & ~7;
}

function larger<Values extends { set(values: Values): void }>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}

function bytesOf(values: ArrayBufferView, count: number, bytesEach: number): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, count * bytesEach);
}

class BoolCells extends Cells {
  #values = new Uint8Array(FIRST_ROWS);

  protected override grow(rows: number): void {
    super.grow(rows);
    this.#values = larger(this.#values, new Uint8Array(rows));
  }

  protected set(row: number, value: CellValue): void {
    this.#values[row] = value === true ? 1 : 0;
  }

  protected setNull(row: number): void {
    this.#values[row] = 0;
  }

  protected parts(rows: number): readonly Uint8Array[] {
    return [this.#values.subarray(0, rows)];
  }
}

class Int32Cells extends Cells {
  #values = new Int32Array(FIRST_ROWS);

  protected override grow(rows: number): void {
    super.grow(rows);
    this.#values = larger(this.#values, new Int32Array(rows));
  }

  protected set(row: number, value: CellValue): void {
    if (value !== ((value as number) | 0)) throw tooLarge(this.column, String(value), 0, 32);
    this.#values[row] = value;
  }

  protected setNull(row: number): void {
    this.#values[row] = 0;
  }

  protected parts(rows: number): readonly Uint8Array[] {
    return [bytesOf(this.#values, rows, 4)];
  }
}

class Int64Cells extends Cells {
  /** Two halves for each value, the low one first: far cheaper than a bigint. */
  #halves = new Int32Array(2 * FIRST_ROWS);

  protected override grow(rows: number): void {
    super.grow(rows);
    this.#halves = larger(this.#halves, new Int32Array(2 * rows));
  }

  protected set(row: number, value: CellValue): void {
    if (typeof value === 'number') {
      const high = Math.floor(value / TWO_32);
      this.#halves[2 * row] = value - high * TWO_32;
      this.#halves[2 * row + 1] = high;
      return;
    }
    if (typeof value !== 'bigint' || value > MAX_INT64 || value < -MAX_INT64) {
      throw this.tooLarge(value);
    }
    this.#halves[2 * row] = Number(BigInt.asIntN(32, value));
    this.#halves[2 * row + 1] = Number(BigInt.asIntN(32, value >> 32n));
  }

  protected setNull(row: number): void {
    this.#halves[2 * row] = 0;
    this.#halves[2 * row + 1] = 0;
  }

  protected parts(rows: number): readonly Uint8Array[] {
    return [bytesOf(this.#halves, rows, 8)];
  }
}

class DoubleCells extends Cells {
  #values = new Float64Array(FIRST_ROWS);

  protected override grow(rows: number): void {
    super.grow(rows);
    this.#values = larger(this.#values, new Float64Array(rows));
  }

  protected set(row: number, value: CellValue): void {
    this.#values[row] = doubleOf(value as ScaledInt, this.exponent);
  }

  protected setNull(row: number): void {
    this.#values[row] = Number.NaN;
  }

  protected parts(rows: number): readonly Uint8Array[] {
    return [bytesOf(this.#values, rows, 8)];
  }
}

/** The double next to the exact decimal. */
export function doubleOf(value: ScaledInt, exponent: number): number {
  // A quotient of two exact doubles is rounded once.
  return typeof value === 'number' && exponent <= MAX_EXACT_POWER
    ? value / 10 ** exponent
    : Number(formatScaled(value, exponent));
}

class TextCells extends Cells {
  #texts: string[] = [];

  protected set(row: number, value: CellValue): void {
    this.#texts[row] = String(value);
  }

  protected setNull(row: number): void {
    this.#texts[row] = '';
  }

  protected parts(rows: number): readonly Uint8Array[] {
    const texts = this.#texts.slice(0, rows);
    const bytes = Buffer.from(texts.join(''));
    const isAscii = bytes.length === texts.reduce((sum, text) => sum + text.length, 0);
    const ends = new Int32Array(rows);
    let end = 0;
    for (const [row, text] of texts.entries()) {
      end += isAscii ? text.length : Buffer.byteLength(text);
      ends[row] = end;
    }
    return [bytesOf(ends, rows, 4), bytes];
  }

  protected override reset(): void {
    this.#texts = [];
  }
}

/** 128 bits and the decimals of each value. Few rows have one, and few of them are large. */
class SumCells extends Cells {
  #words = new BigInt64Array(2 * FIRST_ROWS);
  #exponents = new Uint8Array(FIRST_ROWS);

  protected override grow(rows: number): void {
    super.grow(rows);
    this.#words = larger(this.#words, new BigInt64Array(2 * rows));
    this.#exponents = larger(this.#exponents, new Uint8Array(rows));
  }

  protected set(row: number, value: CellValue): void {
    const sum = BigInt(value as ScaledInt);
    if (BigInt.asIntN(128, sum) !== sum)
      throw tooLarge(this.column, String(sum), this.exponent, 128);
    this.#words[2 * row] = BigInt.asIntN(64, sum);
    this.#words[2 * row + 1] = sum >> 64n;
    this.#exponents[row] = this.exponent;
  }

  protected setNull(row: number): void {
    this.#words[2 * row] = 0n;
    this.#words[2 * row + 1] = 0n;
    this.#exponents[row] = 0;
  }

  protected parts(rows: number): readonly Uint8Array[] {
    return [bytesOf(this.#words, rows, 16), this.#exponents.subarray(0, rows)];
  }
}

/** How many decimals a sum has, trailing zeros left out; no more than `known` where these are enough. */
export function decimalsBeyond(known: number, sum: bigint, exponent: number): number {
  if (exponent <= known || sum % 10n ** BigInt(exponent - known) === 0n) return known;
  let [rest, decimals] = [sum, exponent];
  while (rest % 10n === 0n) {
    rest /= 10n;
    decimals--;
  }
  return decimals;
}
