/** Writing records to MongoDB: each once, as a whole, and readable in a shell. */

import { Long, MongoClient } from 'mongodb';
import type { Document } from 'mongodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredRecord } from '../../logger/archive/archive.ts';
import { MongoConnection } from '../../logger/archive/mongodb/connection.ts';
import { documentsOf } from '../../logger/archive/mongodb/documents.ts';
import type { MongoLocation } from '../../logger/archive/mongodb/location.ts';
import { MongoReader } from '../../logger/archive/mongodb/mongo-reader.ts';
import { MongoWriter } from '../../logger/archive/mongodb/mongo-writer.ts';
import { sealRecord } from '../../logger/archive/record.ts';
import type { RecordBatch } from '../../logger/archive/batch.ts';
import { ArchiveUnavailableError } from '../../logger/errors.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { freshDatabase } from '../support/mongodb.ts';
import { startTcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { SECURITY, sampleBlock, sampleImage } from './sample-records.ts';
import { mongodb, needs } from '../support/requirements.ts';

const OTHER = 'coinbase:BTC-USD';
const LARGE = Buffer.alloc(20_000_003, 'not a multiple of anything ');

function shipment(
  records: readonly StoredRecord[],
  fields: Partial<RecordBatch> = {},
): RecordBatch {
  return {
    security: records[0]?.header.security ?? SECURITY,
    gaps: [],
    images: records.filter(({ header }) => header.kind === 'image'),
    blocks: records.filter(({ header }) => header.kind === 'block'),
    damaged: [],
    ...fields,
  };
}

describe('the writer of MongoDB', needs(mongodb), () => {
  let location: MongoLocation;
  let connection: MongoConnection;
  let writer: MongoWriter;
  let reader: MongoReader;
  const undo: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    location = freshDatabase();
    connection = new MongoConnection(location, createSystemClock());
    writer = new MongoWriter(connection);
    reader = new MongoReader(connection);
    await writer.prepare();
  });
  afterEach(async () => {
    for (const each of undo.splice(0).reverse()) await each();
    await connection.close();
  });

  /** As a shell would show it, without conversion to JavaScript values. */
  async function raw(name: string, _id: string): Promise<Document> {
    const client = new MongoClient(location.uri, { promoteValues: false, promoteBuffers: false });
    try {
      const found = await client.db(location.database).collection<any>(name).findOne({ _id });
      if (!found) throw new Error(`No ${_id} in ${name}`);
      return found;
    } finally {
      await client.close();
    }
  }

  test('the same record twice is success, alone and among others', async () => {
    const records = [0, 1, 2, 3].map((i) =>
      sampleBlock({ previousSequence: 100 + i * 10, lastSequence: 110 + i * 10 }),
    );
    expect(await writer.write([shipment(records.slice(1, 3))])).toEqual(new Map());
    expect(await writer.write([shipment(records)])).toEqual(new Map());
    expect(await writer.write([shipment(records)])).toEqual(new Map());
    const blocks = await reader.blocks(SECURITY, 1, { afterSequence: 0 });
    expect(blocks.map(({ header }) => header.firstSequence)).toEqual([101, 111, 121, 131]);
  });

  test('a different record under the same id is a conflict of that security only', async () => {
    const own = [100, 110, 120].map((from) =>
      sampleBlock({ previousSequence: from, lastSequence: from + 10 }),
    );
    const others = [100, 110].map((from) =>
      sampleBlock({ previousSequence: from, lastSequence: from + 10, security: OTHER }),
    );
    const foreign = sampleBlock(
      { previousSequence: 110, lastSequence: 120, writer: 'another logger' },
      Buffer.from('other'),
    );
    await writer.write([shipment([foreign])]);
    const conflicts = await writer.write([shipment(own), shipment(others)]);
    expect([...conflicts.keys()]).toEqual([SECURITY]);
    expect(conflicts.get(SECURITY)).toMatchObject({ code: 'duplicate-record' });
    expect(conflicts.get(SECURITY)?.message).toContain('another logger');
    const keys = async (security: string): Promise<number[]> =>
      (await reader.blocks(security, 1, { afterSequence: 0 })).map(
        ({ header }) => header.firstSequence,
      );
    // The records before it, and the foreign one; nothing after it.
    expect(await keys(SECURITY)).toEqual([101, 111]);
    expect(await keys(OTHER)).toEqual([101, 111]);
  });

  test('a gap that differs stops its security before any of its records', async () => {
    const gap = {
      security: SECURITY,
      epoch: 2,
      fromUs: 1,
      toUs: 2,
      cause: 'connection',
      firstMissing: 121,
      lastMissing: null,
    } as const;
    const image = sampleImage({ lastSequence: 200, epoch: 2 });
    await writer.write([shipment([], { gaps: [{ ...gap, cause: 'other' }] })]);
    const conflicts = await writer.write([shipment([image], { gaps: [gap] })]);
    expect([...conflicts.keys()]).toEqual([SECURITY]);
    expect(await reader.segmentStart(SECURITY, 0)).toBeNull();
    expect(await reader.gapBefore(SECURITY, 2)).toMatchObject({ cause: 'other' });
  });

  /** Finds an image in every possible way. */
  async function foundBy(): Promise<unknown[]> {
    const us = 100_000;
    return Promise.all([
      reader.imageAt(SECURITY, { sequence: 100 }),
      reader.imageAt(SECURITY, { clock: 'receive', us }),
      reader.imageAt(SECURITY, { clock: 'exchange', us }),
      reader.segmentStart(SECURITY, 0),
      reader.segmentAfter(SECURITY, 0),
      reader.images(SECURITY, 1, 0).then((images) => images[0] ?? null),
      reader.tail(SECURITY).then(({ epoch }) => epoch || null),
    ]);
  }

  test('a record in parts appears with its last write or not at all, wherever writing stopped', async () => {
    const record = sampleImage({ lastSequence: 100 }, LARGE);
    const documents = documentsOf(record);
    expect(documents.map(({ _id }) => _id)).toEqual([
      'binance:BTCUSDT/0000000001/0000000000000100/0001',
      'binance:BTCUSDT/0000000001/0000000000000100/0002',
      'binance:BTCUSDT/0000000001/0000000000000100',
    ]);
    for (const document of documents) {
      expect(await foundBy()).toEqual(Array(7).fill(null));
      await connection.collection('base_images').insertOne(document);
    }
    for (const found of await foundBy()) expect(found).not.toBeNull();
    const loaded = await (await reader.segmentStart(SECURITY, 0))?.load();
    expect(Buffer.compare(loaded?.body ?? Buffer.alloc(0), LARGE)).toBe(0);
  }, 180_000);

  test.each([0, 1, 2])(
    'after %i parts of it the next write completes it',
    async (count) => {
      const record = sampleBlock({ previousSequence: 100, lastSequence: 110 }, LARGE);
      for (const document of documentsOf(record).slice(0, count)) {
        await connection.collection('blocks').insertOne(document);
      }
      expect(await reader.blocks(SECURITY, 1, { afterSequence: 0 })).toEqual([]);
      expect(await writer.write([shipment([record])])).toEqual(new Map());
      const [block] = await reader.blocks(SECURITY, 1, { afterSequence: 0 });
      expect(Buffer.compare((await block?.load())?.body ?? Buffer.alloc(0), LARGE)).toBe(0);
    },
    180_000,
  );

  test('a write that is interrupted within a large body leaves nothing visible', async () => {
    const server = new URL(location.uri);
    const proxy = await startTcpProxy({ host: server.hostname, port: Number(server.port) });
    undo.push(() => proxy.close());
    const uri = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
    const cut = new MongoConnection({ ...location, uri }, createSystemClock());
    undo.push(() => cut.close());
    const record = sampleImage({ lastSequence: 100 }, LARGE);
    const writing = new MongoWriter(cut).write([shipment([record])]);
    const outcome = writing.then(
      () => null,
      (error: unknown) => error,
    );
    // The first message has the later parts, 12 MB of the 20.
    await until('the second message', () => proxy.bytes.up > 13_000_000);
    proxy.mode = 'cut';
    expect(await outcome).toBeInstanceOf(ArchiveUnavailableError);
    expect(await foundBy()).toEqual(Array(7).fill(null));
    expect(await writer.write([shipment([record])])).toEqual(new Map());
    expect((await foundBy()).every(Boolean)).toBe(true);
  }, 180_000);

  test('a body with a missing part, or with another record’s part, counts as damaged', async () => {
    const record = sampleImage({ lastSequence: 100 }, LARGE);
    await writer.write([shipment([record])]);
    const parts = connection.collection('base_images');
    const id = 'binance:BTCUSDT/0000000001/0000000000000100/0001';
    await parts.updateOne({ _id: id }, { $set: { body: Buffer.from('of another record') } });
    const ref = await reader.segmentStart(SECURITY, 0);
    await expect(ref?.load()).rejects.toMatchObject({ code: 'record-corrupt' });
    await parts.deleteOne({ _id: id });
    await expect(ref?.load()).rejects.toMatchObject({ code: 'record-corrupt' });
  }, 180_000);

  const COMMON = {
    _id: 'String',
    security: 'String',
    exchange: 'String',
    symbol: 'String',
    level: 'String',
    feed: 'String',
    proof: 'String',
    epoch: 'Long',
    from: 'Date',
    to: 'Date',
    fromUs: 'Long',
    toUs: 'Long',
    exchangeFromUs: 'Long',
    exchangeToUs: 'Long',
    previousSequence: 'Long',
    firstSequence: 'Long',
    lastSequence: 'Long',
    encoding: 'String',
    checksum: 'String',
    bytes: 'Int32',
    part: 'Int32',
    parts: 'Int32',
    writer: 'String',
    body: 'Binary',
  };
  const BLOCK = { diffs: 'Int32', trades: 'Int32' };

  /** Each field's BSON type. */
  const typesOf = (document: Document): Record<string, string> =>
    Object.fromEntries(
      Object.entries(document).map(([name, value]) => [
        name,
        value === null ? 'Null' : (value._bsontype ?? value.constructor.name),
      ]),
    );

  test.each([
    ['an L2 image', sampleImage({ lastSequence: 7 }), { levels: 'Int32', reason: 'String' }],
    [
      'an L3 image',
      sampleImage({ lastSequence: 7, level: 'L3', feed: 'full' }),
      { orders: 'Int32', reason: 'String' },
    ],
    [
      'an L2 block',
      sampleBlock({ previousSequence: 7, lastSequence: 9 }),
      { ...BLOCK, levelChanges: 'Int32' },
    ],
    [
      'an L3 block',
      sampleBlock({ previousSequence: 7, lastSequence: 9, level: 'L3', feed: 'full' }),
      { ...BLOCK, orderEvents: 'Int32' },
    ],
  ])('every field of %s has the type that the contract says', async (_what, record, own) => {
    await writer.write([shipment([record])]);
    const collection = record.header.kind === 'image' ? 'base_images' : 'blocks';
    const sequence = record.header.kind === 'image' ? 7 : 8;
    const id = `binance:BTCUSDT/0000000001/${String(sequence).padStart(16, '0')}`;
    const document = await raw(collection, id);
    expect(typesOf(document)).toEqual({ ...COMMON, ...own });
    expect(document).toMatchObject({ exchange: 'binance', symbol: 'BTCUSDT' });
    expect(document['from']).toEqual(new Date(record.header.fromUs / 1000));
    expect(document['fromUs']).toEqual(Long.fromNumber(record.header.fromUs));
  });

  test('without sequences of the exchange the fields are null, and our count is in the id', async () => {
    const unnumbered = { proof: 'connection', feed: 'level2_batch', security: OTHER } as const;
    const record = sampleBlock({ previousSequence: 41, lastSequence: 50, ...unnumbered });
    await writer.write([shipment([record])]);
    const document = await raw('blocks', `${OTHER}/0000000001/0000000000000042`);
    const nulls = { previousSequence: 'Null', firstSequence: 'Null', lastSequence: 'Null' };
    expect(typesOf(document)).toMatchObject(nulls);
    const [ref] = await reader.blocks(OTHER, 1, { afterSequence: 41 });
    expect((await ref?.load())?.header).toEqual(record.header);
  });

  test('the largest numbers and negative exchange times are read back exactly', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const {
      checksum: _checksum,
      bytes: _bytes,
      ...header
    } = sampleImage({
      lastSequence: most,
      toUs: 9_000_000_000_000_000,
    }).header;
    const record = sealRecord(
      { ...header, exchangeFromUs: -5, epoch: 4_000_000_000 },
      LARGE.subarray(0, 9),
    );
    await writer.write([shipment([record])]);
    const ref = await reader.imageAt(SECURITY, { sequence: most });
    expect((await ref?.load())?.header).toEqual(record.header);
  });

  test('gaps and securities are readable in a shell too', async () => {
    const gap = {
      security: SECURITY,
      epoch: 2,
      fromUs: 120_000,
      toUs: 200_000,
      cause: 'connection',
      firstMissing: 121,
      lastMissing: null,
    } as const;
    await writer.write([shipment([], { gaps: [gap] })]);
    expect(typesOf(await raw('gaps', 'binance:BTCUSDT/0000000002/gap'))).toEqual({
      _id: 'String',
      security: 'String',
      exchange: 'String',
      symbol: 'String',
      epoch: 'Long',
      from: 'Date',
      to: 'Date',
      fromUs: 'Long',
      toUs: 'Long',
      cause: 'String',
      firstMissing: 'Long',
      lastMissing: 'Null',
      checksum: 'String',
    });
    const totals = { images: 1, blocks: 2, gaps: 0, storedBytes: 5, lastImageUs: 9 };
    const state = { security: SECURITY, wanted: true, feed: 'depth' };
    await writer.writeSecurities([{ state, totals, end: null }]);
    expect(typesOf(await raw('securities', SECURITY))).toMatchObject({
      _id: 'String',
      exchange: 'String',
      symbol: 'String',
      wanted: 'Boolean',
      feed: 'String',
    });
    const openGap = { epoch: 1, fromUs: 7, cause: 'removed', firstMissing: null } as const;
    const end = { mark: { epoch: 1, us: 6 }, openGap };
    await writer.writeSecurities([{ state, totals, end }]);
    const { mark, openGap: shown } = await raw('securities', SECURITY);
    expect(typesOf(mark)).toEqual({ epoch: 'Long', us: 'Long', at: 'Date' });
    expect(typesOf(shown)).toMatchObject({ epoch: 'Long', fromUs: 'Long', from: 'Date' });
    expect(await reader.totals(SECURITY)).toEqual(totals);
  });

  test('a tail never covers more than its records, even if more arrive meanwhile', async () => {
    const totals = { images: 1, blocks: 1, gaps: 0, storedBytes: 5, lastImageUs: 9 };
    const state = { security: SECURITY, wanted: true, feed: 'depth' };
    await writer.write([shipment([sampleImage({ lastSequence: 100 })])]);
    const mark = (us: number): Promise<void> =>
      writer.writeSecurities([{ state, totals, end: { mark: { epoch: 1, us }, openGap: null } }]);
    await mark(101_000);
    let finds = 0;
    // Between the first and the second find a block arrives, with its security document.
    const within = connection.within.bind(connection);
    connection.within = async (what, call, deadlineMs) => {
      if (what.startsWith('find') && ++finds === 2) {
        const block = sampleBlock({ previousSequence: 100, lastSequence: 110 });
        connection.within = within;
        await writer.write([shipment([block])]);
        await mark(115_000);
      }
      return within(what, call, deadlineMs);
    };
    const tail = await reader.tail(SECURITY);
    expect(tail).toMatchObject({ epoch: 1, lastSequence: 110, aliveUntilUs: 101_000 });
  });

  test('creating indexes is idempotent', async () => {
    await writer.prepare();
    const client = new MongoClient(location.uri);
    undo.push(() => client.close());
    for (const name of ['base_images', 'blocks']) {
      const indexes = await client.db(location.database).collection(name).indexes();
      expect(indexes.map(({ key }) => key)).toContainEqual({ security: 1, fromUs: 1 });
    }
  });
});
