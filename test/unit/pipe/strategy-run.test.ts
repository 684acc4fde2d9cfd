/** A strategy is called after its books moved; what it records is stored before its orders are sent. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Execution } from '../../../pipe/execution/execution.ts';
import { StrategyRun } from '../../../pipe/program/run/strategy-run.ts';
import type { RunDeps, RunOptions } from '../../../pipe/program/run/strategy-run.ts';
import type { RecordBatch } from '../../../pipe/program/run/journal.ts';
import { openLmdbStore } from '../../../pipe/records/lmdb-store.ts';
import type { DecisionRecord, LedgerEntry, RecordStore } from '../../../pipe/records/records.ts';
import type { OrderRequest } from '../../../pipe/strategy/strategy.ts';
import { LiveMemory } from '../../../pipe/sources/live-memory.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { silentLog } from '../../support/silent-log.ts';
import { feesWith } from '../../support/strategy-market.ts';
import { START_US, bookEvent, toyStrategy, venueOf } from '../../support/toy-strategy.ts';
import type { ToyLog } from '../../support/toy-strategy.ts';
import { until } from '../../support/until.ts';

const [BINANCE, BYBIT] = [venueOf('binance'), venueOf('bybit')];
const ETHER = venueOf('binance', 'ETHUSDT');
const ALL = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };

let directory: string;
let store: RecordStore;
let clock: ManualClock;
let seen: ToyLog;
let failures: unknown[];
let orders: OrderRequest[];
let storedAtOrder: number[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pipe-run-'));
  store = await openLmdbStore(directory);
  clock = new ManualClock();
  seen = { results: [], times: [] };
  failures = [];
  orders = [];
  storedAtOrder = [];
});

afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Fills every order at its limit. */
const filling: Execution = {
  execute: async (given) => {
    orders.push(...given);
    storedAtOrder.push((await collected(store.decisions('toy', ALL))).length);
    return given.map((request) => ({
      request,
      atUs: START_US,
      fills: [{ price: request.limit, size: request.size }],
      fee: { coin: request.venue.quote, amount: '0' },
      orderId: null,
      error: null,
    }));
  },
  close: () => undefined,
};

function start(
  options: Partial<RunOptions> = {},
  onStored: (batch: RecordBatch) => void = () => undefined,
  more: Partial<RunDeps> = {},
): Promise<StrategyRun> {
  return StrategyRun.start(
    {
      definition: toyStrategy(seen),
      options: { lot: '1' },
      venues: [BINANCE, BYBIT],
      fees: { exchanges: {} },
      feeTable: { id: 'none', table: {} },
      opening: [{ venue: 'binance', coin: 'USDT', amount: '1000' }],
      ...options,
    },
    {
      store,
      memory: new LiveMemory(options.venues ?? [BINANCE, BYBIT], 3_600_000_000, {
        historyOf: async () => null,
        clock,
        random: seededRandom(1),
        log: silentLog,
        signal: new AbortController().signal,
      }),
      clock,
      log: silentLog,
      execution: () => filling,
      onStored,
      onFailed: (error) => void failures.push(error),
      ...more,
    },
  );
}

test('records before orders, in one ledger that goes on after a restart', async () => {
  const run = await start();
  run.onEvent(bookEvent(BINANCE, START_US, 10_000, 10_050));
  await until('the fill', () => seen.results.length === 1);
  run.onEvent(bookEvent(BINANCE, START_US + 1000, 10_000, 10_125));
  await until('another fill', () => seen.results.length === 2);
  await run.stop();
  expect(orders.map(({ limit }) => limit)).toEqual(['100.5', '101.25']);
  // Each decision was stored when its order came.
  expect(storedAtOrder).toEqual([1, 2]);
  expect(seen.context?.balance('binance', 'USDT')).toBe('798.25');
  expect(seen.context?.balance('bybit', 'USDT')).toBe('0');

  clock.advance(1000);
  const again = await start({ opening: [{ venue: 'binance', coin: 'USDT', amount: '5' }] });
  expect(seen.context?.balance('binance', 'USDT')).toBe('798.25');
  again.onEvent(bookEvent(BINANCE, START_US + 2000, 10_000, 10_000));
  await until('a fill', () => seen.results.length === 3);
  await again.stop();
  const ledger = await collected(store.ledger('toy'));
  expect(ledger.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(ledger[0]).toMatchObject({ kind: 'opening', amount: '1000', balance: '1000' });
  expect(ledger.at(-2)).toMatchObject({ coin: 'USDT', amount: '-100', balance: '698.25' });
  expect((await store.runs('toy')).length).toBe(2);
  expect(failures).toEqual([]);
});

test('says at the end what the strategy has counted and not recorded', async () => {
  const notices: string[] = [];
  const log = { ...silentLog, notice: (text: string) => void notices.push(text) };
  const toy = toyStrategy(seen);
  const create: typeof toy.create = (context, options) =>
    Object.assign(toy.create(context, options), { report: () => `${context.pair}: 3 times` });
  const run = await start({ definition: { ...toy, create } }, undefined, { log });
  expect(notices).not.toContain('BTCUSDT: 3 times');
  await run.stop();
  expect(notices).toContain('BTCUSDT: 3 times');
});

test('pairs have strategies of their own and one ledger', async () => {
  const batches: RecordBatch[] = [];
  const run = await start({ venues: [BINANCE, ETHER], opening: [] }, (batch) =>
    batches.push(batch),
  );
  run.onEvent(bookEvent(BINANCE, START_US, 1, 2));
  run.onEvent(bookEvent(ETHER, START_US, 1, 2));
  await until('both fills', () => seen.results.length === 2);
  await run.stop();
  const numbers = batches.flatMap(({ ledger = [] }) =>
    ledger.map((entry: LedgerEntry) => entry.number),
  );
  expect(numbers).toEqual([1, 2, 3, 4]);
});

test('halted by anyone, no order is sent', async () => {
  const run = await start();
  // As another process does it, unseen so far.
  await store.setHalted('enough');
  run.onEvent(bookEvent(BINANCE, START_US, 10_000, 10_050));
  await until('the result', () => seen.results.length === 1);
  expect(seen.results[0]).toMatchObject({ fills: [], error: 'halted: enough' });
  expect(orders).toEqual([]);
  expect(seen.context?.halted()).toBe('enough');
  await store.setHalted(null);
  await until('it to be noticed', async () => {
    await clock.advanceAsync(1000);
    return seen.context?.halted() === null;
  });
  run.halt('of its own');
  expect(seen.context?.halted()).toBe('of its own');
  await until('it to be stored', async () => (await store.halted()) === 'of its own');
  await run.stop();
});

test('a stop waits for orders on paper: they are filled at the book as it moves on', async () => {
  const fees = { exchanges: { binance: feesWith({ latencyMs: 80, feeIn: 'quote' }) } };
  const run = await start({ fees }, undefined, { execution: null });
  run.onEvent(bookEvent(BINANCE, START_US, 10_000, 10_050));
  await until('the order', () => seen.times.length === 1);
  let isStopped = false;
  const stopped = run.stop().then(() => (isStopped = true));
  await clock.advanceAsync(50);
  expect([isStopped, seen.results]).toEqual([false, []]);
  // Better than it was. Nothing new is begun on it.
  run.onEvent(bookEvent(BINANCE, START_US + 60_000, 10_000, 10_025));
  await clock.advanceAsync(50);
  await stopped;
  expect(seen.stoppedUs).toBe(START_US);
  expect((await collected(store.decisions('toy', ALL))).length).toBe(1);
  const [, ...moves] = await collected(store.ledger('toy'));
  expect(moves.map(({ atUs, kind, coin, amount }) => [atUs, kind, coin, amount])).toEqual([
    [START_US + 80_000, 'buy', 'USDT', '-100.25'],
    [START_US + 80_000, 'buy', 'BTC', '1'],
    [START_US + 80_000, 'fee', 'USDT', '-0.10025'],
  ]);
  expect(clock.pendingTimers).toBe(0);
});

test('a stop ends when the latency is over, also while the recorders’ clock stands still', async () => {
  const fees = { exchanges: { binance: feesWith({ latencyMs: 80 }) } };
  const run = await start({ fees }, undefined, { execution: null });
  // Quiet for an hour: the image tells when its last message came.
  run.onEvent(bookEvent(BINANCE, START_US - 3_600_000_000, 10_000, 10_050));
  await until('the order', () => seen.times.length === 1);
  let isStopped = false;
  void run.stop().then(() => (isStopped = true));
  await clock.advanceAsync(200, 50);
  await until('the stop', () => isStopped, 5000);
  expect(seen.results.map(({ fills }) => fills)).toEqual([[{ price: '100.5', size: '1' }]]);
});

test('transfers on paper are not for a run with accounts', async () => {
  const decision = { id: 'toy/1', strategy: 'toy', pair: 'BTCUSDT', atUs: START_US };
  const evaluation = { sell: { venue: 'bybit' } };
  const expected = { transfer: { delayMs: 1000 } };
  await store.put({
    decisions: [{ ...decision, evaluation, expected } as unknown as DecisionRecord],
    ledger: [
      {
        number: 1,
        atUs: START_US,
        strategy: 'toy',
        decision: 'toy/1',
        venue: 'binance',
        coin: 'BTC',
        kind: 'withdrawal',
        amount: '-1',
        balance: '-1',
        fill: null,
      },
    ],
  });
  const deposits = async (): Promise<number> =>
    (await collected(store.ledger('toy'))).filter(({ kind }) => kind === 'deposit').length;
  for (const [execution, count] of [[() => filling, 0] as const, [null, 1] as const]) {
    const run = await start({}, undefined, { execution });
    await clock.advanceAsync(2000, 50);
    await run.stop();
    expect(await deposits()).toBe(count);
  }
});

test('a stop after a failure does not wait for orders on paper', async () => {
  const broken = new Error('disk');
  const fees = { exchanges: { binance: feesWith({ latencyMs: 80 }) } };
  const run = await start({ fees }, undefined, { execution: null });
  store.put = () => Promise.reject(broken);
  run.onEvent(bookEvent(BINANCE, START_US, 10_000, 10_050));
  await until('the failure', () => failures.length > 0);
  // The clock stands still.
  await expect(run.stop()).rejects.toBe(broken);
  expect(failures).toEqual([broken]);
});

test('what can’t be stored ends the run, and no order is sent', async () => {
  const broken = new Error('disk');
  const run = await start();
  store.put = () => Promise.reject(broken);
  run.onEvent(bookEvent(BINANCE, START_US, 10_000, 10_050));
  await until('the failure', () => failures.length > 0);
  await until('the result', () => seen.results.length === 1);
  expect(seen.results[0]?.error).toBe('nothing can be stored: disk');
  expect(new Set(failures)).toEqual(new Set([broken]));
  expect(orders).toEqual([]);
  await expect(run.stop()).rejects.toBe(broken);
});

test('time is the recorders’: it goes on without events, and never back', async () => {
  const run = await start();
  run.onEvent(bookEvent(BYBIT, START_US + 5_000_000, 1, 2));
  await clock.advanceAsync(500, 50);
  run.onEvent(bookEvent(BYBIT, START_US + 4_000_000, 1, 2));
  const { times } = seen;
  expect(times.at(-1)).toBeGreaterThanOrEqual(START_US + 5_500_000);
  expect(times.length).toBeGreaterThanOrEqual(7);
  expect(times.slice(1)).toEqual(times.slice(1).toSorted((a, b) => a - b));
  expect(seen.context?.history.at('bybit', START_US + 5_000_000)).toEqual({
    bid: '0.01',
    ask: '0.02',
  });
  await run.stop();
  expect(seen.stoppedUs).toBe(times.at(-1));
});

test('at the start, too, it is later than the last messages of books that stand for long', async () => {
  const run = await start();
  const nowUs = clock.nowUs();
  run.onEvent(bookEvent(BINANCE, nowUs - 3_600_000_000, 1, 2));
  await until('the order', () => orders.length > 0);
  await run.stop();
  const [decision] = await collected(store.decisions('toy', ALL));
  expect(decision?.atUs).toBeGreaterThanOrEqual(nowUs);
});

test('what became of each order is told, also of one that moved nothing', async () => {
  const told: string[] = [];
  const nothing: Execution = {
    ...filling,
    execute: async (given) =>
      (await filling.execute(given)).map((each) => ({ ...each, fills: [], error: 'too late' })),
  };
  const run = await start({}, () => undefined, {
    execution: () => nothing,
    onOrder: ({ error }) => void told.push(error ?? 'filled'),
  });
  run.onEvent(bookEvent(BINANCE, START_US, 10_000, 10_050));
  await until('the result', () => seen.results.length === 1);
  await run.stop();
  expect(told).toEqual(['too late']);
});

test('says that nothing can be traded, or that the ledger has other balances than are given', async () => {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const log = { ...silentLog, warning: say, notice: say };
  const begin = async (amount: string | null): Promise<readonly string[]> => {
    said.length = 0;
    const opening = amount === null ? [] : [{ venue: 'binance', coin: 'USDT', amount }];
    await (await start({ opening }, () => undefined, { log })).stop();
    clock.advance(1000);
    return [...said];
  };
  expect(await begin(null)).toEqual([expect.stringContaining('nothing can be traded')]);
  expect(await begin('1000')).toEqual([]);
  expect(await begin('1000.0')).toEqual([]);
  expect(await begin('5')).toEqual([expect.stringMatching(/ledger has others now: binance USDT$/)]);
});
