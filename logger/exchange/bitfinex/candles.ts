/**
 * Bitfinex's candles: `GET /v2/candles/trade:1m:tBTCUSD/hist`, with `sort=1` oldest first. There is no row where
 * nobody traded, nor during maintenance. The close is the second price. A symbol that is not listed has no rows
 * either: Tether is `UST`.
 *
 *   [[1678465320000,20097,20094,20097,20094,0.07870586],…]   [time (ms), open, close, high, low, volume]
 *
 * Source: https://docs.bitfinex.com/reference/rest-public-candles (gathered 2026-11-20). Its weeks and months are not
 * documented to begin where ours do, and 4 hours are not documented at all.
 */

import type { Timeframe } from '../../candles/timeframe.ts';
import type { CandleProtocol, CandleRow } from '../candles.ts';
import { JsonNumber, parseExactJson } from '../wire/exact-json.ts';
import { wireError } from '../wire/fields.ts';

const NAMES: Partial<Record<Timeframe, string>> = {
  '1m': '1m',
  '5m': '5m',
  '15m': '15m',
  '1h': '1h',
  '1d': '1D',
};

export const BITFINEX_CANDLES: CandleProtocol = {
  native: Object.keys(NAMES) as Timeframe[],
  maxIntervals: 10_000,
  weight: 1,
  hasEmptyRows: false,
  // Not documented.
  lateMs: 60_000,
  compared: ['open', 'high', 'low', 'close', 'volume'],
  opensAtPreviousClose: false,
  hasBinaryVolume: true,
  path: ({ symbol, timeframe, fromUs, toUs }) => {
    const key = `trade:${NAMES[timeframe] ?? timeframe}:${symbol}`;
    const range = `start=${fromUs / 1000}&end=${toUs / 1000 - 1}`;
    return `/v2/candles/${encodeURIComponent(key)}/hist?${range}&limit=10000&sort=1`;
  },
  rows: (body) => {
    const rows = parseExactJson(body);
    if (!Array.isArray(rows)) throw wireError('shape', 'The candles are not a list');
    return rows.map(rowOf);
  },
};

function rowOf(row: unknown): CandleRow {
  const [time, open, close, high, low, volume] = (Array.isArray(row) ? row : []) as unknown[];
  const ms = time instanceof JsonNumber ? time.integer : null;
  if (ms === null) throw wireError('shape', 'A candle has no time');
  return { fromUs: ms * 1000, open, high, low, close, volume };
}
