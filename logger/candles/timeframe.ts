/**
 * Timeframes and their grids, all UTC: up to `1d` whole multiples since 1970; `7d` from Monday; `30d` whole
 * multiples since 1970, which is not a month; `1M` calendar months. Pure.
 */

import { monthStartUs } from '../market/time.ts';

export const TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1d', '7d', '30d', '1M'] as const;
export type Timeframe = (typeof TIMEFRAMES)[number];

const MINUTE_US = 60_000_000;
const HOUR_US = 60 * MINUTE_US;
const DAY_US = 24 * HOUR_US;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY_US = 4 * DAY_US;

const LENGTH_US: Readonly<Record<Exclude<Timeframe, '1M'>, number>> = {
  '1m': MINUTE_US,
  '5m': 5 * MINUTE_US,
  '15m': 15 * MINUTE_US,
  '1h': HOUR_US,
  '4h': 4 * HOUR_US,
  '1d': DAY_US,
  '7d': 7 * DAY_US,
  '30d': 30 * DAY_US,
};

/** The beginning of the interval that a time lies in. */
export function intervalStartUs(timeframe: Timeframe, us: number): number {
  if (timeframe === '1M') return monthStartUs(us);
  const offsetUs = timeframe === '7d' ? FIRST_MONDAY_US : 0;
  const lengthUs = LENGTH_US[timeframe];
  return Math.floor((us - offsetUs) / lengthUs) * lengthUs + offsetUs;
}

/** The end, exclusive, of the interval that a time lies in: the beginning of the next one. */
export function intervalEndUs(timeframe: Timeframe, us: number): number {
  if (timeframe === '1M') return monthStartUs(us, 1);
  return intervalStartUs(timeframe, us) + LENGTH_US[timeframe];
}

/** The beginning of the first interval that begins at or after a time. */
export function firstStartUs(timeframe: Timeframe, us: number): number {
  const startUs = intervalStartUs(timeframe, us);
  return startUs === us ? us : intervalEndUs(timeframe, us);
}
