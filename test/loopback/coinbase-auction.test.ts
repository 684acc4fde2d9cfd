/** An auction at Coinbase: the book is crossed, it is recorded as it is, and nothing of it is lost. */

import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { SANDBOX_KEY } from '../../sandbox/venues/coinbase/key.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

/** Longer than the test waits for anything. */
const HOLD_MS = 600_000;
const BTC = 'coinbase:BTC-USD';
const KEY = {
  COINBASE_API_KEY: SANDBOX_KEY.key,
  COINBASE_API_SECRET: SANDBOX_KEY.secret,
  COINBASE_API_PASSPHRASE: SANDBOX_KEY.passphrase,
};
const FEEDS = [
  { feed: 'level2_batch', key: {} },
  { feed: 'full', key: KEY },
];

let sandbox: Sandbox | undefined;
let logger: TestLogger | undefined;

afterEach(async () => {
  expect(logger?.fatal ?? []).toEqual([]);
  await logger?.discard();
  await sandbox?.close();
  logger = sandbox = undefined;
});

async function start(key: Readonly<Record<string, string>>, auctionMs?: number) {
  const exchange = (sandbox = await startSandbox({ seed: 6, symbols: ['BTCUSDT'], pace: 60 }));
  if (auctionMs !== undefined) hold(exchange, auctionMs);
  const one = (logger = await startTestLogger(exchange.venues.binance, {
    COINBASE_WS_URL: exchange.venues.coinbase.wsUrl,
    COINBASE_REST_URL: exchange.venues.coinbase.restUrl,
    SECURITIES: BTC,
    ...key,
  }));
  return { exchange, one };
}

function hold(exchange: Sandbox, durationMs: number): void {
  exchange.inject({ type: 'auction', exchange: 'coinbase', symbol: 'BTC-USD', durationMs });
}

async function live(one: TestLogger): Promise<void> {
  await until(
    () => `the book: ${JSON.stringify(one.control.status(BTC))}`,
    () => one.control.status(BTC)?.state === 'live',
  );
}

function isCrossed(one: TestLogger): boolean {
  const { bestBid, bestAsk } = one.control.status(BTC) ?? {};
  return Number(bestBid ?? 0) >= Number(bestAsk ?? Infinity);
}

describe.each(FEEDS)('$feed', ({ feed, key }) => {
  test('stays live through an auction, and the crossed book is the exchange’s', async () => {
    const { exchange, one } = await start(key);
    await live(one);
    expect(one.control.status(BTC)?.feed).toBe(feed);
    hold(exchange, HOLD_MS);
    await until('the crossed book', () => isCrossed(one));
    // Its messages arrived up to a few milliseconds ago.
    await wait(200);
    const crossedUs = Date.now() * 1000;
    // Crossed for longer than any book may be outside of an auction.
    await wait(1500);
    expect(isCrossed(one)).toBe(true);
    hold(exchange, 1);
    await until('the end', () => !isCrossed(one));
    await until('the exchange’s levels', () => {
      const ours = one.control.bookNow(BTC, { level: 'L2' });
      const { bids } = exchange.book(BTC);
      return ours.state === 'proven' && ours.bids[0]?.[0] === bids[0]?.[0];
    });
    await one.control.flush(BTC);
    expect((await one.reader.coverage({ security: BTC })).gaps).toEqual([]);
    expect(one.control.status(BTC)?.state).toBe('live');
    const then = await one.reader.bookAt({
      security: BTC,
      position: { clock: 'receive', us: crossedUs },
    });
    if (then.state !== 'proven') throw new Error('no book');
    expect(Number(then.bids[0]?.[0])).toBeGreaterThanOrEqual(Number(then.asks[0]?.[0]));
    expect(await one.reader.verify()).toMatchObject({ problems: [] });
  });

  test('a start, a cut and a reset in an auction have a book at once', async () => {
    const { exchange, one } = await start(key, HOLD_MS);
    // Long before the auction ends.
    await live(one);
    expect(isCrossed(one)).toBe(true);
    exchange.inject({ type: 'close', code: 1006, exchange: 'coinbase' });
    await until('the cut', () => one.control.status(BTC)?.state !== 'live');
    await live(one);
    await one.control.reset('coinbase');
    await live(one);
    expect(isCrossed(one)).toBe(true);
    await wait(1500);
    const { gaps } = await one.reader.coverage({ security: BTC });
    expect(gaps.map(({ cause }) => cause)).not.toContain('other');
    expect(gaps.length, JSON.stringify(gaps)).toBeLessThanOrEqual(2);
  });
});
