import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { openLmdbStore } from '../../sandbox/exchange/store/lmdb-store.ts';
import { openMongoStore } from '../../sandbox/exchange/store/mongodb-store.ts';
import type { Batch, ExchangeStore } from '../../sandbox/exchange/store/store.ts';
import { systemClock } from '../../sandbox/server/system-clock.ts';
import { MemoryExchangeStore } from '../support/memory-exchange-store.ts';
import { freshDatabase, mongoUri, uriOf } from '../support/mongodb.ts';
import { testSeed } from '../support/seeded-random.ts';
import { newState, richAndPoor } from '../unit/sandbox/exchange/accounts-model.ts';
import {
  contentOf,
  contentOfState,
  executeAll,
  randomCommands,
  resetTo,
  USERS,
} from '../unit/sandbox/exchange/runs.ts';

const SEED = String(testSeed());
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Opens the same store as often as it is called. */
type Opener = () => Promise<ExchangeStore>;

async function lmdb(): Promise<Opener> {
  const directory = await mkdtemp(join(tmpdir(), 'exchange-'));
  cleanUps.push(() => rm(directory, { recursive: true }));
  return () => openLmdbStore(directory);
}

function mongodb(): Promise<Opener> {
  const uri = uriOf(freshDatabase());
  return Promise.resolve(() => openMongoStore(uri, { clock: systemClock() }));
}

const STORES = [
  { name: 'LMDB', make: lmdb, isThere: true, commandsInRun: 2000 },
  { name: 'MongoDB', make: mongodb, isThere: mongoUri !== undefined, commandsInRun: 60 },
];

function batchOf(batch: number): Batch {
  const position = { bookSequence: batch, tradeId: 0, orderId: batch, openOrders: batch };
  const order = { id: batch, owner: 1, side: 'buy', price: 100, remaining: 5 } as const;
  const command = { type: 'order', user: 1, side: 'buy', price: 100, size: 5 } as const;
  return {
    batch,
    timeUs: 1_700_000_000_000_000 + batch,
    commands: [command],
    position,
    accounts: [],
    open: [order],
    closed: [],
  };
}

describe.each(STORES.filter(({ isThere }) => isThere))('the store in $name', (given) => {
  const { make, commandsInRun } = given;

  it('has nothing until it is reset', async () => {
    const store = await (await make())();
    expect(await store.load()).toBeNull();
    await store.close();
  });

  it(`keeps what the plain store keeps, over many runs (SEED=${SEED})`, async () => {
    const open = await make();
    const commands = randomCommands(SEED, 3 * commandsInRun);
    const first = await open();
    await resetTo(first, richAndPoor(USERS));
    await first.close();
    const plain = new MemoryExchangeStore();
    await resetTo(plain, richAndPoor(USERS));
    for (const [run, hotOrders] of [3, 1000, undefined].entries()) {
      const part = commands.slice(run * commandsInRun, (run + 1) * commandsInRun);
      const options = { seed: `${SEED} ${run}`, ...(hotOrders === undefined ? {} : { hotOrders }) };
      const store = await open();
      const lines = await executeAll(store, part, options);
      await store.close();
      expect(lines).toEqual(await executeAll(plain, part, options));
    }
    const last = await open();
    expect(await contentOf(last)).toEqual(await contentOf(plain));
    // Pages of every size, one after the other, are the whole queue.
    for (const side of ['buy', 'sell'] as const) {
      const whole = await last.page(side, undefined, 1e6);
      const paged = [];
      for (let page = await last.page(side, undefined, 7); page.length > 0;) {
        paged.push(...page);
        page = await last.page(side, page.at(-1), 7);
      }
      expect(paged).toEqual(whole);
    }
    const state = newState(richAndPoor(USERS));
    for await (const { commands: stored } of last.journal()) {
      for (const command of stored) state.execute(command);
    }
    expect(await contentOf(last)).toEqual(contentOfState(state));
    await last.close();
  });

  it('lets only one exchange go on', async () => {
    const open = await make();
    const [one, other] = [await open(), await open()];
    await resetTo(one, richAndPoor(USERS));
    const { batch = 0 } = (await other.load()) ?? {};
    await other.commit(batchOf(batch + 1));
    await expect(one.commit(batchOf(1))).rejects.toThrow('Another exchange has written');
    await other.commit(batchOf(batch + 2));
    expect(await other.page('buy', undefined, 10)).toHaveLength(2);
    await one.close();
    await other.close();
  });

  it('begins anew when it is reset', async () => {
    const store = await (await make())();
    await resetTo(store, richAndPoor(USERS));
    await store.commit(batchOf(1));
    await resetTo(store, richAndPoor(USERS));
    const stopped = await store.load();
    expect(stopped).toMatchObject({ position: { orderId: 0 } });
    expect(await store.page('buy', undefined, 10)).toEqual([]);
    await store.commit(batchOf((stopped?.batch ?? 0) + 1));
    await store.close();
  });
});

describe.skipIf(mongoUri === undefined)('accounts and orders in MongoDB', () => {
  it('follow the journal: what a run did not get to, the next one does', async () => {
    const location = freshDatabase();
    const open = () => openMongoStore(uriOf(location), { clock: systemClock() });
    const store = await open();
    await resetTo(store, richAndPoor(USERS));
    await executeAll(store, randomCommands(SEED, 100), { seed: SEED });
    const expected = await contentOf(store);
    await store.close();
    const client = await MongoClient.connect(location.uri);
    cleanUps.push(() => client.close());
    const db = client.db(location.database);
    const meta = await db.collection('exchange').findOne();
    // As if it had been killed in between: of the last batches nothing has followed, or a part.
    const batch = Number(meta?.['batch']) - 4;
    expect(batch).toBeGreaterThan(0);
    await db.collection('exchange').updateOne({}, { $set: { batch } });
    const later = { batch: { $gt: batch } };
    const old = { batch, cash_cents: 1, microbitcoin_amount: 1 };
    const accounts = await db.collection('accounts').updateMany(later, { $set: old });
    const journal = db.collection<{ _id: number; position: { orderId: number } }>(
      'exchange_journal',
    );
    const { orderId } = (await journal.findOne({ _id: batch }))!.position;
    const orders = await db.collection<{ _id: number }>('orders').deleteMany({
      _id: { $gt: orderId, $mod: [2, 0] },
    });
    expect(Math.min(accounts.modifiedCount, orders.deletedCount)).toBeGreaterThan(0);
    const again = await open();
    expect(await contentOf(again)).toEqual(expected);
    await again.close();
    const after = await db.collection('exchange').findOne();
    expect(after).toMatchObject({ position: meta?.['position'] });
    const username1 = await db.collection('accounts').findOne({ username: 'username1' });
    expect(username1).toMatchObject({ microbitcoin_on_hold: expect.any(Number) });
  });

  it('follow also while the writes of a killed run are still under way', async () => {
    const location = freshDatabase();
    const open = () => openMongoStore(uriOf(location), { clock: systemClock() });
    const store = await open();
    await resetTo(store, richAndPoor(USERS));
    await executeAll(store, randomCommands(SEED, 150), { seed: SEED });
    const expected = await contentOf(store);
    await store.close();
    const client = await MongoClient.connect(location.uri);
    cleanUps.push(() => client.close());
    const db = client.db(location.database);
    await db.collection('exchange').updateOne({}, { $set: { batch: 0 } });
    await db.collection('orders').deleteMany({});
    const both = [await open(), await open()];
    await Promise.all(both.map((one) => one.load()));
    for (const one of both) expect(await contentOf(one)).toEqual(expected);
    for (const one of both) await one.close();
  });
});
