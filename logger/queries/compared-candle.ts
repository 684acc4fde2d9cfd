/** Candles of trades, the exchange's own, or both compared: as items, and as what is printed. */

import type { KeptCandle } from '../archive/candle-store.ts';
import { candleTexts } from '../candles/exchange-candle.ts';
import type { CandleComparison, CandleField, ExchangeCandle } from '../candles/exchange-candle.ts';
import { formatTimeUs } from '../market/time.ts';
import type { CandleResult } from './results.ts';

export interface ComparedCandle extends KeptCandle {
  /** Absent: it was not asked for, or the candle is not over. */
  readonly check?: CandleCheck;
}

export interface CandleCheck extends CandleComparison {
  /** null: it has none, and that says nothing. */
  readonly exchange: ExchangeCandle | null;
}

export interface ComparedCandleResult extends Omit<
  CandleResult,
  'quoteVolume' | 'buyVolume' | 'trades' | 'source'
> {
  /** null, as the next two: the exchange does not report it. */
  readonly quoteVolume: string | null;
  readonly buyVolume: string | null;
  readonly trades: number | null;
  readonly source: KeptCandle['source'];
  readonly check?: CandleCheckResult;
}

export interface CandleCheckResult {
  readonly compared: readonly CandleField[];
  readonly differs: readonly CandleField[];
  readonly exchange: ExchangeValues | null;
}

export type ExchangeValues = Readonly<Record<Exclude<CandleField, 'trades'>, string | null>> & {
  readonly trades: number | null;
};

export function formatComparedCandle(candle: ComparedCandle): ComparedCandleResult {
  const { check, firstTradeId, lastTradeId } = candle;
  const { volume, ...values } = valuesOf(candle);
  const id = (tradeId: typeof firstTradeId): string | null =>
    tradeId === null ? null : `${tradeId}`;
  return {
    security: candle.security,
    timeframe: candle.timeframe,
    from: formatTimeUs(candle.fromUs),
    to: formatTimeUs(candle.toUs),
    ...values,
    volume: volume ?? '0',
    firstTradeId: id(firstTradeId),
    lastTradeId: id(lastTradeId),
    state: candle.state,
    source: candle.source,
    missing: candle.missing.map(({ fromUs, toUs, cause }) => ({
      from: formatTimeUs(fromUs),
      to: formatTimeUs(toUs),
      cause,
    })),
    ...(check && {
      check: {
        compared: check.compared,
        differs: check.differs,
        exchange: check.exchange && valuesOf(check.exchange),
      },
    }),
  };
}

function valuesOf(candle: ExchangeCandle | KeptCandle): ExchangeValues {
  return { ...candleTexts(candle), trades: candle.trades };
}
