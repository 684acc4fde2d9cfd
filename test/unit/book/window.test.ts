/** How far a book is known of which the exchange shows a window. */

import { expect, test } from 'vitest';
import { bookOf } from '../../../logger/book/book.ts';
import { windowHorizon } from '../../../logger/book/window.ts';
import { snapshotOf, scaledRows } from '../../../logger/exchange/bitfinex/events.ts';
import { orderRow } from '../../../logger/exchange/bitfinex/rows.ts';
import { parseExactJson } from '../../../logger/exchange/wire/exact-json.ts';

const SCALE = { priceExponent: 0, sizeExponent: 3 };

test('a window of levels, to its last price', () => {
  const bids = [100, 5, 99, 7];
  expect(windowHorizon(bookOf({ level: 'L2', scale: SCALE, bids, asks: [] }))).toEqual({
    bid: 99,
    ask: null,
  });
});

test.each([
  // The third order at 60925 may be behind the window, as it was in the recording of 2021.
  ['[[1,60927,1],[2,60926,1],[3,60925,1],[4,60925,1]]', 60_926],
  ['[[1,60927,1],[2,60926,1],[3,60926,1],[4,60925,1]]', 60_926],
  ['[[1,60925,1],[2,60925,1]]', 60_925],
  ['[]', null],
])('a window of orders, to the last price but one: %s', (text, bid) => {
  const rows = (parseExactJson(text) as unknown[]).map(orderRow);
  const times = { sequence: 1, exchangeTimeUs: 1, receiveTimeUs: 1 };
  const snapshot = snapshotOf('L3', scaledRows(rows, SCALE), times);
  expect(snapshot.horizon).toEqual({ bid, ask: null });
  expect(windowHorizon(bookOf(snapshot))).toEqual({ bid, ask: null });
});
