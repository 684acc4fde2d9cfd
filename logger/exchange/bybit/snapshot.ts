/**
 * Bybit's REST answers about books. `GET /v5/market/full_orderbook`: up to 10,000 levels a side, numbered as
 * `orderbook.full`. `GET /v5/market/orderbook`: up to 1,000, numbered as `orderbook.1000`.
 *
 * Sources: https://bybit-exchange.github.io/docs/v5/market/full-ob and orderbook (2026-07-24).
 */

import type { BookProbe } from '../exchange.ts';
import { bestOf } from '../wire/best-of.ts';
import type { Fields } from '../wire/fields.ts';
import { fieldsOf, integerOf, listOf, parseJson, textOf, wireError } from '../wire/fields.ts';
import { scaleSides } from '../wire/scaled-levels.ts';
import type { Scale } from '../../market/decimal.ts';
import { snapshotOf } from './events.ts';
import type { NumberedSnapshot, SnapshotContext } from './events.ts';

/** Levels a side of the full book's answer. */
export const FULL_DEPTH = 10_000;
export const TICKERS_PATH = '/v5/market/tickers?category=spot';

export function fullBookPath(symbol: string): string {
  return `/v5/market/full_orderbook?${spot(symbol)}`;
}

export function bookPath(symbol: string, limit: number): string {
  return `/v5/market/orderbook?${spot(symbol)}&limit=${limit}`;
}

export function spot(symbol: string): string {
  return `category=spot&symbol=${encodeURIComponent(symbol)}`;
}

/** What an answer is about. @throws WireFormatError */
export function resultOf(body: string): Fields {
  return fieldsOf(fieldsOf(parseJson(body), 'The answer')['result'], 'result');
}

/** @throws WireFormatError, see `snapshotOf`. */
export function parseSnapshot(
  body: string,
  symbol: string,
  context: SnapshotContext,
): NumberedSnapshot {
  const result = bookIn(body, symbol);
  return snapshotOf(result, result, context);
}

/** A shallow book. @throws WireFormatError */
export function parseTop(
  body: string,
  symbol: string,
  { scale, receiveTimeUs }: { readonly scale: Scale; readonly receiveTimeUs: number },
): BookProbe {
  const result = bookIn(body, symbol);
  const sides = scaleSides(listOf(result, 'b').slice(0, 1), listOf(result, 'a').slice(0, 1), scale);
  return { sequence: integerOf(result, 'u', 1), receiveTimeUs, ...bestOf(sides) };
}

/** The best prices of some of all symbols. @throws WireFormatError */
export function parseTickers(
  body: string,
  wanted: {
    readonly symbols: readonly string[];
    readonly scaleOf: (symbol: string) => Scale;
    readonly receiveTimeUs: number;
  },
): ReadonlyMap<string, BookProbe> {
  const left = new Set(wanted.symbols);
  const probes = new Map<string, BookProbe>();
  const { receiveTimeUs } = wanted;
  for (const row of listOf(resultOf(body), 'list')) {
    const fields = fieldsOf(row, 'A ticker');
    const symbol = textOf(fields, 'symbol');
    if (!left.delete(symbol)) continue;
    const bids = levelOf(fields, 'bid1Price', 'bid1Size');
    const asks = levelOf(fields, 'ask1Price', 'ask1Size');
    const sides = scaleSides(bids, asks, wanted.scaleOf(symbol));
    probes.set(symbol, { sequence: null, receiveTimeUs, ...bestOf(sides) });
  }
  return probes;
}

function bookIn(body: string, symbol: string): Fields {
  const result = resultOf(body);
  if (textOf(result, 's') !== symbol) throw wireError('stream', 'The book is of another symbol');
  return result;
}

/** Empty texts stand for an empty side. */
function levelOf(fields: Fields, price: string, size: string): readonly unknown[] {
  const level = [textOf(fields, price), textOf(fields, size)];
  return level[0] === '' ? [] : [level];
}
