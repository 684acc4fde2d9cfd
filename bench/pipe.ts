/**
 * The pipe: from a frame of the exchange to the line, over real sockets and gRPC, with the exchange and the logger in
 * processes of their own; and the memory of 24 hours at ten changes a second.
 */

import { fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createSystemClock } from '../logger/service/system-clock.ts';
import type { Endpoint } from '../manager-cli/endpoint.ts';
import { timeOfEvent } from '../pipe/market/events.ts';
import { findVenues } from '../pipe/market/venues.ts';
import { LoggerSource } from '../pipe/sources/logger-source.ts';
import { TopLines } from '../pipe/top/top-lines.ts';
import { TopSeries } from '../pipe/top/top-series.ts';
import { VenueTops } from '../pipe/top/venue-tops.ts';
import type { BenchData } from './data.ts';
import type { Section } from './figures.ts';
import { silentLog } from './silent-log.ts';
import { LoggerProcess } from './soak/logger-process.ts';

const SANDBOX = fileURLToPath(new URL('../sandbox/main.js', import.meta.url));
const ECHO = fileURLToPath(new URL('echo-process.js', import.meta.url));
const ECHO_EVERY_MS = 50;
const PORTS = ['port', 'coinbase-port', 'bitmex-port', 'bybit-port', 'bitfinex-port'];
const SANDBOX_OPTIONS = [
  '--symbols',
  'BTCUSDT',
  '--pace',
  '1000',
  ...PORTS.flatMap((name) => [`--${name}`, '0']),
];
const RUN_MS = 40_000;
const WARM_UP_US = 5_000_000;
const CHANGES = 24 * 3600 * 10;
const RANGE_US = 360_000_000;

export async function* pipeSections({
  data,
}: {
  readonly data: BenchData;
}): AsyncGenerator<Section> {
  if (!data.isDefault) return;
  const { delays, echoes } = await linesOf();
  yield {
    title: 'Pipe: from the frame to the line, over real sockets and gRPC',
    note: `${delays.length} lines of two venues; exchange, logger and pipe are processes of their own`,
    figures: [
      { name: 'median', value: partOf(delays, 0.5), unit: 'ms' },
      { name: 'p99', value: partOf(delays, 0.99), unit: 'ms', goal: 'at most 2' },
      { name: 'latest', value: partOf(delays, 1), unit: 'ms' },
      { name: 'limit: a bare message to another process and back, median', value: partOf(echoes, 0.5), unit: 'ms' }, // prettier-ignore
      { name: 'limit: the same, p99', value: partOf(echoes, 0.99), unit: 'ms' },
    ],
  };
  yield memorySection();
}

interface Measured {
  /** µs from the receive time of a frame to its line. */
  readonly delays: readonly number[];
  /** µs of bare messages beside them: the machine's own part of the tail. */
  readonly echoes: readonly number[];
}

/** In ms. */
function partOf(us: readonly number[], part: number): number {
  const sorted = us.toSorted((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN) / 1000;
}

async function linesOf(): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-bench-pipe-'));
  const sandbox = spawn(process.execPath, [SANDBOX, ...SANDBOX_OPTIONS], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const logger = new LoggerProcess({
    dataDirectory: directory,
    logFile: join(directory, 'log'),
    environment: {
      ...(await printedSettings(sandbox.stdout)),
      SECURITIES: 'binance:BTCUSDT,bybit:BTCUSDT',
      ORDERBOOK_UPDATEFREQUENCY: '100',
    },
  });
  try {
    await logger.start();
    const echo = new Echo();
    const delays = await delaysOf(logger.endpoint);
    return { delays, echoes: echo.stop() };
  } finally {
    await logger.end('SIGTERM');
    sandbox.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As often as lines come. */
class Echo {
  readonly #child = fork(ECHO);
  readonly #times: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#child.on('message', (sentMs) => {
      this.#times.push((performance.now() - Number(sentMs)) * 1000);
    });
    this.#timer = setInterval(() => this.#child.send(performance.now()), ECHO_EVERY_MS);
  }

  stop(): readonly number[] {
    clearInterval(this.#timer);
    this.#child.kill();
    return this.#times;
  }
}

/** What a sandbox says a logger has to be told. */
async function printedSettings(output: Readable): Promise<Record<string, string>> {
  const settings: Record<string, string> = {};
  for await (const line of createInterface({ input: output })) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) break;
    settings[name] = value;
  }
  return settings;
}

async function delaysOf(endpoint: Endpoint): Promise<number[]> {
  const clock = createSystemClock();
  const source = new LoggerSource({
    name: 'bench',
    endpoint,
    timeoutMs: 10_000,
    clock,
    random: { next: () => 0 },
    log: silentLog,
  });
  const stop = new AbortController();
  const wanted = { pairs: ['BTCUSDT'], exchanges: null, exceptions: {} };
  let venues = findVenues(wanted, []).venues;
  while (venues.length < 2) {
    await sleep(200);
    const instruments = await source.instruments(stop.signal);
    ({ venues } = findVenues(wanted, [{ name: 'bench', instruments }]));
  }
  const tops = new VenueTops(venues);
  const lines = new TopLines('BTCUSDT', venues);
  const delays: number[] = [];
  const startedUs = clock.nowUs() + WARM_UP_US;
  const following = source.events(
    venues,
    { topOnly: true },
    (event) => {
      const top = tops.apply(event);
      const us = timeOfEvent(event);
      if (top === undefined || lines.set(event.venue.name, top, us) === null) return;
      if (event.type !== 'unproven' && us > startedUs) delays.push(Math.max(0, clock.nowUs() - us));
    },
    stop.signal,
  );
  await sleep(RUN_MS);
  stop.abort();
  await following;
  await source.close();
  return delays;
}

function memorySection(): Section {
  const scale = { priceExponent: 2, sizeExponent: 5 };
  const series = new TopSeries();
  const begin = performance.now();
  for (let i = 0; i < CHANGES; i++) {
    const bidPrice = 6_000_000 + (i % 1000);
    const top = { scale, bidPrice, bidSize: i + 1, askPrice: bidPrice + 1, askSize: i + 2 };
    series.append(i * 100_000, top);
  }
  const fillMs = performance.now() - begin;
  const rounds = 200;
  const rangeBegin = performance.now();
  let found = 0;
  for (let round = 0; round < rounds; round++) {
    const fromUs = round * 400_000_000;
    for (const { top } of series.range(fromUs, fromUs + RANGE_US)) if (top !== null) found++;
  }
  const rangeMs = (performance.now() - rangeBegin) / rounds;
  return {
    title: 'Pipe: 24 hours of one book in memory, ten changes a second',
    note: `${series.length} changes; a range of 6 minutes has ${Math.round(found / rounds)}; reading the recording comes on top of the fill`,
    figures: [
      { name: 'memory', value: series.bytes / series.length, unit: 'bytes a change', goal: 'at most 48' }, // prettier-ignore
      { name: 'memory of a book', value: series.bytes / 1e6, unit: 'MB', goal: 'at most 42' },
      { name: 'fill, once read', value: fillMs / 1000, unit: 's', goal: 'at most 10 with reading' },
      { name: 'range of 6 minutes', value: rangeMs, unit: 'ms', goal: 'at most 1' },
    ],
  };
}
