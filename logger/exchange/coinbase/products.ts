/**
 * What Coinbase says about products: `GET /products` and `/products/{id}`. Any status is fine to
 * record: a product that is halted merely sends nothing.
 *
 * Source: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproducts (gathered
 * 2026-11-20).
 */

import type { Instrument } from '../exchange.ts';
import { fieldsOf, textOf, wireError } from '../fields.ts';
import { digitsOf, trimmedStep } from '../steps.ts';

/** @throws WireFormatError */
export function parseProduct(answer: unknown): Instrument {
  const fields = fieldsOf(answer, 'A product');
  const tickSize = textOf(fields, 'quote_increment');
  const lotSize = textOf(fields, 'base_increment');
  return {
    symbol: textOf(fields, 'id'),
    scale: { priceExponent: digitsOf(tickSize), sizeExponent: digitsOf(lotSize) },
    tickSize: trimmedStep(tickSize),
    lotSize: trimmedStep(lotSize),
  };
}

/** All products by name. @throws WireFormatError */
export function parseProducts(answer: unknown): ReadonlyMap<string, Instrument> {
  if (!Array.isArray(answer)) throw wireError('shape', 'The products are not a list');
  return new Map(
    answer.map((row) => {
      const product = parseProduct(row);
      return [product.symbol, product] as const;
    }),
  );
}
