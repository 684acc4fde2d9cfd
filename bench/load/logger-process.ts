/**
 * A process with a logger under load: real sockets, real archive, no manager port. Started by `load.ts`;
 * reports to its parent once a second until everything is live, and once more after it was asked to stop. The budget of requests is
 * lifted unless the exchange's real limits are asked for.
 */

import { readFileSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Archive } from '../../logger/archive/archive.ts';
import { openSpool } from '../../logger/archive/embedded/embedded-archive.ts';
import type { Spool } from '../../logger/archive/spool.ts';
import { createCore } from '../../logger/core.ts';
import type { Core } from '../../logger/core.ts';
import { createBinance } from '../../logger/exchange/binance/exchange.ts';
import type { Log } from '../../logger/runtime/log.ts';
import { yieldToEventLoop } from '../../logger/runtime/yield.ts';
import { createNetwork } from '../../logger/service/network.ts';
import { watchProcess } from '../../logger/service/process-status.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import type { SystemClock } from '../../logger/service/system-clock.ts';
import { systemRandom } from '../../logger/service/system-random.ts';
import { silentLog } from '../silent-log.ts';
import type { LoadAddresses } from './exchange-process.ts';

export interface LoadLoggerOptions extends LoadAddresses {
  readonly directory: string;
  readonly securities: readonly string[];
  readonly hasRealLimits: boolean;
}

export interface LoadMemory {
  readonly rssBytes: number;
  /** Pages of mapped files, such as the archive, which the system takes back when it needs them. */
  readonly fileBytes: number;
  /** Reserved for objects; what is in use of it is less. */
  readonly heapBytes: number;
  /** Of typed arrays and buffers. */
  readonly bufferBytes: number;
}

/** Figures since the last reset; a reset is asked for by the message `reset`. */
export interface LoadSample {
  readonly live: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memory: LoadMemory;
  readonly loopDelaysMs: { readonly p99: number; readonly worst: number };
  /** Processor time of the turns of the event loop. */
  readonly turnsMs: { readonly p99: number; readonly worst: number };
  /** The same until everything was live. */
  readonly startTurnsMs: { readonly p99: number; readonly worst: number };
  /** From a frame's receive time to the commit that stored it. */
  readonly journalDelaysMs: { readonly p99: number; readonly worst: number };
  readonly levelChanges: number;
  readonly trades: number;
  readonly records: number;
  readonly recordsWithBadTimes: number;
  readonly gaps: number;
  /** Of the stop; null while it runs. */
  readonly stopSeconds: number | null;
}

const LOOP_PROBE_MS = 5;
const UNLIMITED = {
  windowMs: 60_000,
  maxWeight: 1e9,
  burstWeight: 1e8,
  steadyWeight: 5e8,
  maxReportedWeight: 1e9,
  maxInFlight: 4,
  maxQueued: 100_000,
};

const log: Log = {
  ...silentLog,
  error: (text, fields) => void process.stderr.write(`${text} ${JSON.stringify(fields)}\n`),
};

function memory(): LoadMemory {
  const { rss, heapTotal, arrayBuffers } = process.memoryUsage();
  const fileKib = /^RssFile:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return {
    rssBytes: rss,
    fileBytes: Number(fileKib) * 1024,
    heapBytes: heapTotal,
    bufferBytes: arrayBuffers,
  };
}

/** A histogram: to keep every delay and sort them once a second would be the longest turn of all. */
class Delays {
  readonly #histogram = createHistogram();

  add(ms: number): void {
    if (!Number.isNaN(ms)) this.#histogram.record(Math.max(1, Math.round(ms * 1000)));
  }

  reset(): void {
    this.#histogram.reset();
  }

  figures(): { readonly p99: number; readonly worst: number } {
    if (this.#histogram.count === 0) return { p99: Number.NaN, worst: Number.NaN };
    return { p99: this.#histogram.percentile(99) / 1000, worst: this.#histogram.max / 1000 };
  }
}

/** Processor time of the main thread, where the system tells it. */
function threadCpuMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

class Meter {
  readonly loop = new Delays();
  /** Processor time of this thread between two looks at the loop: what another process takes is not in it. */
  readonly turns = new Delays();
  readonly startTurns = new Delays();
  isStarting = true;
  readonly journal = new Delays();
  levelChanges = 0;
  trades = 0;
  records = 0;
  recordsWithBadTimes = 0;
  gaps = 0;
  #sinceMs = 0;
  #cpu = process.cpuUsage();

  reset(): void {
    this.loop.reset();
    this.turns.reset();
    this.journal.reset();
    this.levelChanges = this.trades = this.records = this.recordsWithBadTimes = this.gaps = 0;
    this.#sinceMs = performance.now();
    this.#cpu = process.cpuUsage();
  }

  sample(live: number, stopSeconds: number | null): LoadSample {
    const { user, system } = process.cpuUsage(this.#cpu);
    const { levelChanges, trades, records, recordsWithBadTimes, gaps } = this;
    return {
      live,
      seconds: (performance.now() - this.#sinceMs) / 1000,
      cpuSeconds: (user + system) / 1e6,
      memory: memory(),
      loopDelaysMs: this.loop.figures(),
      turnsMs: this.turns.figures(),
      startTurnsMs: this.startTurns.figures(),
      journalDelaysMs: this.journal.figures(),
      levelChanges,
      trades,
      records,
      recordsWithBadTimes,
      gaps,
      stopSeconds,
    };
  }

  async watchLoop(): Promise<never> {
    for (let cpuMs = threadCpuMs(); ;) {
      const dueMs = performance.now() + LOOP_PROBE_MS;
      await wait(LOOP_PROBE_MS);
      this.loop.add(Math.max(0, performance.now() - dueMs));
      const nowMs = threadCpuMs();
      (this.isStarting ? this.startTurns : this.turns).add(nowMs - cpuMs);
      cpuMs = nowMs;
    }
  }

  /** The archive, with its commits counted. */
  watched(archive: Archive, nowUs: () => number): Archive {
    const commit: Archive['commit'] = async (writes) => {
      await archive.commit(writes);
      const atUs = nowUs();
      for (const write of writes) {
        if (write.type === 'gap') this.gaps++;
        if (write.type !== 'journal' && write.type !== 'block' && write.type !== 'image') continue;
        const { header } = write.record;
        if (write.type === 'journal') {
          this.journal.add((atUs - header.fromUs) / 1000);
          this.levelChanges += header.levelChanges;
          this.trades += header.trades;
          continue;
        }
        this.records++;
        if (header.badReceiveTimes !== undefined) this.recordsWithBadTimes++;
      }
    };
    return new Proxy(archive, {
      get: (target, name) => {
        if (name === 'commit') return commit;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

function openCore(
  { wsUrl, restUrl, hasRealLimits }: LoadLoggerOptions,
  {
    clock,
    archive,
    expiring,
  }: { readonly clock: SystemClock; readonly archive: Archive; readonly expiring: Spool },
): Core {
  const processWatch = watchProcess();
  return createCore(
    {
      version: 'bench',
      staleAfterMs: 15_000,
      updateFrequencyMs: 100,
      baseImageIntervalS: 1800,
      retentionDays: null,
      candles: [],
      exchanges: new Map([
        [
          'binance',
          (shared, deps) =>
            createBinance({
              ...shared,
              ...deps,
              wsUrl,
              restUrl,
              limits: hasRealLimits ? {} : { requests: UNLIMITED },
            }),
        ],
      ]),
    },
    {
      clock,
      random: systemRandom,
      log,
      transport: createNetwork(clock),
      yieldToEventLoop,
      leadUs: () => clock.leadUs,
      archive,
      expiring,
      store: null,
      processStatus: () => processWatch.figures(),
      onFatal: fail,
      onTerminate: () => undefined,
    },
  );
}

/** A bug ends the process, with its stack. */
function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

async function run(
  options: LoadLoggerOptions,
  report: (sample: LoadSample) => void,
): Promise<void> {
  const { directory, securities } = options;
  const clock = createSystemClock();
  const meter = new Meter();
  const embedded = await openSpool({ directory });
  const archive = meter.watched(embedded, () => clock.nowUs());
  const core = openCore(options, { clock, archive, expiring: embedded });
  const live = async (): Promise<number> =>
    (await core.control.list()).filter(({ state }) => state === 'live').length;
  const sample = async (): Promise<LoadSample> => meter.sample(await live(), null);
  meter.reset();
  meter.watchLoop().catch(fail);
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  process.on('message', (message) => {
    if (message === 'reset') {
      // What is measured is not disturbed by reports.
      clearInterval(timer);
      meter.isStarting = false;
      meter.reset();
    } else stop();
  });
  const timer = setInterval(() => void sample().then(report, fail), 1000);
  await core.start(securities);
  await stopped;
  const last = await sample();
  const startMs = performance.now();
  await core.stop();
  await core.close();
  report({ ...last, stopSeconds: (performance.now() - startMs) / 1000 });
  await embedded.close();
  process.exit(0);
}

if (process.send) {
  const send = process.send.bind(process);
  await run(
    JSON.parse(process.argv[2] ?? '{}') as LoadLoggerOptions,
    (sample) => void send(sample),
  );
}
