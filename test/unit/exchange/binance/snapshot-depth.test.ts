/** How deep the first books are: as deep as the budget allows for all that have none. */

import { expect, test } from 'vitest';
import { createBinance } from '../../../../logger/exchange/binance/exchange.ts';
import { affordableDepth, snapshotWeight } from '../../../../logger/exchange/binance/snapshot.ts';
import type { Exchange, FeedListener } from '../../../../logger/exchange/exchange.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';
import { silentLog } from '../../../support/silent-log.ts';

const NEVER = new AbortController().signal;
const LISTENER = new Proxy({}, { get: () => () => undefined }) as FeedListener;
const BOOK = '{"lastUpdateId":7,"bids":[["1","1"]],"asks":[["2","1"]]}';

test.each([
  [1, 5],
  [100, 5],
  [101, 25],
  [500, 25],
  [501, 50],
  [1000, 50],
  [1001, 250],
  [5000, 250],
])('%i levels a side weigh %i', (depth, weight) => {
  expect(snapshotWeight(depth)).toBe(weight);
});

test.each([
  [2700, 1, 5000],
  [2700, 10, 5000],
  [2700, 11, 1000],
  [2700, 54, 1000],
  [2700, 55, 500],
  [2700, 109, 100],
  [2700, 1500, 100],
  [100, 1, 1000],
  [0, 1, 100],
])('with a weight of %i for %i books each has %i levels', (available, count, depth) => {
  expect(affordableDepth(available, count)).toBe(depth);
});

/** Opens so many symbols, asks for their first books, and tells what a minute brings. */
async function started(count: number): Promise<{ depths: number[]; weight: number }> {
  const clock = new ManualClock();
  const transport = new ScriptedTransport(clock);
  const depths: number[] = [];
  transport.answer = async (url) => {
    depths.push(Number(new URL(url).searchParams.get('limit')));
    return { status: 200, headers: {}, body: BOOK };
  };
  const exchange: Exchange = createBinance({
    wsUrl: 'wss://feed.test',
    restUrl: 'https://rest.test',
    staleAfterMs: 15_000,
    updateFrequencyMs: 100,
    transport,
    clock,
    random: { next: () => 0.5 },
    log: silentLog,
  });
  const symbols = Array.from({ length: count }, (_, i) => `COIN${i}USDT`);
  const scale = { priceExponent: 8, sizeExponent: 8 };
  for (const symbol of symbols) {
    exchange.open({ symbol, scale, tickSize: null, lotSize: null }, LISTENER);
  }
  const answers = Promise.allSettled(symbols.map(async (one) => exchange.snapshot(one, NEVER)));
  await clock.advanceAsync(180_000, 250);
  await exchange.close();
  await answers;
  return { depths, weight: depths.reduce((sum, depth) => sum + snapshotWeight(depth), 0) };
}

test('few have all there is at once', async () => {
  expect((await started(10)).depths).toEqual(Array.from({ length: 10 }, () => 5000));
});

test('fifty have a thousand levels each, and the last what is left', async () => {
  const { depths, weight } = await started(50);
  expect(depths).toHaveLength(50);
  expect(Math.min(...depths)).toBe(1000);
  // No more than there is at the start: nobody waits.
  expect(weight).toBeLessThanOrEqual(2700);
});

test('fifteen hundred have the shallowest, within three minutes', async () => {
  const { depths, weight } = await started(1500);
  expect(depths).toHaveLength(1500);
  expect(weight).toBeLessThan(9000);
});
