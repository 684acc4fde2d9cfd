/**
 * Text as the bytes of a file. Millions of levels a second go through here, so decimals are written digit
 * by digit, and what several lines have in common is copied.
 */

import { formatScaled } from '../market/decimal.ts';
import type { Levels } from '../market/events.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';

const FIRST_CAPACITY = 64 * 1024;
/** A character takes no more in UTF-8. */
const MAX_CHARACTER_BYTES = 3;
const MAX_INT_DIGITS = 10;
const MAX_INT = 2 ** 31 - 1;
/** Fewer are copied one by one. */
const MIN_COPY_BYTES = 16;
const ZERO = 48;
const POINT = 46;
/** Ten to the power of each number of decimals that fits a small integer. */
const POWERS = Array.from({ length: MAX_INT_DIGITS }, (_, exponent) => 10 ** exponent);

export class LineWriter {
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  #length = 0;

  /** @returns the place behind it. */
  text(text: string): number {
    this.#reserve(text.length * MAX_CHARACTER_BYTES);
    return (this.#length += this.#bytes.write(text, this.#length));
  }

  /** Once more what stands between two places. */
  #copy(from: number, to: number): void {
    this.#reserve(to - from);
    this.#bytes.copyWithin(this.#length, from, to);
    this.#length += to - from;
  }

  /** As `formatScaled` prints it. */
  decimal(value: ScaledInt, exponent: number): void {
    const power = POWERS[exponent];
    const integer = typeof value === 'number' && power ? Math.floor(value / power) : -1;
    if (integer < 0 || integer > MAX_INT || power === undefined) {
      this.text(formatScaled(value, exponent));
      return;
    }
    this.#reserve(2 * MAX_INT_DIGITS + 1);
    const bytes = this.#bytes;
    let at = writeDigits(bytes, this.#length, integer, digitsOf(integer));
    // Exact: see `formatScaled`.
    let fraction = (value as number) - integer * power;
    if (fraction !== 0) {
      let digits = exponent;
      for (let step = 4; step > 0; step >>= 1) {
        const zeros = POWERS[step] as number;
        while (fraction % zeros === 0) {
          fraction = (fraction / zeros) | 0;
          digits -= step;
        }
      }
      bytes[at] = POINT;
      at = writeDigits(bytes, at + 1, fraction, digits);
    }
    this.#length = at;
  }

  /** For each level `before`, the price, `between`, the size, `after`. */
  levels(
    levels: Levels,
    { priceExponent, sizeExponent }: Scale,
    [before, between, after]: readonly [string, string, string],
  ): void {
    const from = this.#length;
    let to = from;
    for (let i = 0; i + 1 < levels.length; i += 2) {
      if (before.length < MIN_COPY_BYTES) this.#ascii(before);
      else if (i === 0) to = this.text(before);
      else this.#copy(from, to);
      this.decimal(levels[i] as ScaledInt, priceExponent);
      this.#ascii(between);
      this.decimal(levels[i + 1] as ScaledInt, sizeExponent);
      this.#ascii(after);
    }
  }

  /** For each level `before`, the price, `between`, the size, `beforeCount`, the count, `after`. */
  countedLevels(
    levels: Levels,
    counts: readonly number[],
    { priceExponent, sizeExponent }: Scale,
    [before, between, beforeCount, after]: readonly [string, string, string, string],
  ): void {
    for (let i = 0; i + 1 < levels.length; i += 2) {
      this.text(before);
      this.decimal(levels[i] as ScaledInt, priceExponent);
      this.text(between);
      this.decimal(levels[i + 1] as ScaledInt, sizeExponent);
      this.text(`${beforeCount}${counts[i / 2]}${after}`);
    }
  }

  /** Takes back the last bytes. */
  drop(bytes: number): void {
    this.#length -= bytes;
  }

  /** All that was written. Empty afterwards. */
  take(): Uint8Array {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return bytes;
  }

  #ascii(text: string): void {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.#length = at;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

function digitsOf(value: number): number {
  let digits = 1;
  while (digits < MAX_INT_DIGITS && value >= (POWERS[digits] as number)) digits++;
  return digits;
}

/** @returns the place behind them. */
function writeDigits(bytes: Uint8Array, from: number, value: number, digits: number): number {
  let rest = value | 0;
  for (let at = from + digits - 1; at >= from; at--) {
    const next = (rest / 10) | 0;
    bytes[at] = ZERO + rest - next * 10;
    rest = next;
  }
  return from + digits;
}
