/** Puts the machine around a core: archive, network, manager port, metrics. Only `main.ts` imports it. */

import { resolve } from 'node:path';
import type { MongoArchive } from './archive/mongodb/open.ts';
import type { Spool } from './archive/spool.ts';
import { openDataDirectory, openMongo, startAfterRecords } from './compose-archive.ts';
import type { Config } from './config/load.ts';
import { createCore } from './core.ts';
import type { Core } from './core.ts';
import { startManager } from './manager/server.ts';
import type { ManagerPort } from './manager/server.ts';
import { startMetrics } from './metrics/server.ts';
import type { MetricsPort } from './metrics/server.ts';
import type { RecorderLimits } from './recorder/limits.ts';
import type { Log } from './runtime/log.ts';
import type { Random } from './runtime/random.ts';
import type { Transport } from './runtime/transport.ts';
import { yieldToEventLoop } from './runtime/yield.ts';
import { freeDiskBytes } from './service/disk.ts';
import { createNetwork } from './service/network.ts';
import { loadProxies, shownProxy } from './service/proxy.ts';
import type { ProxySettings } from './service/proxy.ts';
import { watchProcess } from './service/process-status.ts';
import { createSystemClock } from './service/system-clock.ts';
import type { SystemClock } from './service/system-clock.ts';
import { systemRandom } from './service/system-random.ts';
import type { LoggerFigures } from './status/figures.ts';

/** Optional members default to the machine's own. */
export interface LoggerDeps {
  readonly log: Log;
  readonly version: string;
  /** A bug: stop recording and end the process. */
  readonly onFatal: (error: unknown) => void;
  /** The manager asked for an orderly stop. */
  readonly onTerminate: () => void;
  readonly clock?: SystemClock;
  readonly random?: Random;
  readonly transport?: Transport;
  readonly limits?: Partial<RecorderLimits>;
}

export interface Logger extends Pick<Core, 'control' | 'reader' | 'workCounters' | 'summary'> {
  /** The manager port that was bound. */
  readonly port: number;
  /** The metrics port that was bound; null: metrics are off. */
  readonly metricsPort: number | null;
  /** Where records are kept, for logs: a directory, or hosts and a database; no credentials. */
  readonly archive: string;
  /** Reads the manager's keys and certificates again; see `ManagerPort.reload`. */
  reload(): boolean;
  /** Writes everything out and closes everything. */
  stop(): Promise<void>;
}

/** How long open calls of the manager port may take to end. */
const MANAGER_GRACE_MS = 2000;
/** How long a start waits for MongoDB's first answer; then recording begins without it. */
const STORE_TIMEOUT_MS = 3000;
/** How long a stop keeps replicating; the rest waits in the spool for the next start. */
const STORE_GRACE_MS = 4000;

/** @throws ConfigError (exit code 78), others (exit code 1). */
export async function composeLogger(config: Config, deps: LoggerDeps): Promise<Logger> {
  const opened = new Opened();
  try {
    const machine = await openMachine(config, deps);
    const { core, mongo } = machine;
    opened.push(() => machine.close());
    const metrics = await openMetrics(config, deps, core);
    opened.push(() => metrics?.close());
    const manager = await openManager(config, deps, machine);
    opened.push((isOrderly) => manager.close(isOrderly ? MANAGER_GRACE_MS : 0));
    opened.push((isOrderly) => mongo?.stop(isOrderly ? STORE_GRACE_MS : 0));
    await mongo?.start(core.storeListener, STORE_TIMEOUT_MS);
    await startAfterRecords(machine.clock, machine.spool, deps.log);
    await core.start(config.securities);
    opened.push(() => core.stop());
    return {
      ...core,
      port: manager.port,
      metricsPort: metrics?.port ?? null,
      archive: mongo?.shown ?? resolve(config.dataDirectory),
      reload: () => manager.reload(),
      stop: () => opened.close(true),
    };
  } catch (error) {
    await opened.close(false);
    throw error;
  }
}

type Close = (isOrderly: boolean) => Promise<void> | undefined;

/** What has been opened so far; closed in reverse order, by a shutdown or after a failed start. */
class Opened {
  readonly #closes: Close[] = [];

  push(close: Close): void {
    this.#closes.unshift(close);
  }

  /** @param isOrderly false: nothing is waited for that can be done at the next start. */
  async close(isOrderly: boolean): Promise<void> {
    for (const close of this.#closes) await close(isOrderly);
  }
}

interface Machine {
  readonly core: Core;
  readonly clock: SystemClock;
  readonly spool: Spool;
  readonly mongo: MongoArchive | null;
  /** Closes connections and files. */
  close(): Promise<void>;
}

async function openMachine(config: Config, deps: LoggerDeps): Promise<Machine> {
  const { log, version, onFatal, onTerminate, limits } = deps;
  const clock = deps.clock ?? createSystemClock();
  clock.onStep = (milliseconds) => log.warning("The machine's clock was set", { milliseconds });
  const random = deps.random ?? systemRandom;
  const spool = await openDataDirectory(config, log);
  const mongo = openMongo(config, { spool, clock, random, log, onFatal });
  const archive = mongo?.archive ?? spool;
  const processWatch = watchProcess();
  logProxies(config.proxies, log);
  const proxies = await loadProxies(config.proxies);
  const core = createCore(
    { ...config, version, limits },
    {
      clock,
      random,
      log,
      transport: deps.transport ?? createNetwork(clock, proxies),
      yieldToEventLoop,
      leadUs: () => clock.leadUs,
      archive,
      expiring: mongo?.pruner ?? spool,
      store: mongo && {
        leases: mongo.leases,
        status: () => mongo.replicator.status(),
        measure: () => mongo.replicator.measure(),
      },
      processStatus: () => processWatch.figures(),
      onFatal,
      onTerminate,
    },
  );
  const close = async (): Promise<void> => {
    await core.close();
    processWatch.stop();
    await archive.close();
  };
  return { core, clock, spool, mongo, close };
}

/** Logged at the start, since a forgotten proxy is hard to find. */
function logProxies({ https, http, except }: ProxySettings, log: Log): void {
  if (https === null && http === null) return;
  log.notice('Connecting to exchanges through a proxy', {
    ...(https !== null && { https: shownProxy(https) }),
    ...(http !== null && { http: shownProxy(http) }),
    ...(except.length > 0 && { except: except.join(',') }),
  });
}

async function openMetrics(
  { metrics, dataDirectory }: Config,
  { log }: LoggerDeps,
  core: Core,
): Promise<MetricsPort | null> {
  const figures = (): LoggerFigures => ({
    ...core.metrics(),
    diskFreeBytes: freeDiskBytes(dataDirectory),
  });
  return metrics && startMetrics({ ...metrics, figures, log });
}

function openManager(
  config: Config,
  { log, version }: LoggerDeps,
  { core, clock }: Machine,
): Promise<ManagerPort> {
  const { control, reader, candles, exchangeCandles } = core;
  return startManager({
    host: config.managerHost,
    port: config.managerPort,
    access: config.managerAccess,
    readAccess: config.readManagerAccess,
    control,
    reader,
    candles,
    exchangeCandles,
    version,
    clock,
    log,
  });
}
