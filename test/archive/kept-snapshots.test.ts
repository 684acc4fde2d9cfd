/** Snapshots that are kept, in both kinds of archive. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import { MongoConnection } from '../../logger/archive/mongodb/connection.ts';
import { mongoLocation } from '../../logger/archive/mongodb/location.ts';
import { MongoSnapshots } from '../../logger/archive/mongodb/mongo-snapshots.ts';
import { snapshotsIn } from '../../logger/archive/snapshot-store.ts';
import type { KeptSnapshot, SnapshotStore } from '../../logger/archive/snapshot-store.ts';
import { ArchiveUnavailableError } from '../../logger/errors.ts';
import { openArchive } from '../../logger/library.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { mongodb, needs } from '../support/requirements.ts';
import { freshDatabase } from '../support/mongodb.ts';
import { startMongoStore } from '../support/mongo-store.ts';

const BTC = { security: 'coinbase:BTC-USD', everyUs: 200_000, depth: 25 };
const START_US = 1_795_158_000_000_000;
const ALL = { fromUs: -Infinity, toUs: Infinity };

function row(i: number, series = BTC, price = 89_990): KeptSnapshot {
  return {
    ...series,
    timeUs: START_US + i * series.everyUs,
    sequence: i === 0 ? null : 2 ** 52 + i,
    bids: { prices: [price, 89_980], sizes: [0.4, 2], counts: [1, 3] },
    asks: { prices: [90_010.01], sizes: [1.25], counts: null },
    upticks: i === 0 ? { size: null, count: null } : { size: 225.025, count: 2 },
    downticks: { size: 0, count: 0 },
  };
}

async function all(store: SnapshotStore, series = BTC): Promise<KeptSnapshot[]> {
  const rows: KeptSnapshot[] = [];
  for await (const one of snapshotsIn(store, series, ALL)) rows.push(one);
  return rows;
}

/** @param prune deletes what is older, as retention does. */
async function check(
  store: SnapshotStore,
  prune: (security: string, beforeUs: number) => Promise<unknown>,
): Promise<void> {
  const others = [
    { ...BTC, depth: 10 },
    { ...BTC, everyUs: 1_000_000 },
    { ...BTC, security: 'coinbase:BTC-USDT' },
  ];
  expect(await all(store)).toEqual([]);
  const rows = Array.from({ length: 12 }, (_, i) => row(i));
  await store.put(rows.slice(0, 8));
  // Again, with others: what is there stays.
  await store.put([row(3, BTC, 1), ...rows.slice(6), ...others.map((series) => row(1, series))]);
  await store.put(rows);
  expect(await all(store)).toEqual(rows);
  for (const series of others) expect(await all(store, series)).toEqual([row(1, series)]);
  const [, , from, , to] = rows.map(({ timeUs }) => timeUs);
  const part = { fromUs: from as number, toUs: to as number };
  expect(await store.between(BTC, part, 10)).toEqual(rows.slice(2, 4));
  expect(await store.between(BTC, part, 1)).toEqual([rows[2]]);
  await prune(BTC.security, to as number);
  expect(await all(store)).toEqual(rows.slice(4));
  expect(await all(store, others[0])).toEqual([]);
  expect(await all(store, others[2])).toHaveLength(1);
}

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function openEmbedded(): Promise<{
  readonly directory: string;
  readonly archive: Awaited<ReturnType<typeof openSpool>>;
}> {
  const directory = await mkdtemp(join(tmpdir(), 'kept-'));
  undo.push(() => rm(directory, { recursive: true }));
  const archive = await openSpool({ directory });
  undo.push(() => archive.close());
  return { directory, archive };
}

test('an embedded archive keeps each once, in order, until it is too old', async () => {
  const { archive } = await openEmbedded();
  const state = { security: BTC.security, wanted: true, feed: 'full' };
  await check(archive.snapshots as SnapshotStore, async (_, beforeUs) => {
    while ((await archive.prune(state, beforeUs)) > 0);
  });
});

test('they are read back with the library, beside the logger', async () => {
  const { directory, archive } = await openEmbedded();
  const state = { security: BTC.security, wanted: true, feed: 'full' };
  await archive.commit([{ type: 'security', state }]);
  const opened = await openArchive(directory);
  undo.push(() => opened.close());
  const kept = async (options: object): Promise<KeptSnapshot[]> => {
    const rows: KeptSnapshot[] = [];
    const given = { every: '200ms', depth: 25, ...options };
    for await (const one of opened.keptSnapshots('coinbase:btc-usd', given)) rows.push(one);
    return rows;
  };
  expect(await kept({})).toEqual([]);
  await archive.snapshots?.put([row(0), row(1), row(2)]);
  expect(await kept({})).toEqual([row(0), row(1), row(2)]);
  const range = { from: `${row(1).timeUs}us`, to: `${row(2).timeUs}us` };
  expect(await kept(range)).toEqual([row(1)]);
  expect(await kept({ depth: 10 })).toEqual([]);
  await expect(kept({ every: '7s' })).rejects.toThrow(/^every: has to divide/);
  await expect(kept({ every: undefined })).rejects.toThrow(/^every: /);
  await expect(kept({ depth: undefined })).rejects.toThrow(/^depth: /);
  await expect(kept({ clock: 'receive' })).rejects.toThrow(/^clock: unknown option/);
});

describe('in MongoDB', needs(mongodb), () => {
  test('each is kept once, in order, until it is too old; its document can be read as it is', async () => {
    const location = freshDatabase();
    const connection = new MongoConnection(location, createSystemClock());
    undo.push(() => connection.close());
    const store = new MongoSnapshots(connection);
    await check(store, (security, beforeUs) => store.prune(security, beforeUs));
    const document = await connection.collection('snapshots').findOne({ depth: 25 });
    expect(document).toMatchObject({
      _id: 'coinbase:BTC-USD/00000200000/00025/1795158000800000',
      exchange: 'coinbase',
      symbol: 'BTC-USD',
      bids: { prices: [89_990, 89_980], sizes: [0.4, 2], counts: [1, 3] },
      upticks: { size: 225.025, count: 2 },
    });
  });

  test('while it is away, nothing is put', async () => {
    const server = await startMongoStore();
    undo.push(() => server.close());
    const connection = new MongoConnection(mongoLocation(server.uri), createSystemClock());
    undo.push(() => connection.close());
    const store = new MongoSnapshots(connection);
    await store.put([row(0)]);
    server.proxy.mode = 'cut';
    await expect(store.put([row(1)])).rejects.toThrow(ArchiveUnavailableError);
    server.proxy.mode = 'pass';
    await expect
      .poll(
        () =>
          store.put([row(0), row(1)]).then(
            () => true,
            () => false,
          ),
        { timeout: 15_000 },
      )
      .toBe(true);
    expect(await all(store)).toEqual([row(0), row(1)]);
  }, 180_000);
});
