/** MongoDB behind a spool: the contract of all archives, wherever the records are at the moment. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Archive, Write } from '../../logger/archive/archive.ts';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import { MongoConnection } from '../../logger/archive/mongodb/connection.ts';
import { MongoPruner } from '../../logger/archive/mongodb/mongo-prune.ts';
import { MongoReader } from '../../logger/archive/mongodb/mongo-reader.ts';
import { MongoWriter } from '../../logger/archive/mongodb/mongo-writer.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import { SpooledArchive } from '../../logger/archive/transfer/spooled-archive.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { freshDatabase } from '../support/mongodb.ts';
import { mongodb, needs } from '../support/requirements.ts';
import { scaled } from '../support/scaled.ts';
import { archiveContract } from './contract.ts';
import { pruneAll } from './archive-under-test.ts';
import type { ArchiveUnderTest } from './archive-under-test.ts';

/** Replicates everything that is pending, then the security documents. */
async function shipAll(spool: Spool, writer: MongoWriter): Promise<void> {
  for (;;) {
    const shipments = await spool.pending(1_000_000, new Set());
    if (shipments.length === 0) break;
    await writer.write(shipments);
    await spool.release(shipments);
  }
  await writer.writeSecurities(await spool.securityDocuments());
  const candles = await spool.candles.pending(1000);
  await writer.candles.put(candles);
  await spool.candles.release(candles);
}

/** @param isReplicated decides after each commit whether everything is replicated. */
async function openUnder(isReplicated: (commit: number) => boolean): Promise<ArchiveUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'archive-'));
  const location = freshDatabase();
  const clock = createSystemClock();
  const open: Archive[] = [];
  let prune: ArchiveUnderTest['prune'] = async () => undefined;
  const opened = async (readOnly: boolean): Promise<Archive> => {
    const spool = await openSpool({ directory, readOnly });
    const connection = new MongoConnection(location, clock);
    const archive = new SpooledArchive(spool, new MongoReader(connection));
    const writer = new MongoWriter(connection);
    if (!readOnly) await writer.prepare();
    let commits = 0;
    let shipping = Promise.resolve();
    const commit = archive.commit.bind(archive);
    archive.commit = async (writes) => {
      await commit(writes);
      // One replication at a time, as in a logger.
      if (isReplicated(commits++)) await (shipping = shipping.then(() => shipAll(spool, writer)));
    };
    const put = archive.candles.put.bind(archive.candles);
    archive.candles.put = async (batch) => {
      await put(batch);
      if (isReplicated(commits++)) await (shipping = shipping.then(() => shipAll(spool, writer)));
    };
    prune = async (state, beforeUs) => {
      await shipAll(spool, writer);
      const reader = new MongoReader(connection);
      await pruneAll(new MongoPruner({ connection, reader, spool }), state, beforeUs);
    };
    open.push(archive);
    return archive;
  };
  const archive = await opened(false);
  return {
    archive,
    prune: (state, beforeUs) => prune(state, beforeUs),
    openReader: () => opened(true),
    reopen: async () => {
      await archive.close();
      return opened(false);
    },
    dispose: async () => {
      for (const each of open) await each.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Only the database, as `--archive mongodb://…` reads it: commits are written directly. */
async function openStore(): Promise<ArchiveUnderTest> {
  const connection = new MongoConnection(freshDatabase(), createSystemClock());
  const writer = new MongoWriter(connection);
  await writer.prepare();
  const commit = async (writes: readonly Write[]): Promise<void> => {
    // One by one, because a batch has an order of its own.
    for (const write of writes) {
      const nothing = { gaps: [], images: [], blocks: [], damaged: [] };
      if (write.type === 'image' || write.type === 'block') {
        const { record } = write;
        const { security } = record.header;
        await writer.write([{ ...nothing, security, [`${write.type}s`]: [record] }]);
      } else if (write.type === 'gap') {
        const { record } = write;
        await writer.write([{ ...nothing, security: record.security, gaps: [record] }]);
      }
    }
  };
  const archive = Object.assign(new MongoReader(connection), { commit });
  return {
    archive,
    prune: async ({ security, wanted }, beforeUs) => {
      await archive.candles.prune(security, beforeUs, !wanted);
    },
    openReader: async () => archive,
    reopen: async () => archive,
    dispose: () => archive.close(),
  };
}

const isEven = (commit: number): boolean => commit % 2 === 0;
type Contract = Parameters<typeof archiveContract>;
const MIXED: Contract = [
  'MongoDB, every other commit replicated',
  () => openUnder(isEven),
  { forgets: true },
];
const ALONE: Contract = ['MongoDB alone', openStore, { looksUp: true }];
const UNMIXED: readonly Contract[] = [
  ['MongoDB, all in the spool', () => openUnder(() => false)],
  ['MongoDB, all replicated', () => openUnder(() => true), { forgets: true }],
];

describe('MongoDB', needs(mongodb), () => {
  // The first two read from spool and store, together and alone.
  for (const contract of [MIXED, ALONE, ...scaled({ fast: [], full: UNMIXED })]) {
    archiveContract(...contract);
  }
});
