/**
 * Bybit's klines, spot: `GET /v5/market/kline`, newest first, the running one as the first. In the example of the
 * documentation each opens at the close of the one before, so `open` is not a trade of the interval, and the highest
 * or lowest price may not be one.
 *
 *   ["1670608800000","17071","17073","17027","17055.5","268611","15.74462667"]
 *   [start (ms), open, high, low, close, volume, turnover]
 *
 * Source: https://bybit-exchange.github.io/docs/v5/market/kline (2026-07-24). How `turnover` is rounded, and that
 * weeks begin on Mondays, is not documented.
 */

import type { Timeframe } from '../../candles/timeframe.ts';
import type { CandleProtocol, CandleRow } from '../candles.ts';
import { listOf, textOf, wireError } from '../wire/fields.ts';
import { resultOf, spot } from './snapshot.ts';

const NAMES: Partial<Record<Timeframe, string>> = {
  '1m': '1',
  '5m': '5',
  '15m': '15',
  '1h': '60',
  '4h': '240',
  '1d': 'D',
};

export const BYBIT_CANDLES: CandleProtocol = {
  native: Object.keys(NAMES) as Timeframe[],
  maxIntervals: 1000,
  weight: 1,
  hasEmptyRows: true,
  // Not documented.
  lateMs: 60_000,
  compared: ['high', 'low', 'close', 'volume'],
  opensAtPreviousClose: true,
  path: ({ symbol, timeframe, fromUs, toUs }) => {
    const range = `start=${fromUs / 1000}&end=${toUs / 1000 - 1}`;
    return `/v5/market/kline?${spot(symbol)}&interval=${NAMES[timeframe] ?? timeframe}&${range}&limit=1000`;
  },
  rows: (body, { symbol }) => {
    const result = resultOf(body);
    if (textOf(result, 'symbol') !== symbol) {
      throw wireError('symbols', 'The klines are of another symbol');
    }
    return listOf(result, 'list').map(rowOf);
  },
};

function rowOf(row: unknown): CandleRow {
  const columns: readonly unknown[] = Array.isArray(row) ? row : [];
  const [start, open, high, low, close, volume, quoteVolume] = columns;
  if (typeof start !== 'string' || !/^\d{1,15}$/.test(start)) {
    throw wireError('shape', 'A kline has no start');
  }
  return { fromUs: Number(start) * 1000, open, high, low, close, volume, quoteVolume };
}
