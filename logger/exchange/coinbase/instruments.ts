/**
 * Coinbase's products: `GET /products` and `/products/{id}`. Any status can be recorded: a product
 * that is halted merely sends nothing.
 *
 * Source: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproducts (gathered
 * 2026-11-20).
 */

import type { Instrument } from '../exchange.ts';
import { fieldsOf, textOf, wireError } from '../wire/fields.ts';
import { digitsOf, trimmedSize } from '../wire/tick-size.ts';

/** @throws WireFormatError */
export function parseProduct(answer: unknown): Instrument {
  const fields = fieldsOf(answer, 'A product');
  const tickSize = textOf(fields, 'quote_increment');
  const lotSize = textOf(fields, 'base_increment');
  return {
    symbol: textOf(fields, 'id'),
    scale: { priceExponent: digitsOf(tickSize), sizeExponent: digitsOf(lotSize) },
    tickSize: trimmedSize(tickSize),
    lotSize: trimmedSize(lotSize),
  };
}

/**
 * The wanted ones of all products, by name; the others are not read.
 * @throws WireFormatError
 */
export function parseProducts(
  answer: unknown,
  wanted: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, Instrument> {
  if (!Array.isArray(answer)) throw wireError('shape', 'The products are not a list');
  const found = new Map<string, Instrument>();
  for (const row of answer as readonly unknown[]) {
    const symbol = textOf(fieldsOf(row, 'A product'), 'id');
    if (wanted.has(symbol)) found.set(symbol, parseProduct(row));
  }
  return found;
}
