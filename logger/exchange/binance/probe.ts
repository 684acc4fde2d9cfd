/**
 * Cheap questions about where books are: the best prices of all symbols in one request, and a shallow
 * `depth` with the book's sequence for one.
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 * (gathered 2026-11-20).
 */

import type { Scale } from '../../market/decimal.ts';
import type { BookProbe } from '../exchange.ts';
import { fieldsOf, integerOf, listOf, textOf, wireError } from '../wire/fields.ts';
import { scaleSides } from '../wire/scaled-levels.ts';
import { bestOf } from '../wire/best-of.ts';

/** All symbols: a list of symbols costs the same, and fails as a whole if one is not listed. */
export const TICKERS_PATH = '/api/v3/ticker/bookTicker';
export const TICKERS_WEIGHT = 4;
export const TOP_WEIGHT = 5;

export function topPath(symbol: string): string {
  return `/api/v3/depth?symbol=${encodeURIComponent(symbol)}&limit=5`;
}

/** The best prices of some of all symbols. @throws WireFormatError */
export function parseTickers(
  answer: unknown,
  wanted: {
    readonly symbols: readonly string[];
    readonly scaleOf: (symbol: string) => Scale;
    readonly receiveTimeUs: number;
  },
): ReadonlyMap<string, BookProbe> {
  if (!Array.isArray(answer)) throw wireError('shape', 'The best prices are not a list');
  const left = new Set(wanted.symbols);
  const probes = new Map<string, BookProbe>();
  for (const row of answer) {
    const fields = fieldsOf(row, 'Best prices');
    const symbol = textOf(fields, 'symbol');
    if (!left.delete(symbol)) continue;
    const bids = [[fields['bidPrice'], fields['bidQty']]];
    const asks = [[fields['askPrice'], fields['askQty']]];
    const sides = scaleSides(bids, asks, wanted.scaleOf(symbol));
    const { receiveTimeUs } = wanted;
    probes.set(symbol, { sequence: null, receiveTimeUs, ...bestOf(sides) });
  }
  return probes;
}

/** A shallow book. @throws WireFormatError */
export function parseTop(
  answer: unknown,
  { scale, receiveTimeUs }: { readonly scale: Scale; readonly receiveTimeUs: number },
): BookProbe {
  const fields = fieldsOf(answer, 'The book');
  const sequence = integerOf(fields, 'lastUpdateId', -1);
  const sides = scaleSides(listOf(fields, 'bids'), listOf(fields, 'asks'), scale);
  return { sequence, receiveTimeUs, ...bestOf(sides) };
}
