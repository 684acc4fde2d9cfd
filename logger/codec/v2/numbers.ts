/**
 * Numbers as decisions. A number's **length** is the number of its binary digits (0: the number 0). The
 * length and some digits below the highest one are coded by what their contexts have learnt, the rest as
 * random bits. All functions work in both directions; see `coder.ts`.
 */

import { InvariantError, assertInvariant } from '../../errors.ts';
import { toScaled } from '../../market/decimal.ts';
import type { ScaledInt } from '../../market/decimal.ts';
import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import * as limits from './number-limits.ts';

export { NO_NUMBER, NUMBER_LIMIT } from './number-limits.ts';

// Copies: what is imported is looked up at each use.
const { LENGTHS, NO_NUMBER, NUMBER_LIMIT } = limits;

/** Lengths of whole numbers and of scaled ones. */
const WHOLE_LENGTH_BITS = 6;
const SCALED_LENGTH_BITS = 10;
const MAX_SCALED_BITS = 512;
const PIECE_BITS = 24;

/** The number of contexts that `codeNumber` needs. */
export const numberContexts = (digits: number): number => 1 + 2 * LENGTHS + (LENGTHS << digits);

/** The number of binary digits of a number below 2^31. */
export function lengthOf(value: number): number {
  return 32 - Math.clz32(value);
}

/** What `codeSigned` is given for, and returns for, what is no number below the limit. */
export const NO_STEP = 2 ** 49;
const STEP_DIGITS = 2;
/** The number of contexts that `codeSigned` needs. */
export const signedContexts = (digits: number): number => 1 + numberContexts(digits);

/** An integer whose magnitude is below `NUMBER_LIMIT`, or `NO_STEP`: its magnitude, then its sign. */
export function codeSigned(
  coder: Coder,
  at: number,
  value: number,
  digits: number = STEP_DIGITS,
): number {
  const magnitude = coder.number(at + 1, value < 0 ? -value : value, digits);
  if (magnitude === 0) return 0;
  if (magnitude === NO_NUMBER) return NO_STEP;
  return coder.bit(at, value < 0 ? 1 : 0) === 1 ? -magnitude : magnitude;
}

export const NEAR_CONTEXTS = signedContexts(STEP_DIGITS);

/** Any safe integer; cheap near `predicted`. */
export function codeNear(
  coder: Coder,
  at: number,
  value: number,
  predicted: number,
  digits: number = STEP_DIGITS,
): number {
  if (!coder.isReading && !Number.isSafeInteger(value)) {
    throw new InvariantError(`Not a safe integer: ${value}`);
  }
  const distance = value - predicted;
  const isNear =
    Number.isSafeInteger(predicted) && distance < NUMBER_LIMIT && distance > -NUMBER_LIMIT;
  const step = codeSigned(coder, at, isNear ? distance : NO_STEP, digits);
  if (step === NO_STEP) return codeWhole(coder, value);
  const near = predicted + step;
  if (!Number.isSafeInteger(near)) throw corrupt('a number is out of range');
  return near;
}

/** A non-negative safe integer: its length, then its digits. */
export function codeUnsigned(coder: Coder, value: number): number {
  let length = 0;
  if (!coder.isReading) {
    if (!(Number.isSafeInteger(value) && value >= 0)) {
      throw new InvariantError(`Not an unsigned integer: ${value}`);
    }
    length = value < 2 ** 31 ? lengthOf(value) : 31 + lengthOf(Math.floor(value / 2 ** 31));
  }
  length = coder.raw(length, WHOLE_LENGTH_BITS);
  if (length > 53) throw corrupt('a number is too long');
  return coder.raw(value, length);
}

/** Any safe integer: a bit for the sign, then as `codeUnsigned`. */
export function codeWhole(coder: Coder, value: number): number {
  const isNegative = coder.raw(value < 0 ? 1 : 0, 1) === 1;
  const magnitude = codeUnsigned(coder, Math.abs(value));
  return isNegative ? 0 - magnitude : magnitude;
}

/** Any scaled integer: a bit for the sign, its length, then its digits, lowest first. */
export function codeScaled(coder: Coder, value: ScaledInt): ScaledInt {
  if (!coder.isReading) {
    const isExact = typeof value === 'bigint' || Number.isSafeInteger(value);
    if (!isExact) throw new InvariantError(`Not a scaled integer: ${value}`);
  }
  const whole = BigInt(coder.isReading ? 0 : value);
  const isNegative = coder.raw(whole < 0n ? 1 : 0, 1) === 1;
  let rest = whole < 0n ? -whole : whole;
  const length = coder.raw(rest === 0n ? 0 : rest.toString(2).length, SCALED_LENGTH_BITS);
  if (length > MAX_SCALED_BITS) {
    assertInvariant(coder.isReading, 'A price or size is longer than 64 bytes');
    throw corrupt('a price or size is too long');
  }
  let magnitude = 0n;
  for (let at = 0; at < length; at += PIECE_BITS) {
    const bits = Math.min(PIECE_BITS, length - at);
    const piece = coder.raw(Number(rest & BigInt(2 ** bits - 1)), bits);
    magnitude |= BigInt(piece) << BigInt(at);
    rest >>= BigInt(bits);
  }
  return toScaled(isNegative ? -magnitude : magnitude);
}
