/**
 * The event loop of the real process stalls while the exchange continues: nothing is lost, books stay
 * right, and queries report which receive times are late.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openArchive } from '../../logger/library.ts';
import type { DiffItem } from '../../logger/library.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import type { BadReceiveTimeResult, CoverageResult } from '../../logger/queries/results.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { cli } from '../manager/fixture.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';
import { expectTrueBook } from '../support/true-book.ts';

const SECURITY = 'binance:BTCUSDT';
/** The loop stalls for two seconds or more; the exchange sends every 100 ms. */
const LATE_US = 500_000;

let sandbox: Sandbox;
let directory: string;
const running: LoggerProcess[] = [];

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
  directory = mkdtempSync(join(tmpdir(), 'orderbook-stall-'));
});

afterEach(async () => {
  for (const one of running.splice(0)) {
    if (one.child.exitCode === null && one.child.signalCode === null) await one.end('SIGKILL');
  }
  await sandbox.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(): Promise<LoggerProcess> {
  const one = spawnLogger(
    {
      BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
      BINANCE_REST_URL: sandbox.venues.binance.restUrl,
      ORDERBOOK_UPDATEFREQUENCY: '100',
      SECURITIES: SECURITY,
      DATA_DIR: directory,
      MANAGER_PORT: '0',
      MANAGER_AUTHKEY: TEST_KEY,
      METRICS_PORT: '0',
      TEST_FAULT: 'pause',
    },
    [],
    ['--import', './test/support/process-faults.mjs'],
  );
  running.push(one);
  await one.ready();
  return one;
}

function portOf(one: LoggerProcess, name: string): number {
  return Number(new RegExp(`${name}="?127\\.0\\.0\\.1:(\\d+)`).exec(one.output())?.[1]);
}

async function coverage(one: LoggerProcess): Promise<CoverageResult> {
  const env = { MANAGER_AUTHKEY: TEST_KEY };
  const asked = await cli(['coverage', SECURITY, '--json'], { port: portOf(one, 'manager'), env });
  expect(asked.stderr).toBe('');
  return asked.json;
}

async function diffs(): Promise<DiffItem[]> {
  const archive = await openArchive(directory);
  try {
    const found: DiffItem[] = [];
    for await (const item of archive.diffs(SECURITY)) if (item.type === 'diff') found.push(item);
    return found;
  } finally {
    await archive.close();
  }
}

/** Resolves when the archive of the running process holds so many more diffs. */
async function heardMore(count: number): Promise<void> {
  const target = count + (await diffs().catch(() => [])).length;
  const isThere = async (): Promise<boolean> => (await diffs().catch(() => [])).length >= target;
  await until(`${target} diffs`, isThere);
}

const STALLS: Record<string, (one: LoggerProcess) => Promise<void>> = {
  'its loop is blocked': async ({ child }) => {
    child.kill('SIGUSR2');
    await wait(2000);
  },
  'it is stopped (SIGSTOP)': async ({ child }) => {
    child.kill('SIGSTOP');
    await wait(2000);
    child.kill('SIGCONT');
  },
};

function isReported(item: DiffItem, reported: readonly BadReceiveTimeResult[]): boolean {
  const us = item.receiveTimeUs;
  return reported.some(({ from, to }) => parseTimeUs(from) <= us && us <= parseTimeUs(to));
}

/** Both times come from the same machine's clock. */
function isLate({ receiveTimeUs, exchangeTimeUs }: DiffItem): boolean {
  return receiveTimeUs - exchangeTimeUs > LATE_US;
}

/** On a busy machine others are late, too, by less than what counts as a stall, or sent late. */
function isSentInStall({ exchangeTimeUs }: DiffItem, beforeUs: number): boolean {
  return exchangeTimeUs > beforeUs && exchangeTimeUs < beforeUs + 1_500_000;
}

async function expectRight(items: readonly DiffItem[]): Promise<void> {
  const archive = await openArchive(directory);
  try {
    for (const { sequence } of items) {
      const at = Number(sequence);
      const book = await archive.bookAt(SECURITY, { sequence: at });
      if (book.state !== 'proven') throw new Error(`No book at ${sequence}`);
      expectTrueBook(book, sandbox.bookAtSequence('BTCUSDT', at));
    }
  } finally {
    await archive.close();
  }
}

test.each(Object.keys(STALLS))(
  '%s: no gap, books are right, and late receive times are reported',
  async (stall) => {
    const one = await start();
    await heardMore(10);
    const beforeUs = Date.now() * 1000;
    await STALLS[stall]?.(one);
    await heardMore(10);

    const { intervals, gaps, badReceiveTimes } = await coverage(one);
    expect(intervals).toHaveLength(1);
    expect(gaps).toEqual([]);
    // From the last heartbeat before the stall until the loop has caught up.
    const covers = ({ from, to }: BadReceiveTimeResult): boolean =>
      parseTimeUs(from) < beforeUs + 1_000_000 && parseTimeUs(to) > beforeUs + 1_900_000;
    expect(badReceiveTimes.find(covers)).toMatchObject({ cause: 'stall' });

    const heard = await diffs();
    const late = heard.filter((item) => isLate(item) && isSentInStall(item, beforeUs));
    expect(late.length).toBeGreaterThan(0);
    expect(late.filter((item) => !isReported(item, badReceiveTimes))).toEqual([]);
    expect(heard.filter((item) => !isReported(item, badReceiveTimes)).length).toBeGreaterThan(0);
    await expectRight([...late, ...heard.slice(-1)]);

    expect(one.output()).toMatch(/The event loop stalled: receive times are late milliseconds=\d+/);
    const page = await (await fetch(`http://127.0.0.1:${portOf(one, 'metrics')}/metrics`)).text();
    expect(Number(/^orderbook_event_loop_stalls_total (\d+)$/m.exec(page)?.[1])).toBeGreaterThan(0);
    expect(await one.end('SIGTERM')).toEqual({ code: 0 });
  },
  120_000,
);

test('killed after its loop was blocked: the defect is still reported after the restart', async () => {
  const one = await start();
  await heardMore(5);
  const beforeUs = Date.now() * 1000;
  await STALLS['its loop is blocked']?.(one);
  await heardMore(10);
  const before = (await coverage(one)).badReceiveTimes;
  await one.end('SIGKILL');

  const next = await start();
  await heardMore(5);
  const after = await coverage(next);
  expect(after.gaps.map(({ cause }) => cause)).toEqual(['restart']);
  expect(after.badReceiveTimes.map(({ from }) => from)).toEqual(
    expect.arrayContaining(before.map(({ from }) => from)),
  );
  const late = (await diffs()).filter((item) => isLate(item) && isSentInStall(item, beforeUs));
  expect(late.length).toBeGreaterThan(0);
  expect(late.filter((item) => !isReported(item, after.badReceiveTimes))).toEqual([]);
  expect(await next.end('SIGTERM')).toEqual({ code: 0 });
}, 120_000);
