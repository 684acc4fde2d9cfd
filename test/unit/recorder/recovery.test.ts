/** What a start recovers of the process before it. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import { securityOf } from '../../../logger/market/security.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import type { ScriptedExchange } from '../../support/scripted-exchange.ts';
import { until } from '../../support/until.ts';
import { RecorderHarness, fillable } from './harness.ts';

const BTC = securityOf('binance', 'BTCUSDT');

let harness: RecorderHarness;
let archive: Archive;
let clock: ManualClock;
let exchange: ScriptedExchange;

beforeEach(async () => {
  harness = await RecorderHarness.open(BTC);
  ({ archive, clock, exchange } = harness);
});

afterEach(() => harness.close());

test('journal parts of two scales are recovered as one block', async () => {
  const first = harness.recorder();
  await harness.proveBook(first.one);
  exchange.trade(1);
  first.one.tick();
  exchange.listeners.get('BTCUSDT')?.onScale({ priceExponent: 4, sizeExponent: 3 });
  exchange.diff(103, 103, [100_300, 1]);
  first.one.tick();
  await first.queue.drained();

  const second = harness.recorder();
  await second.one.start();
  expect((await archive.tail(BTC.id)).journal).toEqual([]);
  expect((await harness.stored(1)).events).toMatchObject([
    { tradeId: 1, price: 1_000_000 },
    { lastSequence: 103, bids: [100_300, 1] },
  ]);
});

test('a stop seals everything; the next start declares the time between', async () => {
  const first = harness.recorder();
  await harness.proveBook(first.one);
  exchange.diff(103, 103);
  const updatedUs = clock.nowUs();
  clock.advance(300);
  first.one.close('restart');
  await first.queue.drained();
  expect((await archive.tail(BTC.id)).journal).toHaveLength(0);

  clock.advance(60_000);
  const second = harness.recorder();
  await harness.proveBook(second.one, 200);
  await second.queue.drained();
  expect((await harness.stored(2)).gap).toMatchObject({
    fromUs: updatedUs,
    cause: 'restart',
    firstMissing: 104,
    lastMissing: 201,
  });
});

test('after a crash the journal is recovered and the time away is a gap', async () => {
  const first = harness.recorder({ limits: { commitPauseMs: 60_000 } });
  await harness.proveBook(first.one);
  const kept = exchange.diff(103, 103, [1002, 1]);
  const updatedUs = clock.nowUs();
  clock.advance(100);
  // Neither a pong nor a trade proves anything about the book.
  exchange.alive();
  const trade = exchange.trade(7);
  first.one.tick();
  await first.queue.drained();
  exchange.diff(104, 104, [1002, 0]);

  clock.advance(10_000);
  const second = harness.recorder();
  await harness.proveBook(second.one, 300);
  await second.queue.drained();
  expect((await harness.stored(1)).events).toEqual([kept, trade]);
  expect((await harness.stored(2)).gap).toMatchObject({
    fromUs: updatedUs,
    cause: 'restart',
    firstMissing: 104,
  });
});

test('after a crash a full disk is waited for', async () => {
  const first = harness.recorder();
  await harness.proveBook(first.one);
  first.one.tick();
  await first.queue.drained();
  exchange.listeners.clear();

  let isFull = true;
  const { one, queue } = harness.recorder({ archive: fillable(archive, () => isFull) });
  await one.start();
  await clock.advanceAsync(5000, 500);
  expect([one.phase, exchange.listeners.size]).toEqual(['starting', 0]);
  expect(one.message).toContain('no space left');
  isFull = false;
  await clock.advanceAsync(2000, 500);
  await until('the request', () => exchange.listeners.size === 1);
  expect(one.openGap).toMatchObject({ cause: 'restart', firstMissing: 103 });
  await queue.drained();
  expect((await archive.tail(BTC.id)).openGap).toEqual(one.openGap);
});
