/**
 * BitMEX's buckets of trades: `GET /api/v1/trade/bucketed`, oldest first, without the running one. `timestamp` is the
 * end of a bucket, and its `open` the close of the bucket before, which may lie outside of `low` and `high`. A bucket
 * without trades has a row. Volumes are contracts, as sizes are. A bucket comes some 16 s after its end. The parameter
 * `reverse` turned the order in whatever was passed: it is left out.
 *
 *   {"timestamp":"2018-04-10T01:36:00.000Z","symbol":"XBTUSD","open":6717.5,"high":6724.5,"low":6720,
 *    "close":6724.5,"trades":5,"volume":74881,"vwap":6724.4973,"lastSize":44260,"turnover":1113600921,
 *    "homeNotional":11.136009210000001,"foreignNotional":74881}
 *
 * Sources: https://www.bitmex.com/api/explorer (gathered 2026-11-20);
 * https://github.com/BitMEX/api-connectors/issues/115 (the row above) and 144 (`reverse`).
 */

import type { Timeframe } from '../../candles/timeframe.ts';
import { intervalEndUs, intervalStartUs } from '../../candles/timeframe.ts';
import { formatTimeUs, parseIsoUs } from '../../market/time.ts';
import type { CandlePageRequest, CandleProtocol, CandleRow } from '../candles.ts';
import { JsonNumber, parseExactJson } from '../wire/exact-json.ts';
import { textOf, wireError } from '../wire/fields.ts';
import type { Fields } from '../wire/fields.ts';
import { rowsIn } from './events.ts';

export const BITMEX_CANDLES: CandleProtocol = {
  native: ['1m', '5m', '1h', '1d'],
  maxIntervals: 1000,
  weight: 1,
  hasEmptyRows: true,
  lateMs: 60_000,
  compared: ['high', 'low', 'close', 'volume', 'trades'],
  opensAtPreviousClose: true,
  path: ({ symbol, timeframe, fromUs, toUs }) => {
    const firstEnd = formatTimeUs(intervalEndUs(timeframe, fromUs));
    const range = `startTime=${firstEnd}&endTime=${formatTimeUs(toUs)}`;
    const kind = `binSize=${timeframe}&symbol=${encodeURIComponent(symbol)}`;
    return `/api/v1/trade/bucketed?${kind}&count=1000&${range}`;
  },
  rows: (body, request) => rowsIn(parseExactJson(body)).map((row) => rowOf(row, request)),
};

function rowOf(row: Fields, { symbol, timeframe }: CandlePageRequest): CandleRow {
  if (textOf(row, 'symbol') !== symbol) {
    throw wireError('symbols', `The exchange answered for another symbol than ${symbol}`);
  }
  const endUs = parseIsoUs(textOf(row, 'timestamp'));
  if (endUs === undefined) throw wireError('time', 'timestamp is no time');
  const trades = row['trades'] instanceof JsonNumber ? row['trades'].integer : null;
  if (trades === null || trades < 0) throw wireError('integer', 'trades is not a whole number');
  const { open, high, low, close, volume } = row;
  return { fromUs: openUs(timeframe, endUs), open, high, low, close, volume, trades };
}

/** The begin of the interval that ends at a time; of one that is no end, the time itself. */
function openUs(timeframe: Timeframe, endUs: number): number {
  const isEnd = intervalStartUs(timeframe, endUs) === endUs;
  return isEnd ? intervalStartUs(timeframe, endUs - 1) : endUs;
}
