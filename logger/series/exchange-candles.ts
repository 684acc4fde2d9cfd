/** The exchanges' own candles, for the manager port: shown, compared with those of trades, and brought into the archive. */

import type { ComparedCandle } from '../queries/compared-candle.ts';
import type { GapItem } from '../queries/items.ts';
import type { ComparedCandlesQuery, FetchCandlesQuery } from '../queries/queries.ts';
import type { FetchCandlesResult } from '../queries/results.ts';
import type { Archive } from '../archive/archive.ts';
import type { Reader } from '../reader/reader.ts';
import { fetchCandles } from './candle-fetch.ts';
import type { FetchOptions } from './candle-fetch.ts';
import { comparedCandles } from './compared-candles.ts';
import { ExchangeHistory } from './exchange-history.ts';
import type { AskedExchanges } from './exchange-history.ts';

export interface ExchangeCandlesService {
  /** @throws InvalidArgumentError, UnknownSecurityError, and whatever the exchange rejects. */
  compared(
    query: ComparedCandlesQuery,
    signal: AbortSignal,
  ): AsyncIterable<ComparedCandle | GapItem>;
  /** See `fetchCandles`. */
  fetch(query: FetchCandlesQuery, options: FetchOptions): Promise<FetchCandlesResult>;
}

export interface ExchangeCandlesDeps extends AskedExchanges {
  readonly archive: Archive;
  readonly reader: Reader;
}

export function exchangeCandlesService(deps: ExchangeCandlesDeps): ExchangeCandlesService {
  const { archive, reader, ...asked } = deps;
  const history = new ExchangeHistory({ asked, kept: archive.candles });
  const recordedFromUs = async (security: string): Promise<number | null> =>
    (await archive.segmentStart(security, 0))?.header.exchangeFromUs ?? null;
  return {
    compared: (query, signal) =>
      comparedCandles(
        {
          history,
          store: archive.candles,
          candles: (own) => reader.candles(own),
          clock: deps.clock,
        },
        query,
        signal,
      ),
    fetch: (query, options) =>
      fetchCandles({ ...asked, history, store: archive.candles, recordedFromUs }, query, options),
  };
}
