/**
 * The effect of an attack on the manager port: the latency from the exchange's timestamp to ours,
 * taken from the records afterwards, with and without many clients that call with wrong keys as
 * fast as they can, and the response time for a valid key. Exchange, logger and attackers are
 * separate processes; on fewer cores, the figures under attack include the processor time that the
 * attackers take from the logger.
 */

import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { status } from '@grpc/grpc-js';
import { openEmbeddedArchive } from '../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../logger/reader/create-reader.ts';
import type { Figure, Section } from './figures.ts';
import { connectTo, ping } from './wrong-keys-callers.ts';
import type { CallCounts } from './wrong-keys-callers.ts';

const KEY = 'the-right-key-of-the-benchmark';
const PRODUCTS = ['BTC-USD', 'ETH-USD'];
/** Actions per second of the busier product: about a thousand messages, the other one's included. */
const PACE = 700;
const SHORT_MS = 2000;
const LONG_MS = 5000;
/** Wait after every change, before measuring. */
const SETTLE_MS = 1000;
const START_LIMIT_MS = 15_000;
/** Callers that wait for every answer, as a dictionary attack must. */
const ONE = { connections: 1, calls: 1, giveUpMs: 10_000 } as const;
const MANY = { connections: 64, calls: 4, giveUpMs: 10_000 } as const;
/** Callers that want no answer, only to cause load. */
const FLOOD = { ...MANY, giveUpMs: 50 } as const;
const RIGHT_KEY_PAUSE_MS = 5;

interface Period {
  readonly fromUs: number;
  readonly toUs: number;
}

interface Attack {
  readonly sentPerS: number;
  readonly answeredPerS: number;
  readonly during: Period;
}

interface Observed {
  readonly quiet: Period;
  readonly one: Attack;
  readonly many: Attack;
  readonly flood: Attack;
  /** Another flood, while a valid key is used. */
  readonly guarded: Attack;
  /** How long each call took, in ms. */
  readonly quietCallsMs: readonly number[];
  readonly guardedCallsMs: readonly number[];
}

export async function wrongKeySections(): Promise<Section[]> {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-bench-'));
  const children: ChildProcess[] = [];
  try {
    const exchange = await startExchange(children);
    const logger = run(children, 'logger/main.js', [], {
      ...exchange,
      SECURITIES: PRODUCTS.map((product) => `coinbase:${product}`).join(),
      DATA_DIR: directory,
      MANAGER_PORT: '0',
      MANAGER_AUTHKEY: KEY,
      LOG_FORMAT: 'text',
    });
    const [, port] = await said(logger, /Recording .*manager=[^ ]*:(\d+)/);
    const observed = await observe(Number(port), children);
    logger.kill('SIGTERM');
    await once(logger, 'exit');
    return [await section(directory, observed)];
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

async function observe(port: number, children: ChildProcess[]): Promise<Observed> {
  const attacked = (callers: Callers, during: () => Promise<Period>): Promise<Attack> =>
    attack({ port, callers, children, during });
  // The first seconds are spent on snapshots and on code that is not compiled yet.
  await wait(2 * SETTLE_MS);
  const quiet = await measure(LONG_MS);
  const quietCallsMs = await rightKey(port, SHORT_MS);
  const one = await attacked(ONE, () => measure(SHORT_MS));
  const many = await attacked(MANY, () => measure(LONG_MS));
  const flood = await attacked(FLOOD, () => measure(LONG_MS));
  let guardedCallsMs: readonly number[] = [];
  const guarded = await attacked(FLOOD, async () => {
    const calls = rightKey(port, LONG_MS);
    const during = await measure(LONG_MS);
    guardedCallsMs = await calls;
    return during;
  });
  return { quiet, one, many, flood, guarded, quietCallsMs, guardedCallsMs };
}

type Callers = typeof ONE | typeof MANY | typeof FLOOD;

/** Runs `during` while clients with wrong keys are calling. */
async function attack(parts: {
  readonly port: number;
  readonly callers: Callers;
  readonly children: ChildProcess[];
  readonly during: () => Promise<Period>;
}): Promise<Attack> {
  const { connections, calls, giveUpMs } = parts.callers;
  const script = fileURLToPath(new URL('wrong-keys-callers.js', import.meta.url));
  const startMs = performance.now();
  const args = [parts.port, connections, calls, giveUpMs].map(String);
  const callers = fork(script, args, { execArgv: [] });
  parts.children.push(callers);
  const ended = once(callers, 'exit');
  await wait(SETTLE_MS);
  const during = await parts.during();
  const seconds = (performance.now() - startMs) / 1000;
  callers.send('stop');
  const [counts] = (await Promise.race([once(callers, 'message'), ended])) as [CallCounts];
  await ended;
  return { during, sentPerS: counts.sent / seconds, answeredPerS: counts.answered / seconds };
}

/** Waits. */
async function measure(ms: number): Promise<Period> {
  const fromUs = Date.now() * 1000;
  await wait(ms);
  return { fromUs, toUs: Date.now() * 1000 };
}

/** Makes one call after another. @returns the milliseconds that each took. */
async function rightKey(port: number, forMs: number): Promise<number[]> {
  const client = connectTo(port);
  const times: number[] = [];
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    const startMs = performance.now();
    const code = await ping(client, KEY, 10_000);
    if (code !== status.OK) throw new Error(`A call with the valid key failed with status ${code}`);
    times.push(performance.now() - startMs);
    await wait(RIGHT_KEY_PAUSE_MS);
  }
  client.close();
  return times;
}

async function section(directory: string, observed: Observed): Promise<Section> {
  const { one, many, flood, guarded, quietCallsMs, guardedCallsMs } = observed;
  const periods = [observed.quiet, many.during, flood.during, guarded.during];
  const [inQuiet = [], underMany = [], underFlood = [], underGuarded = []] = await latencies(
    directory,
    periods,
  );
  const quiet = percentiles('feed in quiet', inQuiet);
  return {
    title:
      `Wrong keys at the manager port (many: ${MANY.connections} connections with ${MANY.calls} calls each on ` +
      `their way; a flood does not wait for answers; feed: exchange to receive, ${inQuiet.length} messages in quiet)`,
    figures: [
      { name: 'one caller, answered', value: one.answeredPerS, unit: 'per second' },
      { name: 'many callers, answered', value: many.answeredPerS, unit: 'per second' },
      { name: 'flood, tried', value: flood.sentPerS, unit: 'per second' },
      { name: 'flood, answered', value: flood.answeredPerS, unit: 'per second' },
      ...quiet,
      ...percentiles('feed beside many callers', underMany, quiet),
      ...percentiles('feed under a flood', underFlood, quiet),
      ...percentiles('feed under a flood, right key beside', underGuarded, quiet),
      ...percentiles('right key in quiet', quietCallsMs).slice(0, 2),
      ...percentiles('right key under a flood', guardedCallsMs).slice(0, 2),
    ],
  };
}

function percentiles(
  name: string,
  timesMs: readonly number[],
  beside?: readonly Figure[],
): Figure[] {
  const sorted = [...timesMs].sort((a, b) => a - b);
  return [0.5, 0.99, 0.999].map((share, i) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
    const ratio = beside && value / (beside[i]?.value ?? NaN);
    const unit = ratio === undefined ? 'ms' : `ms, ${ratio.toFixed(2)} times that in quiet`;
    return { name: `${name}, p${share * 100}`, value, unit };
  });
}

/** Latencies from the exchange's timestamp to ours, in ms, of all messages received in each period. */
async function latencies(
  directory: string,
  periods: readonly Period[],
): Promise<readonly (readonly number[])[]> {
  const archive = await openEmbeddedArchive({ directory, readOnly: true });
  try {
    const reader = createReader(archive);
    const all: number[][] = [];
    for (const range of periods) {
      const times: number[] = [];
      for (const product of PRODUCTS) {
        for await (const item of reader.updates({ security: `coinbase:${product}`, ...range })) {
          if (item.type === 'gap') throw new Error(`${product} has a gap: ${item.cause}`);
          if (item.type === 'update') times.push((item.receiveTimeUs - item.exchangeTimeUs) / 1000);
        }
      }
      all.push(times);
    }
    return all;
  } finally {
    await archive.close();
  }
}

/** @returns the environment variables that connect a logger to it. */
async function startExchange(children: ChildProcess[]): Promise<Record<string, string>> {
  const symbols = PRODUCTS.map((product) => product.replace('-USD', 'USDT')).join();
  const args = ['--port', '0', '--symbols', symbols, '--pace', String(PACE)];
  const sandbox = run(children, 'sandbox/main.js', args, {});
  const { input } = await said(sandbox, /# Stop/);
  const variables = input.split('\n').flatMap((line) => {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(variables);
}

function run(
  children: ChildProcess[],
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

/** Waits until a process has printed something; discards what it prints later. */
async function said(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  const limit = AbortSignal.timeout(START_LIMIT_MS);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  }
  for (;;) {
    const found = pattern.exec(text);
    if (found) return found;
    if (limit.aborted || child.exitCode !== null) throw new Error(`Did not start: ${text}`);
    await wait(20);
  }
}
