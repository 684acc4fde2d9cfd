/** Puts an archive in MongoDB together: for whoever reads, and for a logger with its spool. */

import { ConfigError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { within } from '../../runtime/timing.ts';
import type { ArchiveReader } from '../archive.ts';
import type { CopyTarget } from '../transfer/copy.ts';
import { storeTarget } from '../transfer/copy-targets.ts';
import { Replicator } from '../transfer/replicator.ts';
import type { Spool } from '../transfer/spool.ts';
import { SpooledArchive } from '../transfer/spooled-archive.ts';
import { StoreEvents } from '../transfer/store-events.ts';
import type { StoreListener } from '../transfer/store-events.ts';
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
   * Starts replication and leases, and waits up to `timeoutMs` for the server's first answer.
   * @throws ConfigError if that answer means that the server can never be used.
   */
  start(listener: StoreListener, timeoutMs: number): Promise<void>;
  /** Replicates what it can in that time; the rest is safe in the spool. */
  stop(timeoutMs: number): Promise<void>;
}

/** Nothing here waits for the server: it may be away. */
export function openMongoArchive(parts: MongoArchiveParts): MongoArchive {
  const { spool, clock, random, log, onFatal } = parts;
  const connection = new MongoConnection(parts.location, clock);
  const store = new MongoReader(connection);
  const events = new StoreEvents();
  const replicator = new Replicator({
    spool,
    store: new MongoWriter(connection),
    clock,
    random,
    log,
    onContact: async () => {
      await seedSpool(spool, store);
      events.onSeeded();
    },
    spoolMaxBytes: parts.spoolMaxBytes,
    onDropped: (security) => events.onDropped(security),
    onImageNeeded: (security) => events.onImageNeeded(security),
    onConflict: (security, error) => events.onConflict(security, error),
    onFatal,
  });
  const leases = new Leases({
    connection,
    owner: parts.owner,
    clock,
    log,
    isReachable: () => replicator.status().isReachable,
    onLost: (security, holder) => events.onLeaseLost(security, holder),
    onFatal,
  });
  return {
    archive: new SpooledArchive(spool, store, () => replicator.poke()),
    replicator,
    leases,
    expiring: new MongoExpiry({ connection, reader: store, spool }),
    shown: `mongodb://${parts.location.shown}/${parts.location.database}`,
    start: async (listener, timeoutMs) => {
      events.listen(listener);
      replicator.start();
      leases.start();
      const trouble = await within(clock, timeoutMs, replicator.firstAttempt, () => null);
      if (trouble instanceof ConfigError) throw trouble;
    },
    stop: async (timeoutMs) => {
      await replicator.stop(timeoutMs);
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
