/**
 * A logger that records the sandbox's BitMEX in one process, on one clock: what is lost shows as a gap with
 * its cause wherever the protocol can show it, and what is claimed is the exchange's own book.
 */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settingReader } from '../../logger/config/read-setting.ts';
import { bitmex } from '../../logger/exchange/bitmex/definition.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import { holdings } from '../../logger/reader/holdings.ts';
import type { Timer } from '../../logger/runtime/clock.ts';
import { every } from '../../logger/runtime/timing.ts';
import type { Fault } from '../../sandbox/faults/faults.ts';
import { profileOf } from '../../sandbox/market/symbols.ts';
import type { SymbolProfile } from '../../sandbox/market/symbols.ts';
import { SimulatedExchange } from '../../sandbox/simulated-exchange.ts';
import { inProcessNetwork } from '../support/in-process-network.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openTestCore } from '../support/test-core.ts';
import type { TestCore } from '../support/test-core.ts';

const XBT = 'bitmex:XBTUSD';
const ETH = 'bitmex:ETHUSD';

let clock: ManualClock;
let exchange: SimulatedExchange;
let ticking: Timer;
let one: TestCore;

beforeEach(async () => {
  await openWorld(
    ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({
      ...profileOf(symbol),
      depthLevels: 300,
      paceShare: 1,
    })),
  );
  await one.core.start([XBT, ETH]);
  await live();
});

async function openWorld(symbols: readonly SymbolProfile[]): Promise<void> {
  clock = new ManualClock();
  exchange = new SimulatedExchange({ clock, seed: 11, symbols, pace: 40 });
  ticking = every(
    clock,
    10,
    () => exchange.tick(),
    (error) => {
      throw error;
    },
  );
  const addresses = { BITMEX_WS_URL: 'ws://bitmex', BITMEX_REST_URL: 'http://bitmex' };
  const exchanges = new Map([['bitmex', bitmex.configure(settingReader(addresses))]]);
  one = await openTestCore(
    clock,
    { transport: inProcessNetwork(exchange, clock, 'logger') },
    { exchanges, baseImageIntervalS: 10, limits: { minSnapshotCheckPeriodMs: 10_000 } },
  );
}

afterEach(async () => {
  await one.discard();
  expect(one.fatal).toEqual([]);
  ticking.cancel();
});

const stateOf = (security: string): string | undefined => one.core.control.status(security)?.state;

async function until(isDone: () => boolean, maxMs: number): Promise<void> {
  for (let ms = 0; !isDone() && ms < maxMs; ms += 10) await clock.advanceAsync(10);
  expect(isDone()).toBe(true);
}

const live = (): Promise<void> =>
  until(() => [XBT, ETH].every((security) => stateOf(security) === 'live'), 30_000);

const inject = (fault: Fault): void => exchange.inject({ ...fault, exchange: 'bitmex' });

/** The live book, and the exchange's own at the same moment. */
function books(security: string): readonly [ours: unknown, truth: unknown] {
  const book = one.core.control.bookNow(security);
  if (!('bids' in book)) throw new Error(`No book of ${security}`);
  const truth = exchange.bookAtSequence(security, parseTimeUs(book.exchangeTime) / 1000);
  return [
    { bids: book.bids, asks: book.asks },
    { bids: truth?.bids, asks: truth?.asks },
  ];
}

async function expectTrueBooks(): Promise<void> {
  // Past the image, whose time is that of its latest row.
  await clock.advanceAsync(1000, 10);
  for (const security of [XBT, ETH]) {
    const [ours, truth] = books(security);
    expect(ours).toEqual(truth);
  }
}

const gapsOf = async (security: string) => (await one.core.reader.coverage({ security })).gaps;

test('records the exchange’s own books, and what their contracts are', async () => {
  await clock.advanceAsync(5000, 10);
  await expectTrueBooks();
  const contract = { kind: 'inverse', multiplier: '-100000000', settlementCurrency: 'XBt' };
  expect(one.core.control.status(XBT)).toMatchObject({ feed: 'orderBookL2', contract });
  expect(await gapsOf(XBT)).toEqual([]);
  const held = await holdings(one.archive, one.core.reader);
  expect(held).toMatchObject([
    { security: ETH, contract: { kind: 'quanto', multiplier: '100' } },
    { security: XBT, contract },
  ]);
});

/** Waits for the fault to be noticed, and for the book to be proven again; the other book misses nothing. */
async function recovered(): Promise<void> {
  await until(() => stateOf(XBT) !== 'live', 60_000);
  expect(stateOf(ETH)).toBe('live');
  await live();
  await expectTrueBooks();
  expect(await gapsOf(ETH)).toEqual([]);
}

const row = (action: 'insert' | 'update' | 'delete', count: number): Fault => {
  return { type: 'drop-rows', symbol: 'XBTUSD', action, count };
};

describe('a fault that only a contradiction shows', () => {
  test.each([
    ['lost inserts', row('insert', 3)],
    ['lost deletes', row('delete', 3)],
    ['lost updates', row('update', 60)],
    ['a false row that crosses the book', { type: 'cross-book', symbol: 'XBTUSD' }],
    ['false sizes', { type: 'false-diffs', symbol: 'XBTUSD', count: 60 }],
    ['messages that come twice', { type: 'duplicate-diffs', symbol: 'XBTUSD', count: 1 }],
  ] as const)('%s: nothing since the last proof is claimed', async (_what, fault) => {
    await clock.advanceAsync(1000, 10);
    const beforeUs = clock.nowUs();
    inject(fault);
    await recovered();
    const gaps = await gapsOf(XBT);
    expect(gaps.length).toBeGreaterThan(0);
    for (const { cause, to } of gaps) expect([cause, to === null]).toEqual(['other', false]);
    expect(parseTimeUs(gaps[0]?.from ?? '')).toBeLessThanOrEqual(beforeUs);
  });
});

test('an unreadable message is a gap from the last one before it', async () => {
  await clock.advanceAsync(1000, 10);
  const beforeUs = clock.nowUs();
  inject({ type: 'harm-diffs', symbol: 'XBTUSD', count: 1, form: 'truncated' });
  await recovered();
  const [gap] = await gapsOf(XBT);
  expect(gap?.cause).toBe('connection');
  expect(parseTimeUs(gap?.from ?? '')).toBeGreaterThanOrEqual(beforeUs - 500_000);
});

test('a second opinion confirms the book, so that a later fault voids less', async () => {
  await clock.advanceAsync(30_000, 10);
  const confirmedUs = clock.nowUs() - 15_000_000;
  expect(one.core.control.status(XBT)?.selfCheck).toMatchObject({ mismatches: 0 });
  inject({ type: 'cross-book', symbol: 'XBTUSD' });
  await recovered();
  const [gap] = await gapsOf(XBT);
  expect(parseTimeUs(gap?.from ?? '')).toBeGreaterThan(confirmedUs);
});

describe('a fault of the connection or of one symbol', () => {
  test.each([
    ['a connection that is cut', { type: 'close', code: 1006 }],
    ['a half-open socket', { type: 'half-open', durationMs: 60_000 }],
  ] as const)('%s', async (_what, fault) => {
    await clock.advanceAsync(1000, 10);
    inject(fault);
    await until(() => stateOf(XBT) !== 'live', 30_000);
    await live();
    await expectTrueBooks();
    for (const security of [XBT, ETH]) {
      const gaps = await gapsOf(security);
      expect(gaps.map(({ cause }) => cause)).toEqual(['connection']);
    }
  });

  test('a dead stream beside a living one', async () => {
    await clock.advanceAsync(1000, 10);
    inject({ type: 'dead-stream', symbol: 'XBTUSD' });
    await recovered();
    expect((await gapsOf(XBT)).map(({ cause }) => cause)).toEqual(['connection']);
  });

  test('a symbol whose streams are refused after a cut', async () => {
    inject({ type: 'refuse-subscriptions', symbol: 'XBTUSD', durationMs: 5000 });
    inject({ type: 'close', code: 1006 });
    await until(() => stateOf(XBT) === 'failed', 10_000);
    await until(() => stateOf(ETH) === 'live', 10_000);
    await live();
    await expectTrueBooks();
  });

  test('a contract that is settled', async () => {
    inject({ type: 'delist', symbol: 'XBTUSD' });
    const isSettled = (): boolean =>
      /no longer traded \(state Settled\)/.test(one.core.control.status(XBT)?.message ?? '');
    await until(isSettled, 60_000);
    expect(stateOf(XBT)).toBe('failed');
    expect(stateOf(ETH)).toBe('live');
  });
});

test('many silent books stay live within the request budget', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `Q${String.fromCharCode(65 + i)}USDT`);
  const shape = { takerShare: 0, volatility: 0, depthLevels: 20, paceShare: 0.001 };
  const quiet = names.map((symbol) => ({ ...profileOf(symbol), ...shape }));
  await one.discard();
  ticking.cancel();
  await openWorld(quiet);
  const securities = names.map((symbol) => `bitmex:${symbol}`);
  await one.core.start(securities);
  const areLive = (): boolean => securities.every((security) => stateOf(security) === 'live');
  await until(areLive, 60_000);
  // Past the time in which each has its first habit of silence.
  await clock.advanceAsync(30_000, 50);
  const before = exchange.stats().requests;
  for (let ms = 0; ms < 60_000; ms += 250) {
    await clock.advanceAsync(250, 50);
    expect(areLive()).toBe(true);
  }
  expect(exchange.stats().requests - before).toBeLessThanOrEqual(30);
});
