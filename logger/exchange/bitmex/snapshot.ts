/**
 * The whole book by REST: `GET /api/v1/orderBook/L2?symbol=XBTUSD&depth=0`, the rows of the table without
 * its place in the stream. It can't begin a book, but it can contradict one.
 *
 * Source: https://www.bitmex.com/api/explorer (gathered 2026-11-20).
 */

import type { BookSnapshot } from '../../market/events.ts';
import type { BookProbe } from '../exchange.ts';
import type { ReadContext } from '../feed/protocol.ts';
import { bestOf } from '../wire/best-of.ts';
import { textOf, wireError } from '../wire/fields.ts';
import { latestTimeUs, rowOf, rowsIn, snapshotOf } from './events.ts';
import { TableRows } from './rows.ts';

/** @param depth levels a side; 0: all. */
export function bookPath(symbol: string, depth: number): string {
  return `/api/v1/orderBook/L2?symbol=${encodeURIComponent(symbol)}&depth=${depth}`;
}

/** @throws WireFormatError */
export function parseBook(answer: unknown, symbol: string, context: ReadContext): BookSnapshot {
  const rows = rowsIn(answer);
  if (rows.some((row) => textOf(row, 'symbol') !== symbol)) {
    throw wireError('symbols', `The exchange answered for another symbol than ${symbol}`);
  }
  const changes = new TableRows().changesOf('partial', rows.map(rowOf));
  return snapshotOf(changes, latestTimeUs(rows), context);
}

/** An answer of depth 1: best prices with their sizes. @throws WireFormatError */
export function parseTop(answer: unknown, symbol: string, context: ReadContext): BookProbe {
  const book = parseBook(answer, symbol, context);
  if (book.level !== 'L2') throw wireError('snapshot', 'Not a book of levels');
  return { sequence: null, receiveTimeUs: context.receiveTimeUs, ...bestOf(book) };
}
