/** What one security's candles cost while nothing comes. */

import { expect, test, vi } from 'vitest';
import { MINUTE_US, SecurityCandles } from '../../../logger/series/security-candles.ts';

const DAY_US = 1440 * MINUTE_US;
const T0 = 20_000 * DAY_US;

test('in an outage of a day a boundary costs no more than the candles that end at it', () => {
  const candles = new SecurityCandles({ order: 'time', isFromBeginning: true });
  candles.take({ type: 'image', exchangeTimeUs: T0, receiveTimeUs: T0 });
  const gap = { fromUs: T0 + MINUTE_US, toUs: null, cause: 'connection' } as const;
  candles.take({ type: 'gap', gap: { ...gap, firstMissing: null, lastMissing: null } });
  const peek = vi.spyOn(candles.timeline, 'peek');
  const cost = (minutes: number): [number, string[]] => {
    peek.mockClear();
    const early = candles.early(T0 + minutes * MINUTE_US);
    return [peek.mock.calls.length, early.map(({ timeframe }) => timeframe)];
  };
  expect(cost(1439)).toEqual([1, ['1m']]);
  expect(cost(1435)).toEqual([5, ['1m', '5m']]);
  expect(cost(1440 - 60)).toEqual([60, ['1m', '5m', '15m', '1h']]);
  expect(cost(1440)).toEqual([1440, ['1m', '5m', '15m', '1h', '4h', '1d']]);
  candles.running('5m', T0 + 1438 * MINUTE_US);
  expect(peek.mock.calls.length).toBeLessThanOrEqual(1440 + 5);
});
