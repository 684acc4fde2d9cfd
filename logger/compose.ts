/** The object graph: the one file that knows every folder. Only the entry and tests import it. */

import { resolve } from 'node:path';
import type { Archive } from './archive/archive.ts';
import { makeDirectory } from './archive/directory.ts';
import { openSpool } from './archive/embedded-archive.ts';
import { mongoLocation } from './archive/mongodb/location.ts';
import { openMongoArchive } from './archive/mongodb/open.ts';
import type { MongoArchive } from './archive/mongodb/open.ts';
import type { Spool } from './archive/spool.ts';
import type { Config } from './config/load.ts';
import { createBinance } from './exchange/binance/binance-exchange.ts';
import { createCoinbase } from './exchange/coinbase/coinbase-exchange.ts';
import type { Exchange } from './exchange/exchange.ts';
import type { Transport } from './exchange/transport.ts';
import { ArchiveInUseError, ConfigError, InvalidArgumentError, describeError } from './errors.ts';
import { startManager } from './manager/server.ts';
import { createReader } from './reader/create-reader.ts';
import type { Reader } from './reader/reader.ts';
import { DEFAULT_LIMITS } from './recorder/limits.ts';
import type { RecorderLimits } from './recorder/limits.ts';
import { RecorderRegistry } from './recorder/registry.ts';
import { WriteQueue } from './recorder/write-queue.ts';
import { readIdentity } from './service/identity.ts';
import type { Log } from './service/log.ts';
import { createNetwork } from './service/network.ts';
import { watchProcess } from './service/process-status.ts';
import type { Random } from './service/random.ts';
import { createSystemClock } from './service/system-clock.ts';
import type { SystemClock } from './service/system-clock.ts';
import { systemRandom } from './service/system-random.ts';

/** What a test or a simulation may bring of its own. */
export interface LoggerParts {
  readonly log: Log;
  readonly version: string;
  /** Something that can't be: record nothing more, end the process. */
  readonly onFatal: (error: unknown) => void;
  /** The manager asked for an orderly stop. */
  readonly onTerminate: () => void;
  readonly clock?: SystemClock;
  readonly random?: Random;
  readonly transport?: Transport;
  readonly limits?: Partial<RecorderLimits>;
}

export interface Logger {
  /** The manager port that was bound. */
  readonly port: number;
  readonly registry: RecorderRegistry;
  readonly reader: Reader;
  /** Reads the manager's keys and certificates again; see `ManagerPort.reload`. */
  reload(): boolean;
  /** Writes everything out and lets go of everything. */
  stop(): Promise<void>;
}

/** How long open calls of the manager may take to end. */
const MANAGER_GRACE_MS = 2000;
/** How long a start waits for MongoDB's first answer; recording begins without it, too. */
const STORE_PATIENCE_MS = 3000;
/** How long a stop goes on shipping; what is left waits in the spool for the next start. */
const STORE_GRACE_MS = 4000;

/** @throws ConfigError (exit code 78), others (exit code 1). */
export async function composeLogger(config: Config, parts: LoggerParts): Promise<Logger> {
  const { log, version, onFatal, onTerminate } = parts;
  const clock = parts.clock ?? createSystemClock();
  clock.onStep = (milliseconds) =>
    log.warning('The clock of this machine was set', { milliseconds });
  const spool = await openDataDirectory(config, log);
  const limits = { ...DEFAULT_LIMITS, ...parts.limits };
  const random = parts.random ?? systemRandom;
  const mongo =
    config.mongodb &&
    openMongo(config.mongodb, config.dataDirectory, {
      spool,
      clock,
      random,
      log,
      onFatal,
      onConflict: (security, error) => registry.refuse(security, error),
      onLost: (security, holder) => {
        registry.yieldTo(security, holder).catch(onFatal);
      },
      onSeeded: () => {
        if (isStarted) registry.startStored().catch(onFatal);
      },
    });
  const archive: Archive = mongo?.archive ?? spool;
  let isStarted = false;
  const transport = parts.transport ?? createNetwork(clock);
  const exchanges = createExchanges(config, { log, clock, random, transport });
  const processWatch = watchProcess();
  const queue = new WriteQueue({ archive, clock, log, limits, onFatal });
  const registry = new RecorderRegistry({
    archive,
    queue,
    clock,
    random,
    log,
    limits,
    imageIntervalMs: config.baseImageIntervalS * 1000,
    writer: `orderbook-logger ${version}`,
    onFatal,
    exchanges,
    version,
    processStatus: () => processWatch.figures(),
    onTerminate,
    ...(mongo && {
      owners: mongo.owners,
      store: () => mongo.shipper.status(),
      nextEpoch: epochByTime,
    }),
  });
  const reader = createReader(archive, { liveGap: (security) => registry.gapNow(security) });
  const release = async (): Promise<void> => {
    await Promise.all([...exchanges.values()].map((exchange) => exchange.close()));
    processWatch.stop();
    await archive.close();
  };
  try {
    const manager = await startManager({
      host: config.managerHost,
      port: config.managerPort,
      access: config.managerAccess,
      readAccess: config.readManagerAccess,
      control: registry,
      reader,
      version,
      clock,
      log,
    });
    try {
      await mongo?.start(STORE_PATIENCE_MS);
      await startAfterRecords(clock, spool, log);
      isStarted = true;
      await registry.start(config.securities);
    } catch (error) {
      await manager.close(0);
      // Only the settings' securities are parsed there.
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new ConfigError(describeError(error), { cause: error });
    }
    return {
      port: manager.port,
      registry,
      reader,
      reload: () => manager.reload(),
      stop: async () => {
        await registry.stop();
        await mongo?.stop(STORE_GRACE_MS);
        await manager.close(MANAGER_GRACE_MS);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function openDataDirectory(config: Config, log: Log): Promise<Spool> {
  try {
    makeDirectory(resolve(config.dataDirectory));
  } catch (error) {
    throw new ConfigError(
      `DATA_DIR ${JSON.stringify(config.dataDirectory)} can't be used: ${describeError(error)}`,
      { cause: error },
    );
  }
  try {
    return await openSpool({ directory: config.dataDirectory, log });
  } catch (error) {
    if (!(error instanceof ArchiveInUseError)) throw error;
    throw new ConfigError(
      `DATA_DIR ${JSON.stringify(config.dataDirectory)} is in use by another logger: give each one a directory of its own`,
      { cause: error },
    );
  }
}

function openMongo(
  { endpoint, database }: NonNullable<Config['mongodb']>,
  directory: string,
  parts: Omit<Parameters<typeof openMongoArchive>[0], 'location' | 'owner'>,
): MongoArchive {
  try {
    const location = mongoLocation(endpoint, database);
    return openMongoArchive({ ...parts, location, owner: readIdentity(directory) });
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new ConfigError(`MONGODB_ENDPOINT is not valid: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/**
 * Chains of all loggers that share a store stand in the order of their beginnings, without anybody
 * having to ask the others for a number.
 */
function epochByTime(lastEpoch: number, provenUs: number): number {
  return Math.max(lastEpoch + 1, Math.floor(provenUs / 1_000_000));
}

/** Receive times go on where the records end, even if the machine's clock was set back meanwhile. */
async function startAfterRecords(clock: SystemClock, archive: Archive, log: Log): Promise<void> {
  let latestUs = 0;
  for (const { security } of await archive.securities()) {
    const { lastUs } = await archive.tail(security);
    latestUs = Math.max(latestUs, lastUs ?? 0);
  }
  const aheadUs = latestUs - clock.nowUs();
  if (aheadUs > 1_000_000) {
    log.warning('The archive ends after what this machine takes for now: its clock was set back', {
      seconds: Math.round(aheadUs / 1e6),
    });
  }
  clock.notBefore(latestUs + 1);
}

/** Adding an exchange is a folder and a line here. */
function createExchanges(
  config: Config,
  parts: {
    readonly log: Log;
    readonly clock: SystemClock;
    readonly random: Random;
    readonly transport: Transport;
  },
): ReadonlyMap<string, Exchange> {
  const { staleAfterMs, coinbase } = config;
  const all = [
    createBinance({
      wsUrl: config.binanceWsUrl,
      restUrl: config.binanceRestUrl,
      updateFrequencyMs: config.updateFrequencyMs,
      staleAfterMs,
      ...parts,
    }),
    createCoinbase({
      wsUrl: config.coinbaseWsUrl,
      restUrl: config.coinbaseRestUrl,
      staleAfterMs,
      ...coinbase,
      ...parts,
    }),
  ];
  return new Map(all.map((exchange) => [exchange.name, exchange]));
}
