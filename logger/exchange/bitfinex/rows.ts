/**
 * Rows of Bitfinex's books, on the wire: `[price, count, amount]` in P0, `[order id, price, amount]` in R0. The
 * sign of an amount is the side; numbers keep the text that was sent.
 *
 *   P0: a count above 0 sets the level; 0 deletes it, with an amount of 1 (bid) or -1 (ask).
 *   R0: a price above 0 adds the order or replaces it; 0 deletes it, with an amount of 1 or -1.
 *
 * Source: https://docs.bitfinex.com/reference/ws-public-books and ws-public-raw-books (gathered 2026-11-20);
 * recordings of 2021.
 */

import { JsonNumber } from '../wire/exact-json.ts';
import { wireError } from '../wire/fields.ts';

export type Side = 'bid' | 'ask';

export interface WireRow {
  readonly side: Side;
  /** R0: the order's id; P0: empty. */
  readonly orderId: string;
  /** Plain decimal text; in R0 `0` for a deleted order. */
  readonly price: string;
  /** Plain decimal text without a sign; null: the row is deleted. */
  readonly size: string | null;
  /** Orders at the price; null in R0. */
  readonly count: number | null;
  /** What a checksum is made of, as it was sent: price (P0) or order id (R0), and amount. */
  readonly printed: readonly [name: string, amount: string];
}

/** @throws WireFormatError of kind `level` or `decimal`. */
export function priceRow(value: unknown): WireRow {
  const [price, orders, amount] = numbersIn(value);
  const count = orders.integer;
  if (count === null || count < 0) throw wireError('level', 'A count is not a whole number');
  if (isZero(price)) throw wireError('level', 'A price is 0');
  return {
    side: sideOf(amount),
    orderId: '',
    price: price.decimal,
    size: count === 0 ? null : amount.magnitude.decimal,
    count,
    printed: [price.text, amount.text],
  };
}

/** @throws WireFormatError of kind `level` or `decimal`. */
export function orderRow(value: unknown): WireRow {
  const [id, price, amount] = numbersIn(value);
  if (!/^\d{1,20}$/.test(id.text)) throw wireError('level', 'An order id is not a whole number');
  return {
    side: sideOf(amount),
    orderId: id.text,
    price: price.decimal,
    size: isZero(price) ? null : amount.magnitude.decimal,
    count: null,
    printed: [id.text, amount.text],
  };
}

/** A row may have more columns some day: they are not looked at. */
function numbersIn(value: unknown): readonly [JsonNumber, JsonNumber, JsonNumber] {
  const [a, b, c]: readonly unknown[] = Array.isArray(value) ? value : [];
  if (a instanceof JsonNumber && b instanceof JsonNumber && c instanceof JsonNumber) {
    if (!a.isNegative && !b.isNegative) return [a, b, c];
  }
  throw wireError('level', 'A row is not three numbers');
}

function sideOf(amount: JsonNumber): Side {
  if (isZero(amount)) throw wireError('level', 'An amount is 0');
  return amount.isNegative ? 'ask' : 'bid';
}

function isZero({ text }: JsonNumber): boolean {
  return !/[1-9]/.test(text.split(/e/i)[0] ?? '');
}
