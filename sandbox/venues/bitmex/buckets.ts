/** Buckets of trades as BitMEX answers them: stamped with their end, and opening at the close before. */

import { parseIsoUs } from '../../../logger/market/time.ts';
import { startUs } from '../../market/intervals.ts';
import type { Interval } from '../../market/intervals.ts';
import { decimal } from '../../market/units.ts';
import type { BitmexContract } from './contract.ts';
import { timestamp } from './wire.ts';

const SIZES: readonly Interval[] = ['1m', '5m', '1h', '1d'];
const DEFAULT_COUNT = 100;
const MAX_COUNT = 1000;

/** @returns null for a size or count that there is not. */
export function bucketsOf(
  contract: BitmexContract,
  query: URLSearchParams,
  nowUs: number,
): readonly string[] | null {
  const interval = SIZES.find((size) => size === (query.get('binSize') ?? '1m'));
  const count = Number(query.get('count') ?? DEFAULT_COUNT);
  if (interval === undefined || !(count > 0 && count <= MAX_COUNT)) return null;
  const [firstUs = 0, lastUs = nowUs] = ['startTime', 'endTime'].map((name) =>
    parseIsoUs(query.get(name) ?? ''),
  );
  const ended = contract.market
    .candles(interval, { fromUs: startUs(interval, firstUs - 1), toUs: lastUs })
    .filter(({ toUs }) => toUs >= firstUs && toUs <= Math.min(lastUs, nowUs));
  // Whatever is passed turns the order.
  const rows = query.has('reverse') ? ended.reverse() : ended;
  return rows.slice(0, count).map((candle) => {
    const { toUs, previousClose, high, low, close, volume, trades } = candle;
    const prices = `"open":${decimal(previousClose)},"high":${decimal(high)},"low":${decimal(low)},"close":${decimal(close)}`;
    const sums = `"trades":${trades},"volume":${contract.contracts(volume)},"vwap":null`;
    return `{"timestamp":"${timestamp(toUs)}","symbol":"${contract.symbol}",${prices},${sums}}`;
  });
}
