/**
 * Binance's klines: `GET /api/v3/klines`, oldest first, the running one as the last. A kline begins at a whole
 * millisecond and says its last one; weeks begin on Mondays, `1M` is a calendar month. While the engine runs, there
 * is a row where nobody traded, too; while it did not, there is none. Around the turn the row may be the old one for
 * up to a minute.
 *
 *   [1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499644799999,
 *    "2434.19055334",308,"1756.87402397","28.46694368","0"]
 *
 * Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints
 * (gathered 2026-11-20).
 */

import type { Timeframe } from '../../candles/timeframe.ts';
import type { CandleProtocol, CandleRow } from '../candles.ts';
import { parseJson, wireError } from '../wire/fields.ts';

const NAMES: Partial<Record<Timeframe, string>> = {
  '1m': '1m',
  '5m': '5m',
  '15m': '15m',
  '1h': '1h',
  '4h': '4h',
  '1d': '1d',
  '7d': '1w',
  '1M': '1M',
};

export const BINANCE_CANDLES: CandleProtocol = {
  native: Object.keys(NAMES) as Timeframe[],
  maxIntervals: 1000,
  weight: 2,
  hasEmptyRows: true,
  lateMs: 60_000,
  compared: ['open', 'high', 'low', 'close', 'volume', 'quoteVolume', 'buyVolume', 'trades'],
  opensAtPreviousClose: false,
  quoteDecimals: 8,
  path: ({ symbol, timeframe, fromUs, toUs }) => {
    const range = `startTime=${fromUs / 1000}&endTime=${toUs / 1000 - 1}`;
    const kind = `interval=${NAMES[timeframe] ?? timeframe}`;
    return `/api/v3/klines?symbol=${encodeURIComponent(symbol)}&${kind}&${range}&limit=1000`;
  },
  rows: (body) => {
    const rows = parseJson(body);
    if (!Array.isArray(rows)) throw wireError('shape', 'The klines are not a list');
    return rows.map(rowOf);
  },
};

function rowOf(row: unknown): CandleRow {
  const columns: readonly unknown[] = Array.isArray(row) ? row : [];
  const [openMs, open, high, low, close, volume, closeMs, quoteVolume, trades, buyVolume] = columns;
  const isWhole = [openMs, closeMs, trades].every((value) => Number.isSafeInteger(value));
  if (!isWhole) throw wireError('shape', 'A kline has not its columns');
  const times = { fromUs: (openMs as number) * 1000, toUs: ((closeMs as number) + 1) * 1000 };
  const amounts = { volume, quoteVolume, buyVolume, trades: trades as number };
  return { ...times, open, high, low, close, ...amounts };
}
