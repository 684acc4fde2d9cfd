/**
 * Coinbase's candles: `GET /products/{id}/candles`, newest first, the running one as the first. There is no row
 * where nobody traded, nor during an outage. They come minutes late, and what was there may be missing from the
 * next answer. A range of more than 300 intervals is rejected.
 *
 *   [[1415398768,0.32,4.2,0.35,4.2,12.3],…]   [time (s), low, high, open, close, volume]
 *
 * Sources: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductcandles (gathered 2026-11-20);
 * late and changing answers: https://github.com/ccxt/ccxt/issues/13292 and 8400.
 */

import type { Timeframe } from '../../candles/timeframe.ts';
import { formatTimeUs } from '../../market/time.ts';
import type { CandleProtocol, CandleRow } from '../candles.ts';
import { JsonNumber, parseExactJson } from '../wire/exact-json.ts';
import { wireError } from '../wire/fields.ts';

const SECONDS: Partial<Record<Timeframe, number>> = {
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3600,
  '1d': 86_400,
};

export const COINBASE_CANDLES: CandleProtocol = {
  native: Object.keys(SECONDS) as Timeframe[],
  maxIntervals: 300,
  weight: 1,
  hasEmptyRows: false,
  answersVary: true,
  lateMs: 600_000,
  compared: ['open', 'high', 'low', 'close', 'volume'],
  opensAtPreviousClose: false,
  hasBinaryVolume: true,
  path: ({ symbol, timeframe, fromUs, toUs }) => {
    const granularity = SECONDS[timeframe] ?? 0;
    // Both ends belong to the answer.
    const lastUs = toUs - granularity * 1_000_000;
    const range = `start=${formatTimeUs(fromUs)}&end=${formatTimeUs(lastUs)}`;
    return `/products/${encodeURIComponent(symbol)}/candles?granularity=${granularity}&${range}`;
  },
  rows: (body) => {
    const rows = parseExactJson(body);
    if (!Array.isArray(rows)) throw wireError('shape', 'The candles are not a list');
    return rows.map(rowOf);
  },
};

function rowOf(row: unknown): CandleRow {
  const [time, low, high, open, close, volume] = (Array.isArray(row) ? row : []) as unknown[];
  const seconds = time instanceof JsonNumber ? time.integer : null;
  if (seconds === null) throw wireError('shape', 'A candle has no time');
  return { fromUs: seconds * 1_000_000, open, high, low, close, volume };
}
