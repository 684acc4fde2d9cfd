/** Klines as Binance prints them. */

import { intervalOf, startUs } from '../../market/intervals.ts';
import type { Interval } from '../../market/intervals.ts';
import type { Market } from '../../market/market.ts';
import type { MarketCandle } from '../../market/market-candles.ts';
import { decimalText, timeNumber } from './wire.ts';
import type { TimeUnit } from './wire.ts';

/** Of the intervals of the exchange those that the sandbox has. */
const INTERVALS: Readonly<Record<string, Interval>> = {
  '1m': '1m',
  '5m': '5m',
  '15m': '15m',
  '1h': '1h',
  '4h': '4h',
  '1d': '1d',
  '1w': '1w',
  '1M': '1M',
};
/** An interval never has more minutes. */
const MONTH_US = 31 * 86_400_000_000;

export function klineInterval(name: string | null): Interval | undefined {
  return intervalOf(INTERVALS, name);
}

/** From `startTime` on, or else the last ones before `endTime`. */
export function klines(
  market: Market,
  interval: Interval,
  query: URLSearchParams,
  {
    limit,
    unit,
    nowUs,
  }: { readonly limit: number; readonly unit: TimeUnit; readonly nowUs: number },
): unknown[] {
  const us = (name: string): number | undefined => {
    const text = query.get(name);
    return text === null ? undefined : Number(text) * (unit === 'us' ? 1 : 1000);
  };
  const [beginUs, endUs = nowUs] = [us('startTime'), us('endTime')];
  const lastUs = startUs(interval, endUs);
  const spanUs = Math.min(MONTH_US, lastUs - startUs(interval, lastUs - 1)) * limit;
  const fromUs = beginUs ?? lastUs - spanUs;
  const toUs = Math.min(endUs + 1, fromUs + spanUs + MONTH_US);
  const all = market
    .candles(interval, { fromUs, toUs })
    .filter(({ isOutage }) => !isOutage)
    .map((candle) => rowOf(candle, unit));
  return beginUs === undefined ? all.slice(-limit) : all.slice(0, limit);
}

function rowOf(candle: MarketCandle, unit: TimeUnit): unknown[] {
  const { fromUs, toUs, open, high, low, close, volume, quoteVolume, buyVolume, trades } = candle;
  const step = unit === 'us' ? 1 : 1000;
  const quote = decimalText(Number(quoteVolume / 100_000_000n));
  return [
    timeNumber(fromUs, unit),
    ...[open, high, low, close, volume].map(decimalText),
    timeNumber(toUs - step, unit),
    quote,
    trades,
    decimalText(buyVolume),
    '0.00000000',
    '0',
  ];
}
