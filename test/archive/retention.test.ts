/** Retention: old records are deleted, but for the image from which newer books are rebuilt. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ArchiveReader, Write } from '../../logger/archive/archive.ts';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import { MongoConnection } from '../../logger/archive/mongodb/connection.ts';
import { MongoPruner } from '../../logger/archive/mongodb/mongo-prune.ts';
import { MongoReader } from '../../logger/archive/mongodb/mongo-reader.ts';
import { MongoWriter } from '../../logger/archive/mongodb/mongo-writer.ts';
import { Retention } from '../../logger/archive/retention.ts';
import type { PrunableArchive } from '../../logger/archive/retention.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { freshDatabase } from '../support/mongodb.ts';
import { silentLog } from '../support/silent-log.ts';
import { SECURITY, sampleBlock, sampleImage } from './sample-records.ts';
import { mongodb, needs } from '../support/requirements.ts';

const STATE = { security: SECURITY, wanted: true, feed: 'depth' };

/** Sequences are milliseconds: images at 100, 200, 300; a gap; 400, 500; blocks of 10 between. */
function history(): Write[] {
  const writes: Write[] = [{ type: 'security', state: STATE }];
  for (const [epoch, from, to] of [
    [1, 100, 360],
    [2, 400, 600],
  ] as const) {
    if (epoch === 2) {
      const missing = { firstMissing: 361, lastMissing: 399 };
      const gap = { security: SECURITY, epoch, fromUs: 360_000, toUs: 400_000, ...missing };
      writes.push({ type: 'gap', record: { ...gap, cause: 'connection' } });
    }
    for (let sequence = from; sequence < to; sequence += 10) {
      const reason = sequence === from ? 'start' : 'interval';
      if (sequence % 100 === 0) {
        writes.push({
          type: 'image',
          record: sampleImage({ lastSequence: sequence, epoch, reason }),
        });
      }
      const range = { previousSequence: sequence, lastSequence: sequence + 10, epoch };
      writes.push({ type: 'block', record: sampleBlock(range) });
    }
  }
  return writes;
}

let directory: string;
let spool: Spool;
const clock = createSystemClock();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'retention-'));
  spool = await openSpool({ directory });
  await spool.commit(history());
});
afterEach(async () => {
  await spool.close();
  await rm(directory, { recursive: true, force: true });
});

async function expireAll(
  archive: PrunableArchive,
  beforeUs: number,
  wanted = true,
): Promise<number> {
  let count = 0;
  for (let some = 1; some > 0; count += some) {
    some = await archive.prune({ ...STATE, wanted }, beforeUs);
  }
  return count;
}

/** The first sequences of the remaining records. */
async function left(reader: ArchiveReader): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (const epoch of [1, 2]) {
    const images = await reader.images(SECURITY, epoch, 0);
    const blocks = await reader.blocks(SECURITY, epoch, { afterSequence: 0 });
    found[`images ${epoch}`] = images.map(({ header }) => header.lastSequence);
    found[`blocks ${epoch}`] = blocks.slice(0, 1).map(({ header }) => header.firstSequence);
  }
  return found;
}

const CASES: readonly (readonly [string, number, Record<string, number[]>])[] = [
  ['before the first image: nothing', 99, { 'images 1': [100, 200, 300], 'blocks 1': [101] }],
  ['at the first image: nothing', 100, { 'images 1': [100, 200, 300], 'blocks 1': [101] }],
  [
    'within the first hour of a segment: nothing',
    199,
    { 'images 1': [100, 200, 300], 'blocks 1': [101] },
  ],
  ['at an image: what lies before it', 200, { 'images 1': [200, 300], 'blocks 1': [201] }],
  ['at the last image of a segment', 399, { 'images 1': [300], 'blocks 1': [301] }],
  ['in the next segment: the one before it', 420, { 'images 1': [], 'blocks 1': [] }],
  ['in the next segment, later', 599, { 'images 2': [500], 'blocks 2': [501] }],
];

describe('the embedded archive', () => {
  test.each(CASES)('%s', async (_name, beforeMs, expected) => {
    await expireAll(spool, beforeMs * 1000);
    expect(await left(spool)).toMatchObject(expected);
  });

  test('keeps its totals correct', async () => {
    const before = await spool.totals(SECURITY);
    const deleted = await expireAll(spool, 420_000);
    const after = await spool.totals(SECURITY);
    expect(deleted).toBe(3 + 26);
    expect(after).toMatchObject({ images: before.images - 3, blocks: before.blocks - 26, gaps: 0 });
    expect(after.storedBytes).toBeLessThan(before.storedBytes);
    expect(await spool.size()).toMatchObject({ records: after.images + after.blocks });
    expect(await spool.gapBefore(SECURITY, 2)).toBeNull();
  });

  test('a security that is no longer recorded is deleted completely once all of it is old', async () => {
    expect(await expireAll(spool, 599_000, false)).toBeGreaterThan(0);
    expect(await left(spool)).toMatchObject({ 'images 2': [500] });
    await expireAll(spool, 700_000, false);
    expect(await left(spool)).toMatchObject({ 'images 2': [], 'blocks 2': [] });
    expect(await spool.totals(SECURITY)).toMatchObject({ images: 0, blocks: 0, storedBytes: 0 });
  });

  test('one pass covers all securities, and returns the number of deleted records', async () => {
    const onFatal = (error: unknown): void => {
      throw error;
    };
    const nowUs = (): number => 420_000 + 86_400_000_000 * 2;
    const parts = { archive: spool, days: 2, clock: { ...clock, nowUs }, log: silentLog, onFatal };
    expect(await new Retention(parts).run()).toBe(29);
  });
});

describe('MongoDB', needs(mongodb), () => {
  let connection: MongoConnection;
  let reader: MongoReader;

  beforeEach(async () => {
    connection = new MongoConnection(freshDatabase(), clock);
    reader = new MongoReader(connection);
    const writer = new MongoWriter(connection);
    for (;;) {
      const shipments = await spool.pending(1_000_000, new Set());
      if (shipments.length === 0) break;
      await writer.write(shipments);
      await spool.release(shipments);
    }
  });
  afterEach(() => connection.close());

  test.each(CASES)('%s', async (_name, beforeMs, expected) => {
    const expiring = new MongoPruner({ connection, reader, spool });
    await expireAll(expiring, beforeMs * 1000);
    expect(await left(reader)).toMatchObject(expected);
  });

  test('the count of pending records is not affected', async () => {
    await expireAll(new MongoPruner({ connection, reader, spool }), 420_000);
    expect(await spool.size()).toEqual({ records: 0, bytes: 0, securities: [] });
    expect(await spool.totals(SECURITY)).toMatchObject({ images: 2, blocks: 20, gaps: 0 });
    expect(await reader.gapBefore(SECURITY, 2)).toBeNull();
  });
});
