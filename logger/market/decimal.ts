/**
 * Exact decimals. A price or size is an integer at a decimal exponent that belongs to the security:
 * at exponent 8, `61837.63` is 6183763000000. Values are parsed from the exchange's text and
 * formatted back to text without passing through a binary fraction.
 */

import { WireFormatError } from '../errors.ts';

/**
 * A scaled integer in canonical form: a `number` if it is a safe integer (|v| < 2^53), else a
 * `bigint`. JavaScript compares the two forms exactly with `<` and `>`; because the form is
 * canonical, `===` tests equality.
 */
export type ScaledInt = number | bigint;

/** The decimals of a book's integers. Part of every base image and block. */
export interface Scale {
  readonly priceExponent: number;
  readonly sizeExponent: number;
}

/** No exchange uses more; more digits mean a malformed frame. */
export const MAX_FRACTION_DIGITS = 18;
/** Much more than 92233720368, Binance's maximum; longer numbers mean a malformed frame. */
export const MAX_INTEGER_DIGITS = 24;

const PLAIN_DECIMAL = /^(\d+)(?:\.(\d+))?$/;
const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

function malformed(text: string): WireFormatError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}… (${text.length} characters)` : text;
  return new WireFormatError(`Not a plain decimal: ${JSON.stringify(shown)}`, {
    context: { kind: 'decimal' },
  });
}

function canonical(value: bigint): ScaledInt {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(-Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

/**
 * The number of decimals in `text` without trailing zeros.
 * @throws WireFormatError unless it is a plain non-negative decimal of acceptable length.
 */
export function fractionDigits(text: string): number {
  const match = PLAIN_DECIMAL.exec(text);
  const integer = match?.[1];
  if (integer === undefined || integer.length > MAX_INTEGER_DIGITS) throw malformed(text);
  const digits = (match?.[2] ?? '').replace(/0+$/, '').length;
  if (digits > MAX_FRACTION_DIGITS || text.length > 2 * MAX_INTEGER_DIGITS + 2) {
    throw malformed(text);
  }
  return digits;
}

/**
 * Parses an exchange's decimal text (`"61837.63000000"`) at `exponent` decimals.
 * @returns `undefined` if the text needs more decimals than `exponent`; the caller then moves to a finer
 *   scale. Nothing is rounded.
 * @throws WireFormatError for signs, exponents, `NaN`, empty text and excessive length.
 */
export function parseScaled(text: string, exponent: number): ScaledInt | undefined {
  // Fast path: with this few digits every intermediate value is a safe integer.
  const length = text.length;
  if (length <= 16) {
    let value = 0;
    let fraction = -1;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 48 && code <= 57) {
        value = value * 10 + (code - 48);
        if (fraction >= 0) fraction++;
      } else if (code === 46 && fraction < 0 && i > 0) {
        fraction = 0;
      } else {
        throw malformed(text);
      }
    }
    if (length === 0 || fraction === 0) throw malformed(text);
    if (fraction < 0) fraction = 0;
    if (fraction === exponent && Number.isSafeInteger(value)) return value;
    if (fraction < exponent) {
      const power = POWERS[exponent - fraction];
      const scaled = power === undefined ? Number.NaN : value * power;
      if (Number.isSafeInteger(scaled)) return scaled;
    }
  }
  return parseScaledSlowly(text, exponent);
}

function parseScaledSlowly(text: string, exponent: number): ScaledInt | undefined {
  const digits = fractionDigits(text);
  if (digits > exponent) return undefined;
  const [integer = '', fraction = ''] = text.split('.');
  return canonical(BigInt(integer + fraction.slice(0, digits).padEnd(exponent, '0')));
}

/** Whether `formatScaled` may have printed it. */
export function isPlainDecimal(text: string): boolean {
  return PLAIN_DECIMAL.test(text);
}

/** Formats a scaled integer as a plain decimal without trailing zeros or exponent (`61837.63`). */
export function formatScaled(value: ScaledInt, exponent: number): string {
  const power = POWERS[exponent];
  if (typeof value !== 'number' || value < 0 || power === undefined) {
    return formatScaledSlowly(value, exponent);
  }
  // Two small integers are printed faster than a large one. Exact: a quotient of safe integers is rounded to
  // an integer only if it is one.
  const integer = Math.floor(value / power);
  let fraction = value - integer * power;
  if (fraction === 0) return String(integer);
  let digits = exponent;
  for (let step = 4; step > 0; step >>= 1) {
    const zeros = POWERS[step] as number;
    while (fraction % zeros === 0) {
      fraction /= zeros;
      digits -= step;
    }
  }
  const text = String(fraction);
  const padding = digits - text.length;
  return padding === 0 ? `${integer}.${text}` : `${integer}.${'0'.repeat(padding)}${text}`;
}

/** The plain way, for all forms. */
export function formatScaledSlowly(value: ScaledInt, exponent: number): string {
  const digits = value.toString();
  const sign = digits.startsWith('-') ? '-' : '';
  const padded = digits.slice(sign.length).padStart(exponent + 1, '0');
  const integer = padded.slice(0, padded.length - exponent);
  const fraction = padded.slice(padded.length - exponent).replace(/0+$/, '');
  return fraction === '' ? sign + integer : `${sign}${integer}.${fraction}`;
}

/** Returns -1, 0 or 1; exact for both forms. */
export function compareScaled(a: ScaledInt, b: ScaledInt): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** For sorting; exact for both forms, and fast if both are numbers. */
export const lowestFirst = (a: ScaledInt, b: ScaledInt): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : compareScaled(a, b);
export const highestFirst = (a: ScaledInt, b: ScaledInt): number => lowestFirst(b, a);

/** The same value at a finer exponent (`to >= from`). */
export function rescale(value: ScaledInt, from: number, to: number): ScaledInt {
  return from === to ? value : canonical(BigInt(value) * 10n ** BigInt(to - from));
}

/** The exact sum, in canonical form. */
export function addScaled(a: ScaledInt, b: ScaledInt): ScaledInt {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return canonical(BigInt(a) + BigInt(b));
}

/** The exact difference, in canonical form. */
export function subtractScaled(a: ScaledInt, b: ScaledInt): ScaledInt {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return canonical(BigInt(a) - BigInt(b));
}

/** The exact product, in canonical form; its exponent is the sum of both. */
export function multiplyScaled(a: ScaledInt, b: ScaledInt): ScaledInt {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product;
  }
  return canonical(BigInt(a) * BigInt(b));
}

/** A plain decimal with at most so many decimals, rounded to the nearest (half away from zero). */
export function roundDecimal(text: string, decimals: number): string {
  const [integer = '', fraction = ''] = text.split('.');
  if (fraction.length <= decimals) return text;
  const kept = BigInt(integer + fraction.slice(0, decimals));
  const isUp = fraction.charCodeAt(decimals) >= '5'.charCodeAt(0);
  return formatScaled(canonical(isUp ? kept + 1n : kept), decimals);
}

/** The canonical form of a `bigint`. */
export const toScaled = canonical;
