/** Cores in one process on one clock: nothing but what they are handed moves them. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Archive, RecordHeader } from '../../logger/archive/archive.ts';
import type { SharedStore } from '../../logger/core.ts';
import { ArchiveFullError } from '../../logger/errors.ts';
import { ManualClock } from '../support/manual-clock.ts';
import type { ExchangeDeps } from '../../logger/exchange/definition.ts';
import type { Transport } from '../../logger/runtime/transport.ts';
import { BINANCE, ScriptedExchange, snapshotAt } from '../support/scripted-exchange.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { openTestCore } from '../support/test-core.ts';
import type { TestCore } from '../support/test-core.ts';
import { until } from '../support/until.ts';

const BTC = 'binance:BTCUSDT';

let clock: ManualClock;
let opened: TestCore[];

beforeEach(() => {
  clock = new ManualClock();
  opened = [];
});
afterEach(async () => {
  for (const one of opened) {
    await one.discard();
    expect(one.fatal).toEqual([]);
  }
  expect(clock.pendingTimers).toBe(0);
});

async function open(store: SharedStore | null = null): Promise<TestCore> {
  const one = await openTestCore(clock, { store });
  opened.push(one);
  return one;
}

/** The exchange confirms the streams and answers with a book at sequence 100. */
async function prove({ exchange }: TestCore): Promise<void> {
  await clock.advanceAsync(0);
  exchange.up();
  exchange.diff(99, 101, [1000, 6]);
  exchange.answer(snapshotAt(100, [1000, 5], [1010, 7]));
  await clock.advanceAsync(10);
}

/** Headers of everything stored. */
async function storedIn(archive: Archive): Promise<RecordHeader[]> {
  const found: RecordHeader[] = [];
  for (let epoch = 0; ;) {
    const next = await archive.segmentAfter(BTC, epoch);
    if (next === null) return found;
    epoch = next;
    const images = await archive.images(BTC, epoch, 0);
    const blocks = await archive.blocks(BTC, epoch, { afterSequence: 0 });
    found.push(...[...images, ...blocks].map(({ header }) => header));
  }
}

test('two cores record side by side on one clock, and trouble of one stays with it', async () => {
  const [one, two] = [await open(), await open()];
  for (const each of [one, two]) {
    await each.core.start([BTC]);
    await prove(each);
  }
  expect(one.core.control.status(BTC)?.state).toBe('live');
  expect(two.core.control.status(BTC)?.state).toBe('live');

  one.exchange.down();
  for (let i = 0; i < 20; i++) {
    two.exchange.diff(102 + i, 102 + i, [1001, i + 1]);
    await clock.advanceAsync(100);
  }
  expect(one.core.control.status(BTC)).toMatchObject({ state: 'stale', sequence: '101' });
  expect(two.core.control.status(BTC)).toMatchObject({ state: 'live', sequence: '121' });

  await two.core.control.flush(BTC);
  const book = await two.core.reader.bookAt({ security: BTC, position: { sequence: 110 } });
  expect(book).toMatchObject({
    sequence: '110',
    bids: [
      ['10.01', '0.009'],
      ['10', '0.006'],
    ],
  });
  await expect(
    one.core.reader.bookAt({ security: BTC, position: { clock: 'receive', us: clock.nowUs() } }),
  ).resolves.toMatchObject({ state: 'gap', gap: { cause: 'connection' } });
});

test('an hour passes as fast as the clock is moved, and the work counters move with it', async () => {
  const one = await open();
  await one.core.start([BTC]);
  await prove(one);
  const before = one.core.workCounters();
  for (let minute = 0; minute < 60; minute++) {
    one.exchange.diff(102 + minute, 102 + minute, [1001, minute + 1]);
    await clock.advanceAsync(60_000, 10_000);
    one.exchange.alive();
  }
  const after = one.core.workCounters();
  expect(after.ticks).toBeGreaterThan(before.ticks + 1000);
  expect(after.commits).toBeGreaterThan(before.commits);
  expect(one.core.summary()).toMatchObject({ securities: 1, gaps: 0 });
});

test('the same script leaves the same records, byte for byte', async () => {
  const run = async (): Promise<RecordHeader[]> => {
    clock = new ManualClock();
    const one = await openTestCore(clock);
    await one.core.start([BTC]);
    await prove(one);
    const random = seededRandom(7);
    let sequence = 101;
    for (let i = 0; i < 300; i++) {
      const last = sequence + random.integer(1, 3);
      one.exchange.diff(sequence + 1, last, [random.integer(990, 1009), random.integer(0, 9)]);
      sequence = last;
      if (random.chance(0.01)) {
        one.exchange.down();
        await clock.advanceAsync(random.integer(1, 5000));
        one.exchange.up();
        one.exchange.answer(snapshotAt(sequence, [1000, 5], [1010, 7]));
      }
      await clock.advanceAsync(random.integer(1, 900));
    }
    await one.core.stop();
    const records = await storedIn(one.archive);
    await one.discard();
    return records;
  };
  const [first, second] = [await run(), await run()];
  expect(first.length).toBeGreaterThan(5);
  expect(second).toEqual(first);
});

test('of two cores that share a store one records a security, until it lets it go', async () => {
  const holders = new Map<string, string>();
  const storeOf = (name: string): SharedStore => ({
    leases: {
      claim: async (security) => {
        const holder = holders.get(security) ?? name;
        holders.set(security, holder);
        return holder === name ? null : holder;
      },
      release: async (security) => {
        if (holders.get(security) === name) holders.delete(security);
      },
    },
    status: () => ({ isReachable: true, failure: null, lagS: 0, spoolBytes: 0 }),
    measure: async () => undefined,
  });
  const [one, two] = [await open(storeOf('one')), await open(storeOf('two'))];
  await one.core.start([BTC]);
  await two.core.start([BTC]);
  await prove(one);
  expect(one.core.control.status(BTC)?.state).toBe('live');
  expect(two.core.control.status(BTC)).toMatchObject({ state: 'failed' });

  await one.core.control.remove([BTC]);
  await clock.advanceAsync(10_000);
  await prove(two);
  expect(two.core.control.status(BTC)?.state).toBe('live');
  // Numbered by the time of their start, segments of both are in order without a common counter.
  const [first, second] = [await one.archive.tail(BTC), await two.archive.tail(BTC)];
  expect(second.epoch).toBeGreaterThan(first.epoch);
});

test('a full disk ends neither a logger that loses a lease nor one that takes it over', async () => {
  const other = 'another logger records it';
  let holder: string | null = null;
  const store: SharedStore = {
    leases: { claim: async () => holder, release: async () => undefined },
    status: () => ({ isReachable: true, failure: null, lagS: 0, spoolBytes: 0 }),
    measure: async () => undefined,
  };
  const one = await open(store);
  const status = () => one.core.control.status(BTC);
  await one.core.start([BTC]);
  await prove(one);
  await clock.advanceAsync(2000);
  const disk = vi.spyOn(one.archive, 'commit').mockRejectedValue(new ArchiveFullError('no space'));
  holder = other;
  one.core.storeListener.onLeaseLost(BTC, other);
  await until('the loss', () => status()?.message?.includes(other) === true);
  holder = null;
  await clock.advanceAsync(15_000, 500);
  expect(status()?.message).toContain('no space');
  disk.mockRestore();
  await clock.advanceAsync(5000, 500);
  await until('the request', () => one.exchange.listeners.size === 1);
  expect(status()).toMatchObject({ state: 'syncing', gaps: 1 });
});

test('a busy start is no stall; from the first connection on it is', async () => {
  let transport: Transport | undefined;
  const network: Transport = {
    connect: () => ({ send() {}, ping() {}, close() {}, terminate() {} }),
    get: () => Promise.reject(new Error('No requests in this test')),
  };
  const exchange = new ScriptedExchange(clock, BINANCE);
  const create = (_settings: unknown, deps: ExchangeDeps): ScriptedExchange => {
    ({ transport } = deps);
    return exchange;
  };
  const one = await openTestCore(
    clock,
    { transport: network },
    { exchanges: new Map([[exchange.name, create]]) },
  );
  opened.push(one);
  const stalls = (): number => one.core.metrics().eventLoopStalls;
  clock.stall(1000);
  await one.core.start([]);
  clock.stall(1000);
  clock.advance(1000);
  expect(stalls()).toBe(0);
  const handlers = { onOpen() {}, onMessage() {}, onAlive() {}, onClose() {} };
  transport?.connect('ws://exchange.test', handlers);
  clock.stall(1000);
  clock.advance(1000);
  expect(stalls()).toBe(1);
  expect(one.logged.filter((line) => line.includes('stalled'))).toHaveLength(1);
  // A second connection does not begin anew.
  clock.stall(1000);
  transport?.connect('ws://exchange.test', handlers);
  clock.advance(1000);
  expect(stalls()).toBe(2);
});
