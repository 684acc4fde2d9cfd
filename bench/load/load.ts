/**
 * `npm run bench -- load`: a logger with many securities beside the exchange that plays them, each in a
 * process of its own. Figures of the steady state, after everything has become live.
 */

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Section } from '../figures.ts';
import { loadSymbols } from './exchange-process.ts';
import type { LoadAddresses, LoadOptions, RequestSample } from './exchange-process.ts';
import type { LoadLoggerOptions, LoadSample } from './logger-process.ts';

export interface LoadBenchOptions {
  /** One run for each. */
  readonly securities: readonly number[];
  readonly minutes: number;
  readonly hasRealLimits: boolean;
  /** Of the securities of a run, how many are silent, in percent. */
  readonly quietPercent: number;
}

/** What 1,500 securities of Binance were measured to bring; fewer bring their share. */
const CHANGES_PER_SECURITY_AND_SECOND = 59_000 / 1500;
const TRADES_PER_SECURITY_AND_SECOND = 900 / 1500;
const SETTLE_MS = 5000;
/** By then everything must be live. */
const START_LIMIT_MS = 10 * 60_000;

export async function* loadSections(options: LoadBenchOptions): AsyncGenerator<Section> {
  for (const securities of options.securities) yield loadSection(securities, options);
}

async function loadSection(
  securities: number,
  { minutes, hasRealLimits, quietPercent }: LoadBenchOptions,
): Promise<Section> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-load-'));
  const exchange = child('exchange-process.js', {
    securities,
    changesPerSecond: CHANGES_PER_SECURITY_AND_SECOND * securities,
    tradesPerSecond: TRADES_PER_SECURITY_AND_SECOND * securities,
    quiet: Math.round((securities * quietPercent) / 100),
    hasRealLimits,
  });
  const requests = new RequestWatch(exchange);
  let logger: ChildProcess | undefined;
  try {
    const [addresses] = (await once(exchange, 'message')) as [LoadAddresses];
    requests.start();
    const startMs = performance.now();
    logger = child('logger-process.js', {
      ...addresses,
      directory,
      hasRealLimits,
      securities: loadSymbols(securities).map((symbol) => `binance:${symbol}`),
    });
    let last: LoadSample | undefined;
    logger.on('message', (sample) => (last = sample as LoadSample));
    while (liveIn(last) < securities && performance.now() - startMs < START_LIMIT_MS) {
      await wait(200);
      if (logger.exitCode !== null) throw new Error('The logger ended');
    }
    const liveSeconds = (performance.now() - startMs) / 1000;
    await wait(SETTLE_MS);
    logger.send('reset');
    await wait(minutes * 60_000);
    logger.send('stop');
    await once(logger, 'exit');
    if (!last) throw new Error('The logger did not report');
    return section({ securities, liveSeconds, last, requests });
  } finally {
    logger?.kill('SIGKILL');
    exchange.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

function liveIn(sample: LoadSample | undefined): number {
  return sample?.live ?? 0;
}

function child(file: string, options: LoadOptions | LoadLoggerOptions): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return fork(path, [JSON.stringify(options)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** What the exchange says about the requests, and when it was first so. */
class RequestWatch {
  readonly #exchange: ChildProcess;
  #startMs = 0;
  last: RequestSample | undefined;
  readonly #fullAfterS = new Map<'1000' | '5000', number>();

  constructor(exchange: ChildProcess) {
    this.#exchange = exchange;
  }

  start(): void {
    this.#startMs = performance.now();
    this.#exchange.on('message', (message) => {
      const sample = message as RequestSample;
      this.last = sample;
      for (const depth of ['1000', '5000'] as const) {
        const isFull = sample.deeperThan[depth] >= sample.deeperThan.first;
        if (!isFull) this.#fullAfterS.delete(depth);
        else if (!this.#fullAfterS.has(depth)) {
          this.#fullAfterS.set(depth, (performance.now() - this.#startMs) / 1000);
        }
      }
    });
  }

  figures(): [string, number, string][] {
    const { maxMinuteWeight = 0, rejectedRequests = 0, deeperThan } = this.last ?? {};
    const depths = (['1000', '5000'] as const).flatMap((depth): [string, number, string][] => {
      const fullAfterS = this.#fullAfterS.get(depth);
      const known: [string, number, string] = [
        `asked for ${depth} levels`,
        deeperThan?.[depth] ?? 0,
        `of ${deeperThan?.first ?? 0}`,
      ];
      return fullAfterS === undefined
        ? [known]
        : [known, [`until all were asked for ${depth} levels`, fullAfterS, 's']];
    });
    return [
      ['request weight, most in a minute', maxMinuteWeight, 'of 6,000'],
      ['requests rejected', rejectedRequests, ''],
      ...depths,
    ];
  }
}

function section({
  securities,
  liveSeconds,
  last,
  requests,
}: {
  readonly securities: number;
  readonly liveSeconds: number;
  readonly last: LoadSample;
  readonly requests: RequestWatch;
}): Section {
  const { seconds, loopDelaysMs, journalDelaysMs, memory } = last;
  const figures: [string, number, string, string?][] = [
    ['live', last.live, `of ${securities}`],
    ['until all were live', liveSeconds, 's', '≤ 300'],
    ...requests.figures(),
    ['level changes', last.levelChanges / seconds, 'per second'],
    ['trades', last.trades / seconds, 'per second'],
    ['CPU', (last.cpuSeconds / seconds) * 100, '% of a core', '≤ 30 at 1,500'],
    ['memory', memory.rssBytes / 2 ** 20, 'MiB', '≤ 500 at 1,500'],
    ['of it mapped files', memory.fileBytes / 2 ** 20, 'MiB'],
    ['of it the heap', memory.heapBytes / 2 ** 20, 'MiB'],
    ['of it typed arrays and buffers', memory.bufferBytes / 2 ** 20, 'MiB'],
    [
      'memory without mapped files, for each security',
      (memory.rssBytes - memory.fileBytes) / 2 ** 20 / securities,
      'MiB',
      '≤ 4, aim 1, beyond the book',
    ],
    ['event loop, p99', loopDelaysMs.p99, 'ms late', '< 20'],
    ['event loop, worst', loopDelaysMs.worst, 'ms late', '< 100'],
    ['turn of the event loop, p99', last.turnsMs.p99, 'ms of CPU'],
    ['turn of the event loop, worst', last.turnsMs.worst, 'ms of CPU'],
    ['turn during the start, p99', last.startTurnsMs.p99, 'ms of CPU'],
    ['turn during the start, worst', last.startTurnsMs.worst, 'ms of CPU'],
    ['frame to journal, p99', journalDelaysMs.p99, 'ms', '< 100'],
    ['frame to journal, worst', journalDelaysMs.worst, 'ms'],
    ['records', last.records, ''],
    ['records with bad receive times', last.recordsWithBadTimes, '', '0'],
    ['gaps', last.gaps, '', '0'],
    ['stop', last.stopSeconds ?? Number.NaN, 's', '< 2'],
  ];
  return {
    title: `Load: ${securities} securities for ${Math.round(seconds)} s`,
    figures: figures.map(([name, value, unit, goal]) => ({
      name,
      value,
      unit,
      ...(goal === undefined ? {} : { goal }),
    })),
  };
}
