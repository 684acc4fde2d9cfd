/** Exact decimals with a sign: sums, differences and products keep every digit. */

import { InvalidArgumentError } from '../../logger/errors.ts';
import { formatScaledSlowly } from '../../logger/market/decimal.ts';

/** `value` ÷ 10^`exponent`. */
export interface Exact {
  readonly value: bigint;
  readonly exponent: number;
}

export const ZERO: Exact = { value: 0n, exponent: 0 };
export const ONE: Exact = { value: 1n, exponent: 0 };

const MAX_DIGITS = 60;
const PLAIN = /^-?\d+(?:\.\d+)?$/;

export function isPlainDecimal(text: string): boolean {
  return text.length <= MAX_DIGITS && PLAIN.test(text);
}

/** @throws InvalidArgumentError unless it is a plain decimal: no exponent, no plus sign. */
export function parseExact(text: string): Exact {
  if (!isPlainDecimal(text)) {
    throw new InvalidArgumentError(
      `not a plain decimal: ${JSON.stringify(text.slice(0, MAX_DIGITS))}`,
    );
  }
  const point = text.indexOf('.');
  if (point < 0) return { value: BigInt(text), exponent: 0 };
  const fraction = text.slice(point + 1);
  return { value: BigInt(text.slice(0, point) + fraction), exponent: fraction.length };
}

/** Without trailing zeros. */
export function formatExact({ value, exponent }: Exact): string {
  return formatScaledSlowly(value, exponent);
}

export function addExact(a: Exact, b: Exact): Exact {
  const exponent = Math.max(a.exponent, b.exponent);
  return { value: valueAt(a, exponent) + valueAt(b, exponent), exponent };
}

export function subtractExact(a: Exact, b: Exact): Exact {
  const exponent = Math.max(a.exponent, b.exponent);
  return { value: valueAt(a, exponent) - valueAt(b, exponent), exponent };
}

export function multiplyExact(a: Exact, b: Exact): Exact {
  return { value: a.value * b.value, exponent: a.exponent + b.exponent };
}

/** -1, 0 or 1. */
export function compareExact(a: Exact, b: Exact): number {
  const exponent = Math.max(a.exponent, b.exponent);
  const [left, right] = [valueAt(a, exponent), valueAt(b, exponent)];
  return left < right ? -1 : left > right ? 1 : 0;
}

export function negateExact({ value, exponent }: Exact): Exact {
  return { value: -value, exponent };
}

export function smallerExact(a: Exact, b: Exact): Exact {
  return compareExact(b, a) < 0 ? b : a;
}

export function largerExact(a: Exact, b: Exact): Exact {
  return compareExact(b, a) > 0 ? b : a;
}

/** The largest multiple of a positive `lot` that is not above it. */
export function floorToLot(x: Exact, lot: Exact): Exact {
  const exponent = Math.max(x.exponent, lot.exponent);
  const lotValue = valueAt(lot, exponent);
  return { value: floorDivide(valueAt(x, exponent), lotValue) * lotValue, exponent };
}

/** `a ÷ b` with so many decimals, rounded towards zero. */
export function divideExact(a: Exact, b: Exact, decimals: number): Exact {
  const shift = decimals + b.exponent - a.exponent;
  const [up, down] = [powerOfTen(Math.max(0, shift)), powerOfTen(Math.max(0, -shift))];
  return { value: (a.value * up) / (b.value * down), exponent: decimals };
}

/** `a ÷ b` with so many decimals, rounded to the nearest; half goes away from zero. */
export function divideRounded(a: Exact, b: Exact, decimals: number): Exact {
  const { value } = divideExact(a, b, decimals + 1);
  return { value: (value + (value < 0n ? -5n : 5n)) / 10n, exponent: decimals };
}

/** Rounded down; the divisor is positive. */
export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

/** Rounded up; the divisor is positive. */
export function ceilDivide(a: bigint, b: bigint): bigint {
  return -floorDivide(-a, b);
}

/** Its value at another exponent, which is at least its own. */
export function valueAt(x: Exact, exponent: number): bigint {
  return x.exponent === exponent ? x.value : x.value * powerOfTen(exponent - x.exponent);
}

const POWERS: readonly bigint[] = Array.from({ length: 64 }, (_, at) => 10n ** BigInt(at));

export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}
