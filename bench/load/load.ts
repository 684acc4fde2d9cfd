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
import type { LoadAddresses, LoadOptions } from './exchange-process.ts';
import type { LoadLoggerOptions, LoadSample } from './logger-process.ts';

export interface LoadBenchOptions {
  /** One run for each. */
  readonly securities: readonly number[];
  readonly minutes: number;
  readonly hasRealLimits: boolean;
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
  { minutes, hasRealLimits }: LoadBenchOptions,
): Promise<Section> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-load-'));
  const exchange = child('exchange-process.js', {
    securities,
    changesPerSecond: CHANGES_PER_SECURITY_AND_SECOND * securities,
    tradesPerSecond: TRADES_PER_SECURITY_AND_SECOND * securities,
  });
  let logger: ChildProcess | undefined;
  try {
    const [addresses] = (await once(exchange, 'message')) as [LoadAddresses];
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
    return section(securities, liveSeconds, last);
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

function section(securities: number, liveSeconds: number, last: LoadSample): Section {
  const { seconds, loopDelaysMs, journalDelaysMs } = last;
  const figures: [string, number, string, string?][] = [
    ['live', last.live, `of ${securities}`],
    ['until all were live', liveSeconds, 's'],
    ['level changes', last.levelChanges / seconds, 'per second'],
    ['trades', last.trades / seconds, 'per second'],
    ['CPU', (last.cpuSeconds / seconds) * 100, '% of a core', '≤ 30 at 1,500'],
    ['memory', last.rssBytes / 2 ** 20, 'MiB', '≤ 500 at 1,500'],
    ['event loop, p99', loopDelaysMs.p99, 'ms late', '< 20'],
    ['event loop, worst', loopDelaysMs.worst, 'ms late', '< 100'],
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
