/** The object graph: the one file that knows every folder. Only the entry and tests import it. */

import { resolve } from 'node:path';
import type { Archive } from './archive/archive.ts';
import type { MongoArchive } from './archive/mongodb/open.ts';
import { Retention } from './archive/retention.ts';
import type { Spool } from './archive/spool.ts';
import { epochByTime, openDataDirectory, openMongo, startAfterRecords } from './compose-archive.ts';
import type { Config } from './config/load.ts';
import { createBinance } from './exchange/binance/binance-exchange.ts';
import { createCoinbase } from './exchange/coinbase/coinbase-exchange.ts';
import type { Exchange } from './exchange/exchange.ts';
import type { Transport } from './runtime/transport.ts';
import { ConfigError, InvalidArgumentError, describeError } from './errors.ts';
import { startManager } from './manager/server.ts';
import { startMetrics } from './metrics/server.ts';
import type { MetricsPort } from './metrics/server.ts';
import { createReader, createRebuild } from './reader/create-reader.ts';
import type { Reader } from './reader/reader.ts';
import { DEFAULT_LIMITS } from './recorder/limits.ts';
import type { RecorderLimits } from './recorder/limits.ts';
import { ReceiveTimes } from './recorder/receive-times.ts';
import { RecorderRegistry } from './recorder/registry.ts';
import { WriteQueue } from './recorder/write-queue.ts';
import type { Log } from './runtime/log.ts';
import { createNetwork } from './service/network.ts';
import { watchProcess } from './service/process-status.ts';
import type { Random } from './runtime/random.ts';
import type { Watched } from './service/service-manager.ts';
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

export interface Logger extends Watched {
  /** The manager port that was bound. */
  readonly port: number;
  /** The metrics port that was bound; null: metrics are off. */
  readonly metricsPort: number | null;
  /** Where records go for good, for people: a directory, or hosts and a database; no credentials. */
  readonly archive: string;
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
  const graph = await makeGraph(config, parts);
  const { clock, registry, queue, reader, spool, mongo } = graph;
  const { log, version } = parts;
  let metrics: MetricsPort | null = null;
  try {
    metrics =
      config.metrics &&
      (await startMetrics({ ...config.metrics, figures: () => registry.figures(), log }));
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
      graph.retention?.start();
      await startAfterRecords(clock, spool, log);
      graph.receiveTimes.start();
      await registry.start(config.securities);
    } catch (error) {
      await manager.close(0);
      await mongo?.stop(0);
      failStart(error);
    }
    return {
      port: manager.port,
      metricsPort: metrics?.port ?? null,
      archive: mongo?.shown ?? resolve(config.dataDirectory),
      registry,
      reader,
      ...watched(registry, queue),
      reload: () => manager.reload(),
      stop: async () => {
        graph.retention?.stop();
        await registry.stop();
        await mongo?.stop(STORE_GRACE_MS);
        await manager.close(MANAGER_GRACE_MS);
        await metrics?.close();
        await graph.release();
      },
    };
  } catch (error) {
    await metrics?.close();
    await graph.release();
    throw error;
  }
}

interface Graph {
  readonly clock: SystemClock;
  readonly spool: Spool;
  readonly mongo: MongoArchive | null;
  readonly queue: WriteQueue;
  readonly receiveTimes: ReceiveTimes;
  readonly registry: RecorderRegistry;
  readonly reader: Reader;
  /** null: nothing is deleted. */
  readonly retention: Retention | null;
  /** Lets go of connections and files. */
  release(): Promise<void>;
}

async function makeGraph(config: Config, parts: LoggerParts): Promise<Graph> {
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
      spoolMaxBytes: config.spoolMaxBytes,
      onDropped: (security) => registry.spoolDropped(security),
      onImageNeeded: (security) => registry.imageNow(security),
      onConflict: (security, error) => registry.refuse(security, error),
      onLeaseLost: (security, holder) => {
        registry.yieldTo(security, holder).catch(onFatal);
      },
      onSeeded: () => {
        if (registry.isStarted) registry.startStored().catch(onFatal);
      },
    });
  const archive: Archive = mongo?.archive ?? spool;
  const transport = parts.transport ?? createNetwork(clock);
  const exchanges = createExchanges(config, { log, clock, random, transport });
  const processWatch = watchProcess();
  const receiveTimes = new ReceiveTimes({ clock, leadUs: () => clock.leadUs, limits, log });
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
    receiveTimes,
    version,
    processStatus: () => processWatch.figures(),
    onTerminate,
    rebuild: createRebuild(archive),
    ...(mongo && {
      leases: mongo.leases,
      store: () => mongo.replicator.status(),
      measureStore: () => mongo.replicator.measure(),
      nextEpoch: epochByTime,
    }),
  });
  const days = config.retentionDays;
  const expiring = mongo?.pruner ?? spool;
  const retention =
    days === null ? null : new Retention({ archive: expiring, days, clock, log, onFatal });
  const release = async (): Promise<void> => {
    await Promise.all([...exchanges.values()].map((exchange) => exchange.close()));
    processWatch.stop();
    receiveTimes.stop();
    await archive.close();
  };
  const reader = createReader(archive, { liveGap: (security) => registry.gapNow(security) });
  return { clock, spool, mongo, queue, receiveTimes, registry, reader, retention, release };
}

/** Of what the registry parses at its start, only the settings' securities can be wrong. */
function failStart(error: unknown): never {
  if (!(error instanceof InvalidArgumentError)) throw error;
  throw new ConfigError(describeError(error), { cause: error });
}

function watched(registry: RecorderRegistry, queue: WriteQueue): Watched {
  return {
    signs: () => ({ ticks: registry.ticks, ...queue.work() }),
    figures: () => ({ ...registry.summary(), lagS: queue.status().lagS }),
  };
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
