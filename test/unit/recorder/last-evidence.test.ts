/** A gap begins with the last evidence for the book, which may be later than the last update. */

import { afterEach, expect, test } from 'vitest';
import { connectionRule } from '../../../logger/exchange/connection-rule.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { BINANCE, SCALE, snapshotAt } from '../../support/scripted-exchange.ts';
import { RecorderHarness } from './harness.ts';

const SECURITY = securityOf('coinbase', 'BTC-USD');
const SYMBOL = SECURITY.symbol;

let harness: RecorderHarness;
afterEach(() => harness.close());

test('a sequence that breaks leaves what an equal heartbeat had proven', async () => {
  harness = await RecorderHarness.open(SECURITY, BINANCE);
  const { clock, exchange } = harness;
  const { one, queue } = harness.recorder();
  await one.start();
  await clock.advanceAsync(0);
  exchange.up(SYMBOL);
  exchange.diff(99, 100, [], [], SYMBOL);
  exchange.answer(snapshotAt(100, [1000, 5], [1010, 7]));
  await clock.advanceAsync(10);
  exchange.diff(101, 101, [1001, 1], [], SYMBOL);
  await clock.advanceAsync(0);
  expect(one.phase).toBe('live');
  await clock.advanceAsync(700);
  exchange.heartbeat(101, SYMBOL);
  const provenUs = clock.nowUs();
  one.journal();
  await clock.advanceAsync(700);
  exchange.diff(105, 105, [1002, 1], [], SYMBOL);
  expect(one.openGap).toMatchObject({ cause: 'sequence', fromUs: provenUs, firstMissing: 102 });
  await queue.drained();
  expect((await harness.archive.tail(SECURITY.id)).openGap).toEqual(one.openGap);
});

test('a loss without sequences leaves what equal heartbeats had proven', async () => {
  harness = await RecorderHarness.open(SECURITY, {
    name: 'coinbase',
    level: 'L2',
    feed: 'level2_batch',
    proof: 'connection',
    rule: connectionRule,
  });
  const { clock, exchange } = harness;
  const { one } = harness.recorder();
  await one.start();
  await clock.advanceAsync(0);
  const exchangeTimeUs = clock.nowUs() - 100;
  exchange.answer({ ...snapshotAt(1, [1000, 5], [1010, 7]), exchangeTimeUs });
  exchange.up(SYMBOL);
  await clock.advanceAsync(1100);
  exchange.diff(2, 2, [1001, 1], [], SYMBOL);
  const { segment } = one;
  if (!segment) throw new Error('no segment');
  await clock.advanceAsync(300);
  const bestPrices = { scale: SCALE, bid: [1001, 1], ask: [1010, 7] } as const;
  const probe = { sequence: 70, receiveTimeUs: clock.nowUs(), ...bestPrices };
  expect(one.liveness.answer({ segment, sequence: 2 }, probe, 'prices')).toBe('settled');
  await clock.advanceAsync(900);
  exchange.heartbeat(70, SYMBOL);
  const provenUs = clock.nowUs();
  await clock.advanceAsync(900);
  exchange.listeners.get(SYMBOL)?.onLoss(clock.nowUs(), 'trade 7 did not come');
  expect(one.openGap).toMatchObject({ cause: 'connection', fromUs: provenUs });
});

test('a loss from before the first image of a segment leaves that image, and no gap overlaps another', async () => {
  harness = await RecorderHarness.open(SECURITY, {
    name: 'coinbase',
    level: 'L2',
    feed: 'level2_batch',
    proof: 'connection',
    rule: connectionRule,
  });
  const { clock, exchange } = harness;
  const { one, queue } = harness.recorder();
  await one.start();
  await clock.advanceAsync(0);
  exchange.up(SYMBOL);
  const imageUs = clock.nowUs();
  const image = { ...snapshotAt(1, [1000, 5], [1010, 7]), receiveTimeUs: imageUs };
  await clock.advanceAsync(50);
  exchange.diff(2, 2, [1001, 1], [], SYMBOL);
  exchange.answer({ ...image, exchangeTimeUs: imageUs - 100 });
  await clock.advanceAsync(0);
  const { segment } = one;
  if (!segment) throw new Error('no segment');
  const beganUs = segment.receiveTimeUs;
  expect(beganUs).toBeGreaterThan(imageUs);
  await clock.advanceAsync(2000);
  exchange.listeners.get(SYMBOL)?.onLoss(imageUs, 'trade 7 did not come');
  expect(one.openGap).toMatchObject({ cause: 'connection', fromUs: beganUs });
  await queue.drained();
  expect((await harness.archive.tail(SECURITY.id)).openGap).toEqual(one.openGap);
});
