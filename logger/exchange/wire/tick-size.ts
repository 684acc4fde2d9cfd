/** What exchanges say of their products: tick and lot sizes, smallest orders, codes of currencies. */

import { fractionDigits } from '../../market/decimal.ts';
import { JsonNumber } from './exact-json.ts';

/** Decimals of the multiples of a tick or lot size; 0 where it is unknown. */
export function digitsOf(size: string | null): number {
  return size === null ? 0 : fractionDigits(size);
}

/** `0.01` for `0.01000000`; null for 0, which means that there is none. */
export function trimmedSize(size: string | null): string | null {
  if (size === null) return null;
  const trimmed = size.includes('.') ? size.replace(/\.?0+$/, '') : size;
  return trimmed === '0' ? null : trimmed;
}

/** The smallest order, which nothing recorded depends on: null where it is not a plain decimal, or 0. */
export function smallestOf(value: unknown): string | null {
  const text = value instanceof JsonNumber ? value.decimal : value;
  return typeof text === 'string' && /^\d{1,24}(\.\d{1,18})?$/.test(text)
    ? trimmedSize(text)
    : null;
}

/** A currency in the exchange's spelling, which need not be ASCII; null where it does not look like one. */
export function codeOf(value: unknown): string | null {
  return typeof value === 'string' && /^[^\s\p{C}]{1,40}$/u.test(value) ? value : null;
}
