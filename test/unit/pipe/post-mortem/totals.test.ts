import { describe, expect, test } from 'vitest';
import { totalsOf } from '../../../../pipe/post-mortem/totals.ts';
import { mostImportant } from '../../../../pipe/post-mortem/importance.ts';
import { madeUpOpportunity } from '../../../support/post-mortem-report.ts';

describe('totalsOf', () => {
  const reasons = [
    { reason: 'fees', detail: 'the fees are 3 USDT' },
    { reason: 'stale', detail: 'bybit: 700 ms old' },
    { reason: 'stale', detail: 'binance: 900 ms old' },
  ] as const;
  const opportunities = [
    madeUpOpportunity(1, { profit: '0.1', realised: '-0.3', booked: '-0.25' }),
    madeUpOpportunity(2, { profit: '0.2', realised: null }),
    madeUpOpportunity(3, { verdict: 'rejected', profit: '-7', reasons }),
    madeUpOpportunity(25, { verdict: 'rejected', profit: '5', reasons: reasons.slice(1) }),
    madeUpOpportunity(26, { verdict: 'missed', profit: '2.25' }),
    madeUpOpportunity(27, {
      quote: 'USD',
      pair: 'BTCUSD',
      profit: '9',
      realised: '8',
      booked: '7',
    }),
  ];
  const totals = totalsOf(opportunities);

  test('each coin has sums of its own, with every digit', () => {
    expect(totals.all).toEqual([
      {
        quote: 'USD',
        opportunities: 1,
        taken: 1,
        rejected: 0,
        missed: 0,
        predicted: '9',
        booked: '7',
        unbooked: 0,
        realised: '8',
        unknown: 0,
        leftOut: '0',
      },
      {
        quote: 'USDT',
        opportunities: 5,
        taken: 2,
        rejected: 2,
        missed: 1,
        predicted: '0.3',
        booked: '-0.25',
        unbooked: 1,
        realised: '-0.3',
        unknown: 1,
        leftOut: '7.25',
      },
    ]);
  });

  test('an opportunity counts once for each of its reasons, and on its UTC day', () => {
    expect(totals.byReason.map(({ name, opportunities: count }) => [name, count])).toEqual([
      ['fees', 1],
      ['stale', 2],
    ]);
    expect(totals.byDay.map(({ name, quote, taken }) => [name, quote, taken])).toEqual([
      ['2026-11-20', 'USDT', 2],
      ['2026-11-21', 'USD', 1],
      ['2026-11-21', 'USDT', 0],
    ]);
    expect(totals.byDirection.map(({ name }) => name)).toContain('bybit → binance');
  });

  test('what was taken is more important than any profit that was not', () => {
    const shown = mostImportant(opportunities, 4);
    expect(shown.map(({ predicted }) => predicted.profit)).toEqual(['0.1', '0.2', '5', '9']);
    expect(mostImportant(opportunities, 9)).toBe(opportunities);
  });
});
