/**
 * BitMEX's instruments: `GET /api/v1/instrument?symbol=XBTUSD` and `GET /api/v1/instrument/active`, both
 * lists. A contract whose `state` is `Open` or `Closed` (halted for a while) can be recorded; any other
 * state means that it is settled, expired or not listed. An index has no book.
 *
 * Source: https://www.bitmex.com/api/explorer and its Swagger file (gathered 2026-11-20).
 */

import { fractionDigits } from '../../market/decimal.ts';
import type { Instrument } from '../exchange.ts';
import type { Listing } from '../streaming-exchange.ts';
import { JsonNumber } from '../wire/exact-json.ts';
import { textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { trimmedSize } from '../wire/tick-size.ts';
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
  };
}

function decimalOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (value instanceof JsonNumber) return value.decimal;
  throw wireError('instrument', `${name} is not a number`);
}
