import { expect, test } from 'vitest';
import { FeedClosedError } from '../../../logger/errors.ts';
import type { Balance } from '../../../pipe/execution/execution.ts';
import { BalanceCheck } from '../../../pipe/program/run/balance-check.ts';

interface Reading {
  readonly resolve: (balances: readonly Balance[]) => void;
  readonly reject: (error: Error) => void;
}

function checkOf() {
  const readings: Reading[] = [];
  const differences: string[] = [];
  const warnings: string[] = [];
  const ledger: { amount: string } = { amount: '10' };
  const check = new BalanceCheck({
    balances: () =>
      new Promise((resolve, reject) => {
        readings.push({ resolve, reject });
      }),
    expected: () => ledger.amount,
    onDifference: (reason) => differences.push(reason),
    log: { warning: (message) => warnings.push(message) },
  });
  return { check, readings, differences, warnings, ledger };
}

const has = (amount: string): readonly Balance[] => [{ venue: 'sandbox@a', coin: 'USD', amount }];
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('compares at the start and after orders, and reports a difference', async () => {
  const { check, readings, differences, ledger } = checkOf();
  check.onTime();
  check.onTime();
  expect(readings).toHaveLength(1);
  readings[0]?.resolve(has('10.00'));
  await settled();
  check.onTime();
  expect(readings).toHaveLength(1);
  check.ordersSent();
  check.onTime();
  expect(readings).toHaveLength(1);
  ledger.amount = '7';
  check.ordersDone();
  check.onTime();
  readings[1]?.resolve(has('7.01'));
  await settled();
  expect(differences).toEqual(['sandbox@a has 7.01 USD, the ledger 7']);
});

test('what was read while an order was sent says nothing', async () => {
  const { check, readings, differences, ledger } = checkOf();
  check.onTime();
  check.ordersSent();
  readings[0]?.resolve(has('7'));
  await settled();
  ledger.amount = '7';
  check.ordersDone();
  check.onTime();
  readings[1]?.resolve(has('7'));
  await settled();
  expect(differences).toEqual([]);
});

test('an exchange that is away is asked again', async () => {
  const { check, readings, differences, warnings } = checkOf();
  check.onTime();
  readings[0]?.reject(new FeedClosedError('gone'));
  await settled();
  expect(warnings).toEqual(["The balances can't be read: gone"]);
  check.onTime();
  readings[1]?.resolve(has('9'));
  await settled();
  expect(differences).toHaveLength(1);
});
