/** Snapshots that are kept as they happen: those of the export, each once, whatever the store does. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { snapshotsIn } from '../../../logger/archive/snapshot-store.ts';
import type { KeptSnapshot, SnapshotReader } from '../../../logger/archive/snapshot-store.ts';
import { ArchiveUnavailableError } from '../../../logger/errors.ts';
import { SnapshotKeeper, keptSnapshot } from '../../../logger/series/snapshot-keeper.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { keptLog } from '../../support/scripted-coinbase.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { openTestCore } from '../../support/test-core.ts';
import type { TestCore } from '../../support/test-core.ts';

const BTC = { security: 'binance:BTCUSDT', everyUs: 200_000, depth: 2 };
const ALL = { fromUs: -Infinity, toUs: Infinity };

let clock: ManualClock;
let one: TestCore;
let sequence: number;
let tradeId: number;

beforeEach(async () => {
  clock = new ManualClock();
  sequence = 100;
  tradeId = 1;
  one = await openTestCore(clock, {}, { snapshots: [BTC] });
});
afterEach(async () => {
  await one.discard();
  expect(one.fatal).toEqual([]);
});

async function start({ core, exchange }: TestCore): Promise<void> {
  await core.start([BTC.security]);
  await prove(exchange);
}

async function prove(exchange: TestCore['exchange']): Promise<void> {
  await clock.advanceAsync(0);
  exchange.up();
  exchange.diff(sequence - 1, sequence + 1, [1000, 6]);
  exchange.answer(snapshotAt(sequence, [1000, 5, 990, 1], [1010, 7]));
  sequence++;
  await clock.advanceAsync(10);
}

async function run({ exchange }: TestCore, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    exchange.diff(++sequence, sequence, [1001, (sequence % 9) + 1]);
    if (i % 2 === 0) exchange.trade(tradeId++);
    await clock.advanceAsync(70, 10);
  }
}

async function keptIn(store: SnapshotReader | undefined): Promise<KeptSnapshot[]> {
  const rows: KeptSnapshot[] = [];
  if (store) for await (const row of snapshotsIn(store, BTC, ALL)) rows.push(row);
  return rows;
}

/** What an export makes of the records. */
async function exported({ core }: TestCore): Promise<KeptSnapshot[]> {
  await core.control.flush(BTC.security);
  const rows: KeptSnapshot[] = [];
  for await (const item of core.reader.snapshots({ ...BTC, clock: 'exchange' })) {
    if (item.type === 'snapshot') rows.push(keptSnapshot(BTC, item));
  }
  return rows;
}

test('kept are the rows of the export, through gaps and a restart, none twice', async () => {
  await start(one);
  await run(one, 40);
  one.exchange.down();
  await clock.advanceAsync(40_000, 1000);
  sequence += 50;
  await prove(one.exchange);
  await run(one, 40);
  await clock.advanceAsync(600, 10);
  const before = await keptIn(one.archive.snapshots);
  expect(before.length).toBeGreaterThan(20);
  expect(before).toEqual((await exported(one)).slice(0, before.length));
  expect(before.filter(({ upticks }) => upticks.count === null)).toHaveLength(2);
  expect(before.some(({ upticks }) => (upticks.count ?? 0) > 0)).toBe(true);
  const stopped = one.core.stop();
  await clock.advanceAsync(3000, 100);
  await stopped;

  // Another process goes on with the same archive.
  const { archive } = one;
  const expiring = { securities: () => archive.securities(), prune: async () => 0 };
  const two = await openTestCore(clock, { archive, expiring }, { snapshots: [BTC] });
  sequence += 10;
  await start(two);
  await run(two, 40);
  await clock.advanceAsync(600, 10);
  const after = await keptIn(archive.snapshots);
  const all = await exported(two);
  expect(new Set(after.map(({ timeUs }) => timeUs)).size).toBe(after.length);
  expect(after.length).toBeGreaterThan(before.length + 5);
  // The last rows before a gap wait for the next segment, and were not there at the end.
  const times = new Set(all.map(({ timeUs }) => timeUs));
  expect(after.filter(({ timeUs }) => !times.has(timeUs))).toEqual([]);
  const kept = new Set(after.map(({ timeUs }) => timeUs));
  expect(all.filter(({ timeUs }) => kept.has(timeUs))).toEqual(after);
  expect(all.length - after.length).toBeLessThanOrEqual(3);
  await Promise.all([two.core.stop(), clock.advanceAsync(3000, 100)]);
  await Promise.all([two.core.close(), clock.advanceAsync(3000, 100)]);
});

test('a store that fails holds up nothing: rows wait, beyond a bound the oldest are given up and counted', async () => {
  await start(one);
  const logged: string[] = [];
  const stored: KeptSnapshot[] = [];
  let isAway = false;
  const keeper = new SnapshotKeeper({
    series: [BTC],
    live: one.core.live,
    store: {
      put: async (batch) => {
        if (isAway) throw new ArchiveUnavailableError('It is away');
        stored.push(...batch);
      },
      between: async () => [],
    },
    clock,
    log: keptLog(logged),
    onFatal: (error) => {
      throw error;
    },
    // Three levels a row, and what a row takes besides.
    maxWaitingLevels: 13 * 13,
  });
  keeper.start();
  await run(one, 20);
  await clock.advanceAsync(600, 10);
  const first = stored.length;
  expect(first).toBeGreaterThan(3);
  isAway = true;
  await run(one, 120);
  expect(stored).toHaveLength(first);
  expect(one.core.control.status(BTC.security)?.state).toBe('live');
  const { dropped } = keeper.figures();
  expect(dropped).toBeGreaterThan(10);
  isAway = false;
  await clock.advanceAsync(1500, 100);
  await run(one, 20);
  await clock.advanceAsync(600, 10);
  const { kept } = keeper.figures();
  expect(kept).toBe(stored.length);
  expect(stored.length).toBeGreaterThan(first + 10);
  const all = await exported(one);
  const from = all.findIndex(({ timeUs }) => timeUs === stored[0]?.timeUs);
  const until = all.findIndex(({ timeUs }) => timeUs === stored.at(-1)?.timeUs);
  expect(until - from + 1).toBe(stored.length + dropped);
  expect(stored.every((row, i) => i === 0 || row.timeUs > (stored[i - 1]?.timeUs ?? 0))).toBe(true);
  // The first of all, and the one behind those that were given up.
  const { timeUs: lastUs = 0 } = stored[first - 1] ?? {};
  const behind = stored.findIndex(
    ({ timeUs }, i) => i > 0 && timeUs - (stored[i - 1]?.timeUs ?? 0) > 200_000,
  );
  expect(stored[behind]?.timeUs).toBeGreaterThan(lastUs);
  expect(stored.flatMap(({ upticks }, i) => (upticks.count === null ? [i] : []))).toContain(behind);
  const said = logged.filter((line) => line.includes('napshots'));
  expect(said.filter((line) => line.includes('could not be kept'))).toHaveLength(1);
  expect(said.filter((line) => line.includes('kept again'))).toHaveLength(1);
  expect(said.filter((line) => line.includes('given up'))).toHaveLength(1);
  await keeper.stop();
});

test('a store that does not answer holds up the end for two seconds at most', async () => {
  await start(one);
  const keeper = new SnapshotKeeper({
    series: [BTC],
    live: one.core.live,
    store: { put: () => new Promise(() => undefined), between: async () => [] },
    clock,
    log: keptLog([]),
    onFatal: () => undefined,
  });
  keeper.start();
  await run(one, 20);
  let hasStopped = false;
  void keeper.stop().then(() => (hasStopped = true));
  await clock.advanceAsync(2100, 100);
  expect(hasStopped).toBe(true);
  expect(keeper.figures().dropped).toBeGreaterThan(0);
});
