/**
 * Bybit's spot symbols: `GET /v5/market/instruments-info`, without pages. It lists what is traded; a symbol
 * that is not listed (any more) has an empty list.
 *
 * Source: https://bybit-exchange.github.io/docs/v5/market/instrument (2026-07-24); recording of 2026-08-09.
 */

import type { Scale } from '../../market/decimal.ts';
import type { Instrument } from '../exchange.ts';
import { fieldsOf, listOf, textOf } from '../wire/fields.ts';
import { codeOf, digitsOf, smallestOf, trimmedSize } from '../wire/tick-size.ts';
import { resultOf, spot } from './snapshot.ts';

/** Where nothing else is known. */
export const DEFAULT_SCALE: Scale = Object.freeze({ priceExponent: 2, sizeExponent: 6 });

/** @param symbol null: all symbols. */
export function instrumentPath(symbol: string | null): string {
  const query = symbol === null ? 'category=spot' : spot(symbol);
  return `/v5/market/instruments-info?${query}`;
}

/** By symbol. @throws WireFormatError */
export function parseInstruments(body: string): ReadonlyMap<string, Instrument> {
  return new Map(
    listOf(resultOf(body), 'list').map((row) => {
      const fields = fieldsOf(row, 'A symbol');
      const symbol = textOf(fields, 'symbol');
      const tickSize = textOf(fieldsOf(fields['priceFilter'], 'priceFilter'), 'tickSize');
      const sizeFilter = fieldsOf(fields['lotSizeFilter'], 'lotSizeFilter');
      const lotSize = textOf(sizeFilter, 'basePrecision');
      const scale = { priceExponent: digitsOf(tickSize), sizeExponent: digitsOf(lotSize) };
      const sizes = { tickSize: trimmedSize(tickSize), lotSize: trimmedSize(lotSize) };
      const product = {
        base: codeOf(fields['baseCoin']),
        quote: codeOf(fields['quoteCoin']),
        minSize: smallestOf(sizeFilter['minOrderQty']),
        minNotional: smallestOf(sizeFilter['minOrderAmt']),
      };
      return [symbol, { symbol, scale, ...sizes, ...product }] as const;
    }),
  );
}
