/** One suite for every kind of record store. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { ConflictError, DuplicateRecordError, InvalidArgumentError } from '../../logger/errors.ts';
import { openLmdbStore } from '../../pipe/records/lmdb-store.ts';
import type { StoreAccess } from '../../pipe/records/lmdb-store.ts';
import type { RecordStore } from '../../pipe/records/records.ts';
import { batchTexts } from '../../pipe/records/stored-records.ts';
import { openMongoStore } from '../../pipe/records/mongodb-store.ts';
import { systemClock } from '../../sandbox/server/system-clock.ts';
import { freshDatabase, mongoUri, uriOf } from '../support/mongodb.ts';
import { seededRandom } from '../support/seeded-random.ts';
import {
  START_US,
  STRATEGY,
  sampleDecision,
  sampleEntry,
  sampleOpportunity,
  sampleResult,
  sampleRun,
} from './sample-pipe-records.ts';

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Opens the same store as often as it is called. */
type Opener = (access?: StoreAccess) => Promise<RecordStore>;

async function lmdb(): Promise<Opener> {
  const directory = await mkdtemp(join(tmpdir(), 'records-'));
  cleanUps.push(() => rm(directory, { recursive: true }));
  return (access) => openLmdbStore(directory, access);
}

function mongodb(): Promise<Opener> {
  const uri = uriOf(freshDatabase());
  return Promise.resolve((access = 'write') => openMongoStore(uri, access, systemClock()));
}

const STORES = [
  { name: 'LMDB', make: lmdb, isThere: true, manyRecords: 1000 },
  { name: 'MongoDB', make: mongodb, isThere: mongoUri !== undefined, manyRecords: 600 },
];

const ALL = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function contentOf(store: RecordStore): Promise<unknown> {
  return {
    runs: await store.runs(STRATEGY),
    opportunities: await listOf(store.opportunities(STRATEGY, ALL)),
    decisions: await listOf(store.decisions(STRATEGY, ALL)),
    ledger: await listOf(store.ledger(STRATEGY)),
    results: await listOf(store.results(STRATEGY, ALL)),
  };
}

for (const { name, make, isThere, manyRecords } of STORES) {
  describe.skipIf(!isThere)(`records in ${name}`, () => {
    async function opened(): Promise<{ store: RecordStore; open: Opener }> {
      const open = await make();
      const store = await open();
      cleanUps.push(() => store.close());
      return { store, open };
    }

    it('come back as they were written, also after it was closed', async () => {
      const open = await make();
      const first = await open();
      const opportunity = sampleOpportunity(0);
      const table = { id: 'f00d', table: { exchanges: { a: { taker: '0.001' } } } };
      await first.putRun(sampleRun(0));
      await first.putFeeTable(table);
      await first.put({
        opportunities: [opportunity],
        decisions: [sampleDecision(opportunity)],
        ledger: [sampleEntry(1), sampleEntry(2)],
        results: [sampleResult(opportunity)],
      });
      const content = {
        runs: [sampleRun(0)],
        opportunities: [opportunity],
        decisions: [sampleDecision(opportunity)],
        ledger: [sampleEntry(1), sampleEntry(2)],
        results: [sampleResult(opportunity)],
      };
      expect(await contentOf(first)).toEqual(content);
      await first.close();
      const second = await open('read');
      cleanUps.push(() => second.close());
      expect(await contentOf(second)).toEqual(content);
      expect(await second.feeTable('f00d')).toEqual(table);
      expect(await second.feeTable('beef')).toBeNull();
    });

    it('written twice change nothing', async () => {
      const { store } = await opened();
      const opportunity = sampleOpportunity(0);
      const batch = {
        opportunities: [opportunity],
        decisions: [sampleDecision(opportunity)],
        ledger: [sampleEntry(1)],
      };
      const write = async (): Promise<void> => {
        await store.putRun(sampleRun(0));
        await store.putFeeTable({ id: 'f00d', table: {} });
        await store.put(batch);
      };
      await write();
      const content = await contentOf(store);
      await write();
      // Whatever the order of their keys, and without what is undefined.
      const turned = Object.fromEntries(Object.entries(opportunity).reverse());
      await store.put({
        opportunities: [{ ...turned, extra: undefined } as unknown as typeof opportunity],
      });
      expect(await contentOf(store)).toEqual(content);
    });

    it('with other content under the same key are rejected, and with them their batch', async () => {
      const { store } = await opened();
      const opportunity = sampleOpportunity(0);
      const decision = sampleDecision(opportunity);
      await store.putRun(sampleRun(0));
      await store.putFeeTable({ id: 'f00d', table: {} });
      await store.put({
        opportunities: [opportunity],
        decisions: [decision],
        ledger: [sampleEntry(1)],
        results: [sampleResult(opportunity)],
      });
      const content = await contentOf(store);
      const others: (() => Promise<void>)[] = [
        () => store.putRun(sampleRun(0, { feeTable: 'other' })),
        () => store.putFeeTable({ id: 'f00d', table: { other: 1 } }),
        () => store.put({ opportunities: [sampleOpportunity(0, { evaluations: 4 })] }),
        () => store.put({ decisions: [{ ...decision, atUs: decision.atUs + 1 }] }),
        () => store.put({ ledger: [sampleEntry(1, { amount: '1000.1' })] }),
        () => store.put({ results: [sampleResult(opportunity, { result: '5' })] }),
        () => store.put({ ledger: [sampleEntry(2), sampleEntry(2, { amount: '3' })] }),
        () =>
          store.put({
            opportunities: [sampleOpportunity(5)],
            decisions: [{ ...decision, verdict: 'rejected' }],
          }),
      ];
      for (const write of others) await expect(write()).rejects.toThrow(DuplicateRecordError);
      expect(await contentOf(store)).toEqual(content);
    });

    it('that can not be kept exactly are rejected', async () => {
      const { store } = await opened();
      const opportunity = sampleOpportunity(0);
      const decision = sampleDecision(opportunity);
      const bad: (() => Promise<void>)[] = [
        () => store.put({ decisions: [{ ...decision, inputs: { size: Number.NaN } }] }),
        () => store.put({ decisions: [{ ...decision, inputs: { size: 1n } }] }),
        () => store.put({ decisions: [{ ...decision, inputs: { at: new Date(0) } }] }),
        () => store.put({ decisions: [{ ...decision, id: '' }] }),
        () => store.put({ decisions: [{ ...decision, atUs: 0.5 }] }),
        () => store.put({ ledger: [sampleEntry(0)] }),
      ];
      for (const write of bad) await expect(write()).rejects.toThrow(InvalidArgumentError);
    });

    it('of the ledger have no number left out', async () => {
      const { store } = await opened();
      await expect(store.put({ ledger: [sampleEntry(2)] })).rejects.toThrow(ConflictError);
      await store.put({ ledger: [sampleEntry(1), sampleEntry(2)] });
      await expect(store.put({ ledger: [sampleEntry(4)] })).rejects.toThrow('number 2');
      // Each strategy has its own.
      await store.put({ ledger: [sampleEntry(1, { strategy: 'arbitrage-2' })] });
      await store.put({ ledger: [sampleEntry(3)] });
      expect((await listOf(store.ledger(STRATEGY))).map(({ number }) => number)).toEqual([1, 2, 3]);
    });

    it('of an opportunity that runs are replaced by later ones', async () => {
      const { store } = await opened();
      const begun = sampleOpportunity(0, { end: 'running', toUs: START_US });
      const longer = { ...begun, toUs: START_US + 1000, evaluations: 7 };
      const ended = { ...longer, toUs: START_US + 2000, end: 'gap' } as const;
      const now = (): Promise<unknown> => listOf(store.opportunities(STRATEGY, ALL));
      await store.put({ opportunities: [begun] });
      await store.put({ opportunities: [longer] });
      expect(await now()).toEqual([longer]);
      await store.put({ opportunities: [ended] });
      expect(await now()).toEqual([ended]);
      // What was already written may be written again, in any order.
      await store.put({ opportunities: [begun, longer] });
      expect(await now()).toEqual([ended]);
      const others = [
        { ...ended, end: 'closed' as const },
        { ...ended, toUs: ended.toUs + 1 },
        { ...longer, toUs: ended.toUs + 1 },
        { ...begun, first: { ...begun.first, profit: '9' } },
      ];
      for (const other of others) {
        await expect(store.put({ opportunities: [other] })).rejects.toThrow(DuplicateRecordError);
      }
    });

    const random = seededRandom();
    it(`are read in order of time, of one strategy, within a range (seed ${random.seed})`, async () => {
      const { store } = await opened();
      const all = Array.from({ length: manyRecords }, (_, index) => {
        const strategy = random.chance(0.9) ? STRATEGY : 'arbitrage2';
        const fromUs = random.integer(0, 500);
        return sampleOpportunity(fromUs, { strategy, pair: `P${index}USDT` });
      });
      const decisions = all.map((each) => sampleDecision(each));
      const half = Math.floor(all.length / 2);
      await store.put({ opportunities: all.slice(half), decisions: decisions.slice(0, half) });
      await store.put({ opportunities: all.slice(0, half), decisions: decisions.slice(half) });
      for (const [from, to] of [
        [0, 501],
        [100, 300],
        [250, 250],
      ] as const) {
        const range = { fromUs: START_US + from, toUs: START_US + to };
        const expected = all
          .filter(({ strategy }) => strategy === STRATEGY)
          .filter(({ fromUs }) => fromUs >= range.fromUs && fromUs < range.toUs)
          .sort((a, b) => a.fromUs - b.fromUs || (a.id < b.id ? -1 : 1));
        expect(await listOf(store.opportunities(STRATEGY, range))).toEqual(expected);
        expect(await listOf(store.decisions(STRATEGY, range))).toEqual(
          expected.map((each) => sampleDecision(each)),
        );
      }
      expect(await store.runs(STRATEGY)).toEqual([]);
    });

    it('written side by side are all there', async () => {
      const { store } = await opened();
      const opportunities = Array.from({ length: 20 }, (_, index) => sampleOpportunity(index));
      await Promise.all(opportunities.map((each) => store.put({ opportunities: [each] })));
      expect(await listOf(store.opportunities(STRATEGY, ALL))).toEqual(opportunities);
    });

    it('are halted by anyone, beside the writer', async () => {
      const { store, open } = await opened();
      expect(await store.halted()).toBeNull();
      const other = await open('halt');
      cleanUps.push(() => other.close());
      await other.setHalted('prices  look\nwrong');
      expect(await store.halted()).toBe('prices look wrong');
      expect(await other.halted()).toBe('prices look wrong');
      await other.setHalted('again');
      expect(await store.halted()).toBe('again');
      await store.setHalted(null);
      expect(await other.halted()).toBeNull();
      await other.setHalted(null);
      await expect(other.put({ ledger: [sampleEntry(1)] })).rejects.toThrow(ConflictError);
    });

    it('are not made by a reader, nor by who halts', async () => {
      const open = await make();
      for (const access of ['read', 'halt'] as const) {
        await expect(open(access)).rejects.toThrow(InvalidArgumentError);
      }
    });

    it('are seen by a reader beside the writer, which can not write', async () => {
      const { store, open } = await opened();
      const reader = await open('read');
      cleanUps.push(() => reader.close());
      await store.put({ ledger: [sampleEntry(1)] });
      expect(await listOf(reader.ledger(STRATEGY))).toEqual([sampleEntry(1)]);
      await expect(reader.put({ ledger: [sampleEntry(2)] })).rejects.toThrow(ConflictError);
    });
  });
}

describe.skipIf(mongoUri === undefined)('a batch that was begun in MongoDB', () => {
  const opportunity = sampleOpportunity(0);
  const batch = {
    opportunities: [opportunity],
    decisions: [sampleDecision(opportunity)],
    ledger: [sampleEntry(1)],
    results: [sampleResult(opportunity)],
  };

  /** As a writer leaves it that was killed behind its first record. */
  async function begun(): Promise<string> {
    const uri = uriOf(freshDatabase());
    const store = await openMongoStore(uri, 'write', systemClock());
    await store.put({ opportunities: batch.opportunities });
    await store.close();
    const client = new MongoClient(uri);
    await client
      .db()
      .collection<{ _id: string; records: unknown }>('control')
      .insertOne({ _id: 'pending/killed', records: batchTexts(batch) });
    await client.close();
    return uri;
  }

  async function contentAfter(uri: string): Promise<unknown> {
    const store = await openMongoStore(uri, 'write', systemClock());
    cleanUps.push(() => store.close());
    return contentOf(store);
  }

  it('is completed by the next writer', async () => {
    expect(await contentAfter(await begun())).toEqual({ runs: [], ...batch });
  });

  it('is left if another writer has overtaken it', async () => {
    const uri = await begun();
    const other = { ...sampleEntry(1), strategy: STRATEGY, venue: 'bybit' };
    const client = new MongoClient(uri);
    const [text] = batchTexts({ ledger: [other] });
    const { id, strategy, order, text: record } = text!;
    await client
      .db()
      .collection<{ _id: string }>('paper_ledger')
      .insertOne({ _id: id, strategy, order, record } as { _id: string });
    await client.close();
    const { opportunities } = batch;
    const expected = { runs: [], opportunities, decisions: [], ledger: [other], results: [] };
    expect(await contentAfter(uri)).toEqual(expected);
    expect(await contentAfter(uri)).toEqual(expected);
  });
});
