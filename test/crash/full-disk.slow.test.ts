/** The real process on a full disk. Mounting a small one needs root. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { RawClient, bearer } from '../manager/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { NO_MOUNT, mountSmallDisk } from '../support/small-disk.ts';
import type { SmallDisk } from '../support/small-disk.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SECURITY = 'binance:BTCUSDT';
const DISK_KIB = 2048;
/** Enough for a moment of recording. */
const LEFT_BYTES = 40_000;

let disk: SmallDisk;
let client: RawClient;
const undo: (() => unknown)[] = [];

beforeEach((context) => {
  const mounted = mountSmallDisk(DISK_KIB);
  if (mounted === undefined) return context.skip(NO_MOUNT);
  disk = mounted;
  undo.push(() => disk.remove());
});

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function health(): Promise<any> {
  return (await client.unary('Health', {}, bearer(TEST_KEY))).response;
}

async function sequence(): Promise<number> {
  const [row] = (await health()).securities;
  return row?.state === 'RECORDING_STATE_LIVE' ? Number(row.sequence) : 0;
}

async function advance(): Promise<void> {
  const before = await sequence();
  await until('the book to advance', async () => (await sequence()) > before);
}

/** Starts a logger and fills its disk. */
async function startAndFill(): Promise<LoggerProcess> {
  const sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'], pace: 2000 });
  undo.push(() => sandbox.close());
  const port = await freePort();
  const one = spawnLogger({
    BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
    BINANCE_REST_URL: sandbox.venues.binance.restUrl,
    ORDERBOOK_UPDATEFREQUENCY: '100',
    SECURITIES: SECURITY,
    DATA_DIR: disk.directory,
    MANAGER_PORT: String(port),
    MANAGER_AUTHKEY: TEST_KEY,
  });
  client = new RawClient(port);
  undo.push(
    () => one.child.exitCode === null && one.child.signalCode === null && one.end('SIGKILL'),
    () => client.close(),
  );
  await one.ready();
  await until('a live book', sequence);
  disk.fill(LEFT_BYTES);
  await until('a full disk', async () => (await health()).status === 'STATUS_DOWN');
  await advance();
  return one;
}

test('recording continues on a full disk, and nothing is missing once there is space again', async () => {
  const one = await startAndFill();
  disk.clear();
  await until('the archive', async () => (await health()).status === 'STATUS_SERVING');
  await advance();
  const last = await sequence();
  expect(await one.end('SIGTERM')).toEqual({ code: 0 });
  const archive = await openEmbeddedArchive({ directory: disk.directory, readOnly: true });
  try {
    const reader = createReader(archive);
    const { intervals, gaps } = await reader.coverage({ security: SECURITY });
    expect(intervals).toHaveLength(1);
    expect(gaps.map(({ to }) => to)).toEqual([null]);
    expect(Number(intervals[0]?.lastSequence)).toBeGreaterThanOrEqual(last);
    expect((await reader.verify()).problems).toEqual([]);
  } finally {
    await archive.close();
  }
});

test('SIGTERM on a full disk: it retries until the shutdown limit and reports the failure', async () => {
  const one = await startAndFill();
  const startedMs = performance.now();
  expect(await one.end('SIGTERM')).toEqual({ code: 1 });
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  expect(one.output()).toMatch(/critical Shutdown timed out: not everything was written\n$/);
});
