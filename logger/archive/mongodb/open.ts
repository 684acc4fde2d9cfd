/** Assembles an archive in MongoDB: for reading, as the target of a copy, and with a logger's spool. */

import { ConfigError } from '../../errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { within } from '../../runtime/timing.ts';
import type { ArchiveReader } from '../archive.ts';
import { LeaseKeeper } from '../lease-keeper.ts';
import type { LeaseOwner } from '../leases.ts';
import type { Spool } from '../spool.ts';
import type { CopyTarget } from '../transfer/copy-types.ts';
import { Replicator } from '../transfer/replicator.ts';
import { SpooledArchive } from '../transfer/spooled-archive.ts';
import { StoreEvents } from '../transfer/store-events.ts';
import type { StoreListener } from '../transfer/store-events.ts';
import { MongoConnection } from './connection.ts';
import { MongoLeaseStore } from './lease-store.ts';
import type { MongoLocation } from './location.ts';
import { MongoPruner } from './mongo-prune.ts';
import { MongoReader } from './mongo-reader.ts';
import { MongoWriter } from './mongo-writer.ts';

/** Reads beside any writer. @throws ArchiveUnavailableError if the server does not answer. */
export async function openMongoReader(
  location: MongoLocation,
  clock: Clock,
): Promise<ArchiveReader> {
  const connection = new MongoConnection(location, clock, { isReader: true });
  try {
    await connection.ping();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return new MongoReader(connection);
}

/** Writes records beside any logger. @throws as `openMongoReader`; ConfigError. */
export async function openMongoTarget(location: MongoLocation, clock: Clock): Promise<CopyTarget> {
  const connection = new MongoConnection(location, clock);
  const writer = new MongoWriter(connection);
  try {
    await writer.prepare();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return { archive: new MongoReader(connection), writer, close: () => connection.close() };
}

export interface MongoArchiveDeps {
  readonly location: MongoLocation;
  readonly spool: Spool;
  readonly owner: LeaseOwner;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly spoolMaxBytes: number;
  readonly onFatal: (error: unknown) => void;
}

export interface MongoArchive {
  readonly archive: SpooledArchive;
  readonly replicator: Replicator;
  readonly leases: LeaseKeeper;
  readonly pruner: MongoPruner;
  /** Hosts and database, for logs. */
  readonly shown: string;
  /**
   * Starts replication and leases, and waits up to the timeout for the server's first reply.
   * @throws ConfigError if the reply is an error that retrying cannot fix.
   */
  start(listener: StoreListener, timeoutMs: number): Promise<void>;
  /** Replicates what the timeout allows; everything is safe in the spool in any case. */
  stop(timeoutMs: number): Promise<void>;
}

/** Does not wait for the server, which may be unreachable. */
export function openMongoArchive(deps: MongoArchiveDeps): MongoArchive {
  const { spool, clock, random, log, onFatal } = deps;
  const connection = new MongoConnection(deps.location, clock);
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
    spoolMaxBytes: deps.spoolMaxBytes,
    listener: events,
    onFatal,
  });
  const leases = new LeaseKeeper({
    store: new MongoLeaseStore(connection),
    owner: deps.owner,
    clock,
    log,
    isReachable: () => replicator.status().isReachable,
    onLeaseLost: (security, holder) => events.onLeaseLost(security, holder),
    onFatal,
  });
  return {
    archive: new SpooledArchive(spool, store, () => replicator.poke(), store.snapshots),
    replicator,
    leases,
    pruner: new MongoPruner({ connection, reader: store, spool }),
    shown: `mongodb://${deps.location.shown}/${deps.location.database}`,
    start: async (listener, timeoutMs) => {
      events.listen(listener);
      replicator.start();
      leases.start();
      const failure = await within(clock, timeoutMs, replicator.firstAttempt, () => null);
      if (failure instanceof ConfigError) throw failure;
    },
    stop: async (timeoutMs) => {
      await replicator.stop(timeoutMs);
      await leases.stop();
    },
  };
}

/** Lets a new or restored data directory continue where the store ends. */
async function seedSpool(spool: Spool, store: ArchiveReader): Promise<void> {
  const known = new Set((await spool.securities()).map(({ security }) => security));
  for (const state of await store.securities()) {
    if (known.has(state.security)) continue;
    const tail = await store.tail(state.security);
    await spool.seed(state, tail, await store.totals(state.security));
  }
}
