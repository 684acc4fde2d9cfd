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

/** @param exponent at least that of `x`. */
function valueAt(x: Exact, exponent: number): bigint {
  return x.exponent === exponent ? x.value : x.value * 10n ** BigInt(exponent - x.exponent);
}
