/** Instruments with their history, in every kind of archive, and on their way between two. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { MongoConnection } from '../../logger/archive/mongodb/connection.ts';
import { MongoReader } from '../../logger/archive/mongodb/mongo-reader.ts';
import { MongoWriter } from '../../logger/archive/mongodb/mongo-writer.ts';
import { openEmbeddedArchive, openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { InstrumentStore } from '../../logger/archive/instrument-store.ts';
import { copyArchive } from '../../logger/archive/transfer/copy.ts';
import { embeddedTarget } from '../../logger/archive/transfer/embedded-target.ts';
import { SpooledArchive } from '../../logger/archive/transfer/spooled-archive.ts';
import { openArchive } from '../../logger/library.ts';
import type { InstrumentFacts } from '../../logger/market/instrument.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { freshDatabase } from '../support/mongodb.ts';
import { mongodb, needs } from '../support/requirements.ts';

const BTC = 'binance:BTCUSDT';
const FACTS: InstrumentFacts = {
  base: 'BTC',
  quote: 'USDT',
  tickSize: '0.01',
  lotSize: '0.00001',
  minSize: '0.00001',
  minNotional: '5',
  contract: null,
};
const FINER = { ...FACTS, tickSize: '0.001', minNotional: null };
const CONTRACT: InstrumentFacts = {
  ...FACTS,
  contract: {
    kind: 'inverse',
    multiplier: '-100000000',
    underlyingPerPosition: null,
    underlying: 'XBT',
    quoteCurrency: 'USD',
    settlementCurrency: 'XBt',
  },
};

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'instruments-'));
  closers.push(() => rmSync(made, { recursive: true }));
  return made;
}

async function embedded(at = directory()) {
  const archive = await openEmbeddedArchive({ directory: at });
  closers.push(() => archive.close());
  return archive;
}

async function check(store: InstrumentStore): Promise<void> {
  expect(await store.history(BTC)).toEqual([]);
  await store.put([{ security: BTC, fromUs: 2_000_000, facts: FINER }]);
  await store.put([
    { security: BTC, fromUs: 1_000_000, facts: FACTS },
    { security: 'bitmex:XBTUSD', fromUs: 1_000_000, facts: CONTRACT },
    { security: 'binance:BTCUSDTX', fromUs: 1_000_000, facts: CONTRACT },
  ]);
  const history = [
    { security: BTC, fromUs: 1_000_000, facts: FACTS },
    { security: BTC, fromUs: 2_000_000, facts: FINER },
  ];
  expect(await store.history(BTC)).toEqual(history);
  // What is there stays.
  await store.put([{ security: BTC, fromUs: 2_000_000, facts: CONTRACT }]);
  expect(await store.history(BTC)).toEqual(history);
  expect((await store.history('bitmex:XBTUSD'))[0]?.facts).toEqual(CONTRACT);
}

describe('an embedded archive', () => {
  test('keeps instruments with their history', async () => {
    await check((await embedded()).instruments as InstrumentStore);
  });

  test('hands them to a reader beside it, to the library, and to a copy', async () => {
    const at = directory();
    const archive = await embedded(at);
    const state = { security: BTC, wanted: true, feed: 'depth' };
    await archive.commit([{ type: 'security', state }]);
    const opened = await openArchive(at);
    closers.push(() => opened.close());
    expect(await opened.instruments()).toEqual([]);
    await archive.instruments?.put([{ security: BTC, fromUs: 1_000_000, facts: FACTS }]);
    await archive.instruments?.put([{ security: BTC, fromUs: 2_000_000, facts: FINER }]);
    expect(await opened.instruments()).toEqual([
      { security: BTC, fromUs: 1_000_000, ...FACTS },
      { security: BTC, fromUs: 2_000_000, ...FINER },
    ]);
    const target = await embedded();
    await copyArchive(archive, embeddedTarget(target));
    await copyArchive(archive, embeddedTarget(target));
    expect(await target.instruments?.history(BTC)).toHaveLength(2);
  });

  test('deletes them with the last of their security', async () => {
    const archive = await openSpool({ directory: directory() });
    closers.push(() => archive.close());
    await archive.instruments.put([{ security: BTC, fromUs: 1_000_000, facts: FACTS }]);
    const wanted = { security: BTC, wanted: true, feed: 'depth' };
    await archive.commit([{ type: 'security', state: wanted }]);
    while ((await archive.prune(wanted, 5_000_000)) > 0);
    expect(await archive.instruments.history(BTC)).toHaveLength(1);
    while ((await archive.prune({ ...wanted, wanted: false }, 5_000_000)) > 0);
    expect(await archive.instruments.history(BTC)).toEqual([]);
  });
});

describe('in MongoDB', needs(mongodb), () => {
  function connected(): MongoConnection {
    const connection = new MongoConnection(freshDatabase(), createSystemClock());
    closers.push(() => connection.close());
    return connection;
  }

  test('they are kept with their history, as documents that can be read', async () => {
    const connection = connected();
    const { instruments } = new MongoReader(connection);
    await check(instruments);
    const documents = await connection.collection('instruments').find().toArray();
    expect(documents.find(({ tickSize }) => tickSize === '0.001')).toMatchObject({
      _id: 'binance:BTCUSDT/0000000002000000',
      exchange: 'binance',
      symbol: 'BTCUSDT',
      base: 'BTC',
      minNotional: null,
    });
    expect(await instruments.prune(BTC)).toBe(2);
    expect(await instruments.history(BTC)).toEqual([]);
    expect(await instruments.history('binance:BTCUSDTX')).toHaveLength(1);
  });

  test('they wait in the spool, and are one history with what the store has', async () => {
    const spool = await openSpool({ directory: directory() });
    closers.push(() => spool.close());
    const connection = connected();
    const store = new MongoWriter(connection);
    let puts = 0;
    const archive = new SpooledArchive(spool, new MongoReader(connection), () => puts++);
    await check(archive.instruments as InstrumentStore);
    expect(puts).toBeGreaterThan(0);
    const pending = await spool.instruments.pending(100);
    expect(pending).toHaveLength(4);
    await store.instruments.put(pending);
    expect(await archive.instruments?.history(BTC)).toHaveLength(2);
    await spool.instruments.release(pending);
    expect(await spool.instruments.pending(100)).toEqual([]);
    expect(await archive.instruments?.history(BTC)).toHaveLength(2);
  });
});
