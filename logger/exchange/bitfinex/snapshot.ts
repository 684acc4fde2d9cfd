/**
 * Bitfinex's REST answers about books. They have no place in a connection's count: they can't begin a book, but
 * they can contradict one.
 *
 * Sources: https://docs.bitfinex.com/reference/rest-public-book and rest-public-tickers (gathered 2026-11-20).
 */

import type { Scale } from '../../market/decimal.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { BookProbe } from '../exchange.ts';
import type { ReadContext } from '../feed/protocol.ts';
import { bestOf } from '../wire/best-of.ts';
import { JsonNumber } from '../wire/exact-json.ts';
import { wireError } from '../wire/fields.ts';
import { scaleSides } from '../wire/scaled-levels.ts';
import type { BookKind } from './books.ts';
import { scaledRows, snapshotOf } from './events.ts';
import { orderRow, priceRow } from './rows.ts';

/** Rows of a side that the book is compared in: more are not documented for REST. */
export const COMPARED = 100;

/** @param length rows of a side: 1, 25 or 100. */
export function bookPath(symbol: string, { precision }: BookKind, length: 1 | 100): string {
  return `/v2/book/${encodeURIComponent(symbol)}/${precision}?len=${length}`;
}

export function tickersPath(symbols: readonly string[]): string {
  return `/v2/tickers?symbols=${symbols.map((one) => encodeURIComponent(one)).join(',')}`;
}

/** @throws WireFormatError */
export function parseBook(
  answer: unknown,
  { level }: BookKind,
  { scale, receiveTimeUs }: Pick<ReadContext, 'scale' | 'receiveTimeUs'>,
): BookSnapshot {
  const rows = listIn(answer).map(level === 'L2' ? priceRow : orderRow);
  const times = { sequence: 0, exchangeTimeUs: null, receiveTimeUs };
  return snapshotOf(level, scaledRows(rows, scale), times);
}

/** A book of one row a side. @throws WireFormatError */
export function parseTop(
  answer: unknown,
  kind: BookKind,
  context: Pick<ReadContext, 'scale' | 'receiveTimeUs'>,
): BookProbe {
  const book = parseBook(answer, kind, context);
  const { scale, receiveTimeUs } = book;
  const head = { sequence: null, receiveTimeUs };
  if (book.level === 'L2') return { ...head, ...bestOf({ ...book, scale }) };
  // An order of several at its price: the size of all is not reported.
  const [bid, ask] = [book.bids[0], book.asks[0]];
  return {
    ...head,
    scale,
    bid: bid ? [bid.price, null] : null,
    ask: ask ? [ask.price, null] : null,
  };
}

/**
 * Best prices: `[symbol, bid, size of 25 bids, ask, …]` for each.
 * @throws WireFormatError
 */
export function parseTickers(
  answer: unknown,
  { scaleOf, receiveTimeUs }: { scaleOf: (symbol: string) => Scale; receiveTimeUs: number },
): ReadonlyMap<string, BookProbe> {
  const probes = new Map<string, BookProbe>();
  for (const row of listIn(answer)) {
    const [symbol, bid, , ask] = listIn(row);
    if (typeof symbol !== 'string') throw wireError('shape', 'A ticker has no symbol');
    const { scale, bids, asks } = scaleSides(sideOf(bid), sideOf(ask), scaleOf(symbol));
    const best = ([price]: typeof bids): BookProbe['bid'] =>
      price === undefined ? null : [price, null];
    const head = { sequence: null, receiveTimeUs, scale };
    probes.set(symbol, { ...head, bid: best(bids), ask: best(asks) });
  }
  return probes;
}

/** null: the side is empty. */
function sideOf(price: unknown): readonly unknown[] {
  return price instanceof JsonNumber ? [[price, '0']] : [];
}

function listIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wireError('shape', 'The answer is not a list');
  return value as readonly unknown[];
}
