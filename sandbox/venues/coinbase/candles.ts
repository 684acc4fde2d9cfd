/** Candles as Coinbase answers them: newest first, none without trades, and the last ones late. */

import { parseIsoUs } from '../../../logger/market/time.ts';
import { intervalOf } from '../../market/intervals.ts';
import type { Interval } from '../../market/intervals.ts';
import type { Market } from '../../market/market.ts';
import { decimal } from '../../market/units.ts';

const INTERVALS: Readonly<Record<string, Interval>> = {
  60: '1m',
  300: '5m',
  900: '15m',
  3600: '1h',
  86400: '1d',
};
const MAX_INTERVALS = 300;
/** One that ended within this time is not in the answer. */
const LATE_US = 120_000_000;

interface Content {
  readonly status: number;
  readonly value: unknown;
  readonly text?: string;
}

export function candlesOf(market: Market, query: URLSearchParams, nowUs: number): Content {
  const granularity = query.get('granularity') ?? '60';
  const interval = intervalOf(INTERVALS, granularity);
  if (interval === undefined) return rejected('Unsupported granularity');
  const stepUs = Number(granularity) * 1_000_000;
  const lastUs = parseIsoUs(query.get('end') ?? '') ?? nowUs;
  const fromUs = parseIsoUs(query.get('start') ?? '') ?? lastUs - (MAX_INTERVALS - 1) * stepUs;
  if ((lastUs - fromUs) / stepUs > MAX_INTERVALS) {
    return rejected(
      `granularity too small for the requested time range. Count of aggregations requested exceeds ${MAX_INTERVALS}`,
    );
  }
  const rows = market
    .candles(interval, { fromUs, toUs: lastUs + 1 })
    .filter(({ trades, toUs }) => trades > 0 && (toUs <= nowUs - LATE_US || toUs > nowUs))
    .map(({ fromUs: us, low, high, open, close, volume }) => {
      const numbers = [low, high, open, close, volume].map(decimal);
      return `[${us / 1_000_000},${numbers.join(',')}]`;
    });
  return { status: 200, value: null, text: `[${rows.reverse().join(',')}]` };
}

function rejected(message: string): Content {
  return { status: 400, value: { message } };
}
