/** `Market.Books` over a real socket, from a real recorder whose exchange the test plays. */

import { status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { startManager } from '../../logger/manager/server.ts';
import type { ManagerLimits } from '../../logger/manager/limits.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { silentLog } from '../support/silent-log.ts';
import { snapshotAt } from '../support/scripted-exchange.ts';
import { openTestCore } from '../support/test-core.ts';
import type { TestCore } from '../support/test-core.ts';
import { until } from '../support/until.ts';
import { KEY, RawClient, accessWith, bearer } from './fixture.ts';
import { closers } from './opened.ts';

const SECURITY = 'binance:BTCUSDT';

const clock = new ManualClock();
let core: TestCore;

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await core.discard();
});

/** A logger that records one security from a scripted exchange. */
async function open(limits: Partial<ManagerLimits> = {}): Promise<RawClient> {
  core = await openTestCore(clock);
  const manager = await startManager({
    ...core.core,
    host: '127.0.0.1',
    port: 0,
    access: accessWith(KEY),
    readAccess: () => accessWith(KEY),
    version: '9.9.9',
    clock,
    log: silentLog,
    limits,
  });
  closers.push(() => manager.close(0));
  const client = new RawClient(manager.port);
  closers.push(() => client.close());
  return client;
}

/** Moves the clock until something is so: the archive takes its own time. */
async function moved(what: string, isSo: () => boolean): Promise<void> {
  await until(what, async () => {
    await clock.advanceAsync(10);
    return isSo();
  });
}

/** A book at a sequence: bid 10 × 0.005, ask 10.1 × 0.007. */
async function prove(sequence = 100): Promise<void> {
  const { exchange } = core;
  await moved('the feed', () => exchange.listeners.has('BTCUSDT'));
  exchange.onSnapshot = async () => snapshotAt(sequence - 1, [1000, 5], [1010, 7]);
  exchange.up();
  exchange.diff(sequence, sequence);
  await moved('a book', () => core.core.control.status(SECURITY)?.state === 'live');
}

async function record(): Promise<void> {
  await core.core.start([SECURITY]);
  await prove();
}

/** A client's changes as they come. */
function follow(client: RawClient, request: object) {
  const changes: any[] = [];
  const ends: any[] = [];
  let parts = 0;
  const call = client.stream('Books', { securities: [SECURITY], ...request });
  call.on('data', (part) => {
    parts++;
    changes.push(...part.changes);
  });
  call.on('error', (error) => void ends.push(error));
  return { call, changes, ends, parts: () => parts };
}

test('begins with the book, then every message, by price', async () => {
  const client = await open();
  await record();
  const { changes, parts } = follow(client, { trades: true });
  await until('the image', () => changes.length === 1);
  const before = parts();
  const { exchange } = core;
  exchange.diff(101, 101, [1001, 3], [1010, 0]);
  exchange.trade(7);
  exchange.diff(102, 103);
  await until('three changes', () => changes.length === 4);
  expect(parts() - before).toBe(1);
  const at = { epoch: 1, isSequenced: true };
  expect(changes).toMatchObject([
    {
      security: 0,
      image: {
        position: { ...at, sequence: '100' },
        priceExponent: 2,
        sizeExponent: 3,
        bids: ['10', '0.005'],
        asks: ['10.1', '0.007'],
      },
    },
    {
      update: {
        position: { ...at, sequence: '101' },
        bids: ['10.01', '0.003'],
        asks: ['10.1', '0'],
      },
    },
    { trade: { tradeId: '7', price: '100', size: '0.005', isBuy: true } },
    { update: { position: { ...at, sequence: '103' }, bids: [], asks: [] } },
  ]);
  expect(changes[0].image.horizonBid).toBeUndefined();
});

test('the best level of each side alone, when it changes', async () => {
  const client = await open();
  await record();
  const { changes } = follow(client, { top: true });
  await until('the image', () => changes.length === 1);
  core.exchange.diff(101, 101, [999, 3]);
  core.exchange.diff(102, 102, [1001, 3]);
  await until('the change', () => changes.length === 2);
  expect(changes[1]).toMatchObject({
    image: {
      position: { sequence: '102' },
      bids: ['10.01', '0.003'],
      asks: ['10.1', '0.007'],
      horizonBid: '10.01',
      horizonAsk: '10.1',
    },
  });
});

test('a security has no book before it is recorded, in a gap, while stale and once removed', async () => {
  const client = await open();
  const { changes } = follow(client, {});
  const said = async (what: string, count: number): Promise<any> => {
    await until(what, () => changes.length >= count);
    expect(changes.length, what).toBe(count);
    return changes.at(-1);
  };
  const first = (await said('that it is not recorded', 1)).unproven;
  expect(first).toMatchObject({ reason: 'not recorded now' });
  expect(first.since).toBeUndefined();
  await record();
  await until('the image', () => changes.at(-1).image !== undefined);
  const proven = changes.length;
  core.exchange.diff(105, 105);
  const gap = (await said('the gap', proven + 1)).unproven;
  expect(gap.since).toBe(changes[proven - 1].image.position.receiveTime);
  await prove(105);
  await said('the next image', proven + 2);
  core.exchange.down();
  expect((await said('that it is stale', proven + 3)).unproven.reason).toContain('closed');
  core.exchange.up();
  core.exchange.diff(106, 106, [1002, 1]);
  await said('the same book again, and the update', proven + 5);
  expect(changes.slice(-2)).toMatchObject([
    { image: { position: { epoch: 2, sequence: '105' } } },
    { update: { position: { epoch: 2, sequence: '106' }, bids: ['10.02', '0.001'] } },
  ]);
  const removed = core.core.control.remove([SECURITY]);
  await moved('that it is removed', () => changes.at(-1).unproven?.reason === 'not recorded now');
  await removed;
  const added = core.core.control.add([SECURITY], false, new AbortController().signal);
  await prove(107);
  await until('its book', () => changes.at(-1).image !== undefined);
  await added;
});

test('a client that does not read loses its stream, and the recording goes on', async () => {
  const client = await open({ maxWaitingLevels: 10_000 });
  await record();
  const { call, ends } = follow(client, {});
  await until('the image', () => new Promise((resolve) => call.once('data', () => resolve(true))));
  call.pause();
  const levels = Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? 2000 + i : 5));
  let sequence = 100;
  // What fills the buffers of both ends, and then what may wait.
  for (let i = 0; i < 2000; i++) {
    core.exchange.diff(++sequence, sequence, [], levels);
    if (i % 20 === 0) await new Promise((resolve) => void setImmediate(resolve));
  }
  call.resume();
  await until('the end', () => ends.length > 0);
  expect(ends[0].code).toBe(status.RESOURCE_EXHAUSTED);
  const book = core.core.control.bookNow(SECURITY);
  expect(book).toMatchObject({ state: 'proven', sequence: String(sequence) });
});

test('ends when the logger does', async () => {
  const client = await open();
  await record();
  const { ends, changes } = follow(client, {});
  await until('the image', () => changes.length === 1);
  await closers[0]?.();
  await until('the end', () => ends.length > 0);
  expect(ends[0].code).toBe(status.UNAVAILABLE);
});

test('names the securities it can follow, and needs the key', async () => {
  const client = await open({ maxSecuritiesPerCall: 1 });
  const ended = async (request: object, metadata = bearer()): Promise<number> => {
    const call = client.stream('Books', request, metadata);
    call.resume();
    return new Promise((resolve) => call.on('error', (error: any) => resolve(error.code)));
  };
  expect(await ended({ securities: [] })).toBe(status.INVALID_ARGUMENT);
  expect(await ended({ securities: ['nonsense'] })).toBe(status.INVALID_ARGUMENT);
  expect(await ended({ securities: [SECURITY, SECURITY] })).toBe(status.INVALID_ARGUMENT);
  const wrong = bearer('a-wrong-key-of-20-characters');
  expect(await ended({ securities: [SECURITY] }, wrong)).toBe(status.UNAUTHENTICATED);
});
