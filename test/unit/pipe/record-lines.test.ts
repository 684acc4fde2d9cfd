import { expect, test } from 'vitest';
import {
  RecordLines,
  movementLines,
  resultLine,
  unfilledLine,
  unfilledOf,
} from '../../../pipe/program/run/record-lines.ts';
import type { LedgerEntry } from '../../../pipe/records/records.ts';
import type { OrderResult } from '../../../pipe/strategy/strategy.ts';
import { sampleDecision, sampleOpportunity } from '../../pipe/sample-pipe-records.ts';
import { START_US, venueOf } from '../../support/toy-strategy.ts';

function entry(changed: Partial<LedgerEntry>): LedgerEntry {
  return {
    number: 1,
    atUs: Date.UTC(2026, 10, 20) * 1000,
    strategy: 'arbitrage',
    decision: 'd/1',
    venue: 'binance',
    coin: 'USDT',
    kind: 'buy',
    amount: '1',
    balance: '1',
    fill: 'paper',
    ...changed,
  };
}

test('what an order moved is one line, whatever the number of its fills', () => {
  const lines = movementLines([
    entry({ amount: '-100.5' }),
    entry({ coin: 'BTC', amount: '1' }),
    entry({ amount: '-0.5' }),
    entry({ coin: 'BTC', amount: '0.5' }),
    entry({ kind: 'fee', coin: 'BTC', amount: '-0.0015' }),
    entry({ venue: 'bybit', kind: 'sell', coin: 'BTC', amount: '-1.5', fill: 'order:ab' }),
    entry({ kind: 'opening', decision: null, fill: null, amount: '10' }),
    entry({ kind: 'deposit', coin: 'BTC', fill: null, dueUs: Date.UTC(2026, 10, 19) * 1000 }),
  ]);
  expect(lines).toEqual([
    '2026-11-20T00:00:00Z  buy  binance: -101 USDT, +1.5 BTC, -0.0015 BTC (fee) (paper)',
    '2026-11-20T00:00:00Z  sell  bybit: -1.5 BTC (order:ab)',
    '2026-11-20T00:00:00Z  opening  binance: +10 USDT',
    '2026-11-20T00:00:00Z  deposit  binance: +1 BTC (late: due 2026-11-19T00:00:00Z)',
  ]);
});

function result(sizes: readonly string[], changed: Partial<OrderResult> = {}): OrderResult {
  const venue = venueOf('binance');
  return {
    request: { decision: 'd/1', venue, side: 'sell', size: '1.5', limit: '100.5' },
    atUs: START_US,
    fills: sizes.map((size) => ({ price: '101', size })),
    fee: { coin: 'USD', amount: '0' },
    orderId: null,
    error: null,
    ...changed,
  };
}

const lineOf = (of: OrderResult): string | null => {
  const unfilled = unfilledOf(of);
  return unfilled && unfilledLine(unfilled);
};

test('an order that is not filled, or in part, has a line; the ledger has none of it', () => {
  expect(lineOf(result(['1', '0.5']))).toBeNull();
  expect(lineOf(result([]))).toBe(
    '2026-11-20T00:00:00Z  unfilled  binance: sell 1.5 BTCUSDT at 100.5 or better: 0 filled (the book holds no more at that price)',
  );
  expect(lineOf(result(['1', '0.25']))).toContain(': 1.25 filled (');
  expect(lineOf(result(['1.5'], { error: 'lost' }))).toContain(': 1.5 filled (lost)');
  const { request } = result([]);
  expect(lineOf(result([], { request: { ...request, limit: '0' } }))).toContain('at any price: 0');
});

test('a result says what is left over, and what that is worth', () => {
  const whole = {
    decision: 'd/1',
    strategy: 'arbitrage',
    pair: 'BTCUSDT',
    atUs: Date.UTC(2026, 10, 20) * 1000,
    quote: 'USDT',
    money: '4.25',
    rest: '0',
    worth: '0',
    result: '4.25',
    hasFailed: false,
  };
  expect(resultLine(whole)).toBe('2026-11-20T00:00:00Z  result  BTCUSDT: 4.25 USDT');
  const part = { ...whole, rest: '-0.001', worth: '-0.1', result: '4.15' };
  expect(resultLine(part)).toBe(
    '2026-11-20T00:00:00Z  result  BTCUSDT: 4.15 USDT: 4.25 paid and got, 0.001 missing, worth -0.1',
  );
});

test('what is rejected has one line for all of its time; what is taken one more at its end', () => {
  const lines = new RecordLines();
  const wordsOf = (...batch: Parameters<RecordLines['of']>): string[] =>
    [...lines.of(...batch)].map((line) => line.split(/ +/)[1] ?? '');
  const reasons = [{ reason: 'fees', detail: 'all of it' }] as const;
  for (const [fromUs, verdict, words] of [
    [0, 'rejected', []],
    [1, 'taken', ['ended']],
  ] as const) {
    const ended = sampleOpportunity(fromUs);
    const running = { ...ended, end: 'running' } as const;
    const decision = sampleDecision(running, {
      verdict,
      reasons: verdict === 'taken' ? [] : reasons,
    });
    expect(wordsOf({ opportunities: [running], decisions: [decision] })).toEqual([verdict]);
    expect(wordsOf({ opportunities: [running] })).toEqual([]);
    expect(wordsOf({ opportunities: [ended] })).toEqual(words);
  }
});

test('the sale of what has arrived is named so, and is no opportunity that ends', () => {
  const lines = new RecordLines();
  const opportunity = sampleOpportunity(0);
  const inputs = { sale: { amount: '2.5', paid: '251.5' } };
  const [line, ...others] = lines.of({ decisions: [sampleDecision(opportunity, { inputs })] });
  expect(line).toContain(
    '  taken  BTCUSDT sell what has arrived on bybit: size 2.5, profit 4.386857',
  );
  expect(others).toEqual([]);
  expect([...lines.of({ opportunities: [opportunity] })]).toEqual([]);
});
