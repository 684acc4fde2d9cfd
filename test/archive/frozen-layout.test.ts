/**
 * Pins layout 2 on disk, and layout 1 in MongoDB. Where one fails, archives written until now would be
 * read or continued wrongly. Never rewrite the fixtures; a new layout gets a new version and fixtures of
 * its own. What layout 1 on disk left behind is read in `journal.test.ts`.
 */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { LeaseKeeper } from '../../logger/archive/lease-keeper.ts';
import { MongoConnection } from '../../logger/archive/mongodb/connection.ts';
import { MongoLeaseStore } from '../../logger/archive/mongodb/lease-store.ts';
import { MongoWriter } from '../../logger/archive/mongodb/mongo-writer.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { freshDatabase } from '../support/mongodb.ts';
import { silentLog } from '../support/silent-log.ts';
import {
  GAP,
  GAP_WITHIN,
  ORDERS,
  RECORDS,
  STATES,
  embeddedDump,
  mongoDump,
} from './frozen-layout.ts';
import { SECURITY } from './sample-records.ts';
import { mongodb, needs } from '../support/requirements.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'archive');
const undo: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

function frozen(name: string): string {
  return readFileSync(join(FIXTURES, name), 'utf8');
}

test('the tables of an embedded archive hold the bytes of layout 2', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'layout-'));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  expect(await embeddedDump(directory)).toBe(frozen('embedded-2.txt'));
});

describe('MongoDB', needs(mongodb), () => {
  test('documents and indexes are those of the first release', async () => {
    const location = freshDatabase();
    const connection = new MongoConnection(location, createSystemClock());
    undo.push(() => connection.close());
    const writer = new MongoWriter(connection);
    await writer.prepare();
    const { ordersImage, ordersBlock, ...own } = RECORDS;
    await writer.write([
      {
        security: SECURITY,
        gaps: [GAP, GAP_WITHIN],
        images: [own.firstImage, own.image, own.secondSegment],
        blocks: [own.firstBlock, own.block, own.secondBlock],
        damaged: [],
      },
      { security: ORDERS, gaps: [], images: [ordersImage], blocks: [ordersBlock], damaged: [] },
    ]);
    const totals = { images: 3, blocks: 3, gaps: 2, storedBytes: 9_000_000, lastImageUs: 200_000 };
    const openGap = { epoch: 1, fromUs: 9_500, cause: 'restart', firstMissing: null } as const;
    await writer.writeSecurities([
      { state: STATES[0]!, totals, end: null },
      {
        state: STATES[1]!,
        totals: { ...totals, gaps: 0, lastImageUs: null },
        end: { mark: { epoch: 1, us: 9_400 }, openGap },
      },
    ]);
    const leases = new LeaseKeeper({
      store: new MongoLeaseStore(connection),
      owner: { id: 'an id of a directory', name: 'paris' },
      clock: new ManualClock(),
      log: silentLog,
      isReachable: () => true,
      onLeaseLost: () => undefined,
      onFatal: (error) => {
        throw error;
      },
    });
    await leases.claim(SECURITY);
    expect(await mongoDump(location)).toBe(frozen('mongodb-1.txt'));
  });
});
