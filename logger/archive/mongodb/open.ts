/** Puts an archive in MongoDB together: for whoever reads, and for a logger with its spool. */

import { ConfigError } from '../../errors.ts';
import type { DuplicateRecordError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { ArchiveReader } from '../archive.ts';
import type { CopyTarget } from '../transfer/copy.ts';
import { storeTarget } from '../transfer/copy-targets.ts';
import { Replicator } from '../transfer/replicator.ts';
import type { Spool } from '../transfer/spool.ts';
import { SpooledArchive } from '../transfer/spooled-archive.ts';
import { MongoConnection } from './connection.ts';
import type { MongoLocation } from './location.ts';
import { MongoExpiry } from './mongo-expiry.ts';
import { MongoReader } from './mongo-reader.ts';
import { MongoWriter } from './mongo-writer.ts';
import { Leases } from './leases.ts';
import type { Owner } from './leases.ts';

/** Reads what is there, beside any writer. @throws ArchiveUnavailableError where nobody answers. */
export async function openMongoReader(
  location: MongoLocation,
  clock: Clock,
): Promise<ArchiveReader> {
  const connection = new MongoConnection(location, clock);
  try {
    await connection.ping();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return new MongoReader(connection);
}

/** Writes records beside any logger; see `copy.ts`. @throws as `openMongoReader`; ConfigError. */
export async function openMongoTarget(location: MongoLocation, clock: Clock): Promise<CopyTarget> {
  const connection = new MongoConnection(location, clock);
  const writer = new MongoWriter(connection);
  try {
    await writer.prepare();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return storeTarget(new MongoReader(connection), writer);
}

export interface MongoArchiveParts {
  readonly location: MongoLocation;
  readonly spool: Spool;
  readonly owner: Owner;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly spoolMaxBytes: number;
  readonly onDropped: (security: string) => void;
  readonly onImageNeeded: (security: string) => void;
  readonly onConflict: (security: string, error: DuplicateRecordError) => void;
  readonly onLost: (security: string, holder: string) => void;
  /** Securities that the store knows and this logger did not. */
  readonly onSeeded: () => void;
  readonly onFatal: (error: unknown) => void;
}

export interface MongoArchive {
  readonly archive: SpooledArchive;
  readonly replicator: Replicator;
  readonly leases: Leases;
  readonly expiring: MongoExpiry;
  /** Hosts and database, for logs. */
  readonly shown: string;
  /**
   * Begins, and waits for the first answer of the server, but no longer than a start may take.
   * @throws ConfigError where the answer is that it will never do.
   */
  start(patienceMs: number): Promise<void>;
  /** Ships what can be shipped in that time. Everything is safe in the spool in any case. */
  stop(patienceMs: number): Promise<void>;
}

/** Nothing here waits for the server: it may be away. */
export function openMongoArchive(parts: MongoArchiveParts): MongoArchive {
  const { spool, clock, random, log, onFatal } = parts;
  const connection = new MongoConnection(parts.location, clock);
  const store = new MongoReader(connection);
  const replicator = new Replicator({
    spool,
    store: new MongoWriter(connection),
    clock,
    random,
    log,
    onContact: async () => {
      await seedSpool(spool, store);
      parts.onSeeded();
    },
    spoolMaxBytes: parts.spoolMaxBytes,
    onDropped: parts.onDropped,
    onImageNeeded: parts.onImageNeeded,
    onConflict: parts.onConflict,
    onFatal,
  });
  const leases = new Leases({
    connection,
    owner: parts.owner,
    clock,
    log,
    isReachable: () => replicator.status().isReachable,
    onLost: parts.onLost,
    onFatal,
  });
  return {
    archive: new SpooledArchive(spool, store, () => replicator.poke()),
    replicator,
    leases,
    expiring: new MongoExpiry({ connection, reader: store, spool }),
    shown: `mongodb://${parts.location.shown}/${parts.location.database}`,
    start: async (patienceMs) => {
      replicator.start();
      leases.start();
      const late = new Promise<null>((resolve) => {
        clock.schedule(patienceMs, () => resolve(null));
      });
      const trouble = await Promise.race([replicator.firstAttempt, late]);
      if (trouble instanceof ConfigError) throw trouble;
    },
    stop: async (patienceMs) => {
      await replicator.stop(patienceMs);
      await leases.stop();
    },
  };
}

/** A data directory that is new, or was away, goes on where the store is. */
async function seedSpool(spool: Spool, store: ArchiveReader): Promise<void> {
  const known = new Set((await spool.securities()).map(({ security }) => security));
  for (const state of await store.securities()) {
    if (known.has(state.security)) continue;
    const tail = await store.tail(state.security);
    await spool.seed(state, tail, await store.totals(state.security));
  }
}
