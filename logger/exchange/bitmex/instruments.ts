/**
 * BitMEX's instruments: `GET /api/v1/instrument?symbol=XBTUSD` and `GET /api/v1/instrument/active`, both
 * lists. A contract whose `state` is `Open` or `Closed` (halted for a while) can be recorded; any other
 * state means that it is settled, expired or not listed. An index has no book.
 *
 * Source: https://www.bitmex.com/api/explorer and its Swagger file (gathered 2026-11-20).
 */

import { fractionDigits } from '../../market/decimal.ts';
import type { Scale } from '../../market/decimal.ts';
import type { Levels } from '../../market/events.ts';
import type { BookProbe, Instrument } from '../exchange.ts';
import type { Listing } from '../streaming-exchange.ts';
import { JsonNumber } from '../wire/exact-json.ts';
import { textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { scaleSides } from '../wire/scaled-levels.ts';
import { codeOf, trimmedSize } from '../wire/tick-size.ts';
import { contractOf } from './contract.ts';
import { rowsIn } from './events.ts';

const RECORDABLE: readonly string[] = ['Open', 'Closed'];
/** `MRCXXX` and the like. */
const INDEX = /^MR/;

export const ACTIVE_PATH = '/api/v1/instrument/active';

export function instrumentPath(symbol: string): string {
  return `/api/v1/instrument?symbol=${encodeURIComponent(symbol)}`;
}

/** The wanted ones of an answer, by symbol; the others are not read. @throws WireFormatError */
export function parseInstruments(
  answer: unknown,
  wanted: { has(symbol: string): boolean },
): ReadonlyMap<string, Listing> {
  const found = new Map<string, Listing>();
  for (const fields of rowsIn(answer)) {
    const symbol = textOf(fields, 'symbol');
    if (wanted.has(symbol)) found.set(symbol, listingOf(symbol, fields));
  }
  return found;
}

/**
 * The best prices of the wanted ones, without sizes. @throws WireFormatError
 * @param scaleOf the scale to read a symbol's prices at, or a finer one.
 */
export function parseBestPrices(
  answer: unknown,
  wanted: { has(symbol: string): boolean },
  {
    scaleOf,
    receiveTimeUs,
  }: { readonly scaleOf: (symbol: string) => Scale; readonly receiveTimeUs: number },
): ReadonlyMap<string, BookProbe> {
  const probes = new Map<string, BookProbe>();
  for (const fields of rowsIn(answer)) {
    const symbol = textOf(fields, 'symbol');
    if (!wanted.has(symbol)) continue;
    const side = (name: string): unknown[] =>
      fields[name] instanceof JsonNumber ? [[fields[name], '0']] : [];
    const { scale, bids, asks } = scaleSides(side('bidPrice'), side('askPrice'), scaleOf(symbol));
    const best = ([price]: Levels): BookProbe['bid'] =>
      price === undefined ? null : [price, null];
    const head = { sequence: null, receiveTimeUs, scale };
    probes.set(symbol, { ...head, bid: best(bids), ask: best(asks) });
  }
  return probes;
}

function listingOf(symbol: string, fields: Fields): Listing {
  const state = textOf(fields, 'state');
  if (!RECORDABLE.includes(state))
    return { unlisted: `${symbol} is no longer traded (state ${state})` };
  if (INDEX.test(textOf(fields, 'typ')))
    return { unlisted: `${symbol} is an index and has no book` };
  return instrumentOf(symbol, fields);
}

function instrumentOf(symbol: string, fields: Fields): Instrument {
  const [tickSize, lotSize] = [decimalOf(fields, 'tickSize'), decimalOf(fields, 'lotSize')];
  return {
    symbol,
    scale: { priceExponent: fractionDigits(tickSize), sizeExponent: fractionDigits(lotSize) },
    tickSize: trimmedSize(tickSize),
    lotSize: trimmedSize(lotSize),
    contract: contractOf(fields),
    base: codeOf(fields['underlying']),
    quote: codeOf(fields['quoteCurrency']),
  };
}

function decimalOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (value instanceof JsonNumber) return value.decimal;
  throw wireError('instrument', `${name} is not a number`);
}
