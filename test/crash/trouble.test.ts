/** The real process in trouble: uncaught errors, a stalled event loop, an unread log. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { startTcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SECURITY = 'binance:BTCUSDT';
/** An overloaded machine may stall a logger for the 1 s that these tests allow. */
const SHORT_LIMIT = { retry: 2 };
/** Two seconds by design (`service/shutdown.ts`), and what a busy machine adds. A stop may take nine. */
const EXIT_LIMIT_MS = 6000;

let sandbox: Sandbox;
let directory: string;
const running: LoggerProcess[] = [];

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
  directory = mkdtempSync(join(tmpdir(), 'orderbook-trouble-'));
});

afterEach(async () => {
  for (const one of running.splice(0)) if (!hasEnded(one)) await one.end('SIGKILL');
  await sandbox.close();
  rmSync(directory, { recursive: true, force: true });
});

function hasEnded({ child }: LoggerProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function start(env: Record<string, string> = {}): LoggerProcess {
  const one = spawnLogger(
    {
      BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
      BINANCE_REST_URL: sandbox.venues.binance.restUrl,
      ORDERBOOK_UPDATEFREQUENCY: '100',
      SECURITIES: SECURITY,
      DATA_DIR: directory,
      MANAGER_PORT: '0',
      MANAGER_AUTHKEY: TEST_KEY,
      ...env,
    },
    [],
    ['--import', './test/support/process-faults.mjs'],
  );
  running.push(one);
  return one;
}

/** Number of diffs, read while the logger is running. */
async function diffs(): Promise<number> {
  const archive = await openEmbeddedArchive({ directory, readOnly: true });
  try {
    let count = 0;
    for await (const item of createReader(archive).updates({ security: SECURITY })) {
      if (item.type === 'update') count++;
    }
    return count;
  } finally {
    await archive.close();
  }
}

async function recorded(count: number): Promise<void> {
  await until(`${count} diffs`, async () => (await diffs()) >= count);
}

test.each(['throw', 'reject'])(
  'an uncaught error (%s): everything is stored, exit 1',
  async (fault) => {
    const one = start({ TEST_FAULT: fault, LOG_FORMAT: 'journal' });
    await one.ready();
    await recorded(5);
    const startedMs = performance.now();
    expect(await one.end('SIGUSR2')).toEqual({ code: 1 });
    expect(performance.now() - startedMs).toBeLessThan(EXIT_LIMIT_MS);
    expect(one.output()).toMatch(/^<2>Unexpected error: exiting reason="test fault, /m);
    expect(one.output()).not.toContain('in time');
    const archive = await openEmbeddedArchive({ directory, readOnly: true });
    const { problems } = await createReader(archive).verify();
    await archive.close();
    expect(problems).toEqual([]);
    const next = start();
    await next.ready();
    expect(next.output()).not.toContain('did not stop cleanly');
  },
);

test('an uncaught error while MongoDB is silent: everything is in the spool, exit 1 in time', async () => {
  const silent = await startTcpProxy({ host: '127.0.0.1', port: 1 });
  silent.mode = 'hang';
  const one = start({ TEST_FAULT: 'throw', MONGODB_ENDPOINT: `127.0.0.1:${silent.port}` });
  await one.ready();
  await recorded(5);
  const startedMs = performance.now();
  expect(await one.end('SIGUSR2')).toEqual({ code: 1 });
  expect(performance.now() - startedMs).toBeLessThan(EXIT_LIMIT_MS);
  await silent.close();
  const next = start();
  await next.ready();
  expect(next.output()).not.toContain('did not stop cleanly');
});

test('a stalled event loop: one last line, then exit', SHORT_LIMIT, async () => {
  const one = start({ TEST_FAULT: 'stall', STALL_LIMIT: '1', LOG_FORMAT: 'journal' });
  await one.ready();
  const startedMs = performance.now();
  await one.end('SIGUSR2');
  expect(one.child.signalCode).toBe('SIGKILL');
  expect(performance.now() - startedMs).toBeLessThan(EXIT_LIMIT_MS);
  expect(one.output().trimEnd().split('\n').at(-1)).toBe(
    '<2>The event loop has stalled for 1 s: exiting',
  );
});

test('a process that was suspended for longer than the limit continues', SHORT_LIMIT, async () => {
  const one = start({ STALL_LIMIT: '1' });
  await one.ready();
  one.child.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  one.child.kill('SIGCONT');
  await recorded((await diffs()) + 10);
  expect(await one.end('SIGTERM')).toEqual({ code: 0 });
});

test('a log whose reader is gone: recording continues, SIGTERM shuts down cleanly', async () => {
  const one = start({ LOGLEVEL: 'debug' });
  await one.ready();
  one.child.stderr?.destroy();
  one.child.stdout?.destroy();
  await recorded((await diffs()) + 10);
  expect(await one.end('SIGTERM')).toEqual({ code: 0 });
});

/** True once the program handles signals (SIGHUP last); until then Node does. */
function answersSignals({ child }: LoggerProcess): boolean {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const caught = BigInt(`0x${/^SigCgt:\s+(\w+)/m.exec(status)?.[1] ?? '0'}`);
  return (caught & 1n) !== 0n;
}

test('SIGTERM at any moment of the start shuts down cleanly', async () => {
  for (const afterMs of [0, 20, 50, 100, 200, 400]) {
    const one = start();
    await until('the signal handlers', () => answersSignals(one));
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    expect(await one.end('SIGTERM'), `after ${afterMs} ms`).toEqual({ code: 0 });
  }
});
