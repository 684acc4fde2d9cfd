/** The intervals of an exchange's own candles, all UTC: weeks begin on Mondays, `1M` is a calendar month. */

import { monthStartUs } from '../../logger/market/time.ts';

const MINUTE_US = 60_000_000;
const DAY_US = 1440 * MINUTE_US;
const LENGTHS_US = {
  '1m': MINUTE_US,
  '5m': 5 * MINUTE_US,
  '15m': 15 * MINUTE_US,
  '1h': 60 * MINUTE_US,
  '4h': 240 * MINUTE_US,
  '1d': DAY_US,
  '1w': 7 * DAY_US,
} as const;
/** 1970-01-01 was a Thursday. */
const MONDAY_US = 4 * DAY_US;

export type Interval = keyof typeof LENGTHS_US | '1M';

/** An interval of which an exchange has its own name. */
export function intervalOf(
  names: Readonly<Record<string, Interval>>,
  name: string | null,
): Interval | undefined {
  return name !== null && Object.hasOwn(names, name) ? names[name] : undefined;
}

/** The beginning of the interval that a time lies in. */
export function startUs(interval: Interval, us: number): number {
  if (interval === '1M') return monthStartUs(us);
  const lengthUs = LENGTHS_US[interval];
  const shiftUs = interval === '1w' ? MONDAY_US : 0;
  return Math.floor((us - shiftUs) / lengthUs) * lengthUs + shiftUs;
}

export function endUs(interval: Interval, us: number): number {
  if (interval === '1M') return monthStartUs(us, 1);
  return startUs(interval, us) + LENGTHS_US[interval];
}
