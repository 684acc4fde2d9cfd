import { describe, expect, test } from 'vitest';
import { TIMEFRAMES, intervalEndUs, intervalStartUs } from '../../../logger/candles/timeframe.ts';
import type { Timeframe } from '../../../logger/candles/timeframe.ts';
import { formatTimeUs, parseTimeUs } from '../../../logger/market/time.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const interval = (timeframe: Timeframe, time: string): string[] => {
  const us = parseTimeUs(time);
  return [intervalStartUs(timeframe, us), intervalEndUs(timeframe, us)].map(formatTimeUs);
};

describe('intervals', () => {
  const time = '2026-11-20T07:43:21.5Z';
  test.each([
    ['1m', '2026-11-20T07:43:00Z', '2026-11-20T07:44:00Z'],
    ['5m', '2026-11-20T07:40:00Z', '2026-11-20T07:45:00Z'],
    ['15m', '2026-11-20T07:30:00Z', '2026-11-20T07:45:00Z'],
    ['1h', '2026-11-20T07:00:00Z', '2026-11-20T08:00:00Z'],
    ['4h', '2026-11-20T04:00:00Z', '2026-11-20T08:00:00Z'],
    ['1d', '2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z'],
    // A Friday; weeks begin on Monday.
    ['7d', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
    // Thirty days are not a month.
    ['30d', '2026-11-03T00:00:00Z', '2026-12-03T00:00:00Z'],
    ['1M', '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  ] as const)('%s', (timeframe, from, to) => {
    expect(interval(timeframe, time)).toEqual([from, to]);
    expect(interval(timeframe, from)).toEqual([from, to]);
    expect(interval(timeframe, to)[0]).toBe(to);
  });

  test('months cross the year, and have their length', () => {
    expect(interval('1M', '2027-12-31T23:59:59.999999Z')).toEqual([
      '2027-12-01T00:00:00Z',
      '2028-01-01T00:00:00Z',
    ]);
    expect(interval('1M', '2028-02-29T00:00:00Z')[1]).toBe('2028-03-01T00:00:00Z');
  });

  test('each is made of whole minutes, and a time lies in exactly one', () => {
    const random = seededRandom();
    for (let i = 0; i < 500; i++) {
      const us = random.integer(0, 2_500_000_000) * 1_000_000 + random.integer(0, 999_999);
      for (const timeframe of TIMEFRAMES) {
        const [from, to] = [intervalStartUs(timeframe, us), intervalEndUs(timeframe, us)];
        const hint = `${timeframe} ${us} seed ${random.seed}`;
        expect(from <= us && us < to, hint).toBe(true);
        expect(
          [from, to].every((at) => Number.isInteger(at / 60_000_000)),
          hint,
        ).toBe(true);
        expect(intervalEndUs(timeframe, from), hint).toBe(to);
        expect(intervalStartUs(timeframe, to), hint).toBe(to);
        expect(intervalStartUs(timeframe, to - 1), hint).toBe(from);
      }
    }
  });
});
