/** Checked values in Coinbase's messages: products, ids, times. */

import { isSymbol } from '../../market/security.ts';
import { parseIsoUs } from '../../market/time.ts';
import { textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';

/** 2010, before any exchange of this kind: times of the year 1 do occur. */
export const FIRST_SENSIBLE_TIME_US = 1_262_304_000_000_000;
/** Of an id, a number or any other short text. */
export const MAX_CHARACTERS = 128;

/** @throws WireFormatError of kind `shape` or `product`. */
export function productOf(message: Fields): string {
  const product = textOf(message, 'product_id');
  if (!isSymbol(product)) throw wireError('product', 'product_id is not a product');
  return product;
}

/** @throws WireFormatError of kind `shape`. */
export function sideOf(message: Fields): 'buy' | 'sell' {
  const side = textOf(message, 'side');
  if (side !== 'buy' && side !== 'sell') throw wireError('shape', 'side is neither buy nor sell');
  return side;
}

/** @throws WireFormatError of kind `id`. */
export function idOf(fields: Fields, name: string): string {
  return asId(textOf(fields, name), name);
}

/** @throws WireFormatError of kind `id`. */
export function asId(id: string, name: string): string {
  if (id === '' || id.length > MAX_CHARACTERS || !isWellFormed(id)) {
    throw wireError('id', `${name} is not an id`);
  }
  return id;
}

/** null where it is absent or empty. @throws WireFormatError of kind `shape`. */
export function optionalText(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return null;
  const text = shortText(fields, name);
  if (!isWellFormed(text)) throw wireError('shape', `${name} holds half a character`);
  return text;
}

/** @throws WireFormatError of kind `shape`. */
export function shortText(fields: Fields, name: string): string {
  const text = textOf(fields, name);
  if (text.length > MAX_CHARACTERS) throw wireError('shape', `${name} is too long`);
  return text;
}

/** Microseconds of an ISO text, or of a decimal text of seconds; null for what makes no sense. */
export function timeOf(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const us = /^\d{9,11}(\.\d{1,9})?$/.test(value) ? secondsUs(value) : parseIsoUs(value);
  return us !== undefined && us >= FIRST_SENSIBLE_TIME_US && Number.isSafeInteger(us) ? us : null;
}

function secondsUs(text: string): number {
  const [seconds = '', fraction = ''] = text.split('.');
  return Number(seconds) * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/** A lone surrogate can't be stored as it came. */
function isWellFormed(text: string): boolean {
  return !/[\uD800-\uDFFF]/u.test(text);
}
