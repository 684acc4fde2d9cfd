/**
 * Binance's symbols: `GET /api/v3/exchangeInfo`. Any status (`TRADING`, `HALT`, `BREAK` …) can be
 * recorded: a symbol in `BREAK` merely sends nothing.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/filters (gathered 2026-11-20).
 */

import type { Scale } from '../../market/decimal.ts';
import type { Instrument } from '../exchange.ts';
import { fieldsOf, listOf, textOf } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { codeOf, digitsOf, smallestOf, trimmedSize } from '../wire/tick-size.ts';

export const INSTRUMENT_WEIGHT = 20;

/** The decimals that every price and size is printed with, whatever the tick size. */
export const DEFAULT_SCALE: Scale = Object.freeze({ priceExponent: 8, sizeExponent: 8 });

export function instrumentPath(symbols: readonly string[]): string {
  const [only] = symbols;
  const query =
    symbols.length === 1 && only !== undefined
      ? `symbol=${encodeURIComponent(only)}`
      : `symbols=${encodeURIComponent(JSON.stringify(symbols))}`;
  return `/api/v3/exchangeInfo?${query}`;
}

/**
 * The symbols of an answer, by name.
 * @throws WireFormatError
 */
export function parseInstruments(answer: unknown): ReadonlyMap<string, Instrument> {
  const rows = listOf(fieldsOf(answer, 'The exchange information'), 'symbols');
  return new Map(
    rows.map((row) => {
      const instrument = parseInstrument(row);
      return [instrument.symbol, instrument] as const;
    }),
  );
}

function parseInstrument(row: unknown): Instrument {
  const fields = fieldsOf(row, 'A symbol');
  const symbol = textOf(fields, 'symbol');
  const filters = listOf(fields, 'filters').map((filter) => fieldsOf(filter, 'A filter'));
  const filterOf = (type: string): Fields | undefined =>
    filters.find((candidate) => candidate['filterType'] === type);
  const valueOf = (type: string, name: string): string | null => {
    const filter = filterOf(type);
    return filter ? textOf(filter, name) : null;
  };
  const tickSize = valueOf('PRICE_FILTER', 'tickSize');
  const lotSize = valueOf('LOT_SIZE', 'stepSize');
  return {
    symbol,
    scale: {
      priceExponent: Math.max(DEFAULT_SCALE.priceExponent, digitsOf(tickSize)),
      sizeExponent: Math.max(DEFAULT_SCALE.sizeExponent, digitsOf(lotSize)),
    },
    tickSize: trimmedSize(tickSize),
    lotSize: trimmedSize(lotSize),
    base: codeOf(fields['baseAsset']),
    quote: codeOf(fields['quoteAsset']),
    minSize: smallestOf(filterOf('LOT_SIZE')?.['minQty']),
    // A symbol has one of them.
    minNotional: smallestOf((filterOf('NOTIONAL') ?? filterOf('MIN_NOTIONAL'))?.['minNotional']),
  };
}
