/**
 * Coinbase's products: `GET /products` and `/products/{id}`. Any status but `delisted` can be recorded: a
 * product that is halted merely sends nothing.
 *
 * Source: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproducts (gathered
 * 2026-11-20).
 */

import { UnknownSecurityError } from '../../errors.ts';
import type { Instrument } from '../exchange.ts';
import { fieldsOf, textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { codeOf, digitsOf, smallestOf, trimmedSize } from '../wire/tick-size.ts';

/** @throws WireFormatError, UnknownSecurityError where it is delisted. */
export function parseProduct(answer: unknown): Instrument {
  const fields = fieldsOf(answer, 'A product');
  if (isDelisted(fields)) throw new UnknownSecurityError('No longer listed (status delisted)');
  const tickSize = textOf(fields, 'quote_increment');
  const lotSize = textOf(fields, 'base_increment');
  return {
    symbol: textOf(fields, 'id'),
    scale: { priceExponent: digitsOf(tickSize), sizeExponent: digitsOf(lotSize) },
    tickSize: trimmedSize(tickSize),
    lotSize: trimmedSize(lotSize),
    base: codeOf(fields['base_currency']),
    quote: codeOf(fields['quote_currency']),
    // Not said any more: since 2022 it is the least amount of quote that limits orders of every kind.
    minSize: smallestOf(fields['base_min_size']),
    minNotional: smallestOf(fields['min_market_funds']),
  };
}

/**
 * The wanted ones of all products that are listed, by name; the others are not read.
 * @throws WireFormatError
 */
export function parseProducts(
  answer: unknown,
  wanted: { has(symbol: string): boolean },
): ReadonlyMap<string, Instrument> {
  if (!Array.isArray(answer)) throw wireError('shape', 'The products are not a list');
  const found = new Map<string, Instrument>();
  for (const row of answer as readonly unknown[]) {
    const fields = fieldsOf(row, 'A product');
    const symbol = textOf(fields, 'id');
    if (wanted.has(symbol) && !isDelisted(fields)) found.set(symbol, parseProduct(fields));
  }
  return found;
}

function isDelisted(product: Fields): boolean {
  return product['status'] === 'delisted';
}
