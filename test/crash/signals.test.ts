/**
 * SIGTERM at various moments of the real process: exit code 0 within the limit, and everything received
 * is in the archive.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status as grpc } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { RawClient, bearer } from '../manager/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { startTcpProxy } from '../../sandbox/server/tcp-proxy.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SECURITY = 'binance:BTCUSDT';
const STOP_LIMIT_MS = 10_000;

let sandbox: Sandbox;
let directory: string;
let client: RawClient;
let one: LoggerProcess;
const undo: (() => unknown)[] = [];

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
  directory = mkdtempSync(join(tmpdir(), 'orderbook-signals-'));
  undo.push(
    () => rmSync(directory, { recursive: true, force: true }),
    () => sandbox.close(),
  );
});

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function start(env: Record<string, string> = {}): Promise<void> {
  const port = await freePort();
  one = spawnLogger({
    BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
    BINANCE_REST_URL: sandbox.venues.binance.restUrl,
    ORDERBOOK_UPDATEFREQUENCY: '100',
    SECURITIES: SECURITY,
    DATA_DIR: directory,
    MANAGER_PORT: String(port),
    MANAGER_AUTHKEY: TEST_KEY,
    ...env,
  });
  const { child } = one;
  client = new RawClient(port);
  undo.push(
    () => child.exitCode === null && child.signalCode === null && one.end('SIGKILL'),
    () => client.close(),
  );
  await one.ready();
}

/** A server that accepts connections and never responds. */
async function silentServer(): Promise<string> {
  const server = await startTcpProxy({
    host: '127.0.0.1',
    port: Number(new URL(sandbox.venues.binance.restUrl).port),
  });
  server.mode = 'hang';
  undo.push(() => server.close());
  return `127.0.0.1:${server.port}`;
}

async function status(): Promise<{ readonly state: string; readonly sequence?: string }> {
  const { response } = await client.unary('List', {}, bearer(TEST_KEY));
  return response.securities[0];
}

async function live(): Promise<void> {
  const { sequence } = await until('a live book', async () => {
    const row = await status();
    return row.state === 'RECORDING_STATE_LIVE' ? row : undefined;
  });
  await until('the next diff', async () => (await status()).sequence !== sequence);
}

/** Sends the signals at once and checks how the process exits. */
async function endsWell(...signals: NodeJS.Signals[]): Promise<void> {
  const startedMs = performance.now();
  for (const signal of signals) one.child.kill(signal);
  expect(await one.ended()).toEqual({ code: 0 });
  expect(performance.now() - startedMs).toBeLessThan(STOP_LIMIT_MS);
  expect(one.output()).toMatch(/ Stopped\n$/);
}

/** Everything is stored: up to `sequence` at least, valid, and sealed by a clean shutdown. */
async function expectWritten(sequence: string | undefined): Promise<void> {
  const archive = await openEmbeddedArchive({ directory, readOnly: true });
  try {
    const reader = createReader(archive);
    const { intervals, gaps } = await reader.coverage({ security: SECURITY });
    expect(Number(intervals.at(-1)?.lastSequence)).toBeGreaterThanOrEqual(Number(sequence));
    expect(gaps.map(({ to, cause }) => ({ to, cause }))).toEqual([{ to: null, cause: 'restart' }]);
    expect((await reader.verify()).problems).toEqual([]);
  } finally {
    await archive.close();
  }
}

test.each([
  ['twice at once', ['SIGTERM', 'SIGTERM']],
  ['with SIGINT at once', ['SIGTERM', 'SIGINT', 'SIGTERM', 'SIGINT']],
] as const)('SIGTERM %s writes everything out once', async (_, signals) => {
  await start();
  await live();
  const { sequence } = await status();
  await endsWell(...signals);
  await expectWritten(sequence);
  expect(one.output().match(/Stopping/g)).toHaveLength(1);
  await start();
  expect(one.output()).not.toContain('did not stop cleanly');
});

test('SIGTERM with nothing to record', async () => {
  await start({ SECURITIES: '' });
  await endsWell('SIGTERM');
});

test('SIGTERM while a snapshot never arrives', async () => {
  sandbox.inject({ type: 'slow-snapshots', count: 100, delayMs: 60_000 });
  await start();
  const asked = sandbox.stats().requests;
  await until('the snapshot to be asked for', () => sandbox.stats().requests > asked);
  expect(await status()).toMatchObject({ state: 'RECORDING_STATE_SYNCING' });
  await endsWell('SIGTERM');
});

test('SIGTERM while an add waits for the exchange', async () => {
  const { hostname, port } = new URL(sandbox.venues.binance.restUrl);
  const rest = await startTcpProxy({ host: hostname, port: Number(port) });
  undo.push(() => rest.close());
  await start({ BINANCE_REST_URL: `http://127.0.0.1:${rest.port}` });
  await live();
  rest.delayMs = 60_000;
  const { up } = rest.bytes;
  const add = { securities: ['binance:ETHUSDT'], wait: true };
  const adding = client.unary('Add', add, bearer(TEST_KEY));
  await until('the request', () => rest.bytes.up > up);
  const { sequence } = await status();
  await endsWell('SIGTERM');
  await expectWritten(sequence);
  const { code, response } = await adding;
  expect(code).toBe(grpc.OK);
  expect(response.results[0].message).toBe('the logger is stopping; it was not added');
});

test('SIGTERM during repeated flushes and snapshots', async () => {
  await start();
  await live();
  const over = new AbortController();
  let calls = 0;
  // Each one flushes, and each snapshot writes an image.
  const ask = async (): Promise<void> => {
    for (; !over.signal.aborted; calls++) {
      await client.collect('Book', { security: SECURITY, at: `${Date.now()}ms`, depth: 1 });
      await client.unary('Snapshot', { securities: [SECURITY] }, bearer(TEST_KEY));
    }
  };
  const asking = [ask(), ask(), ask(), ask()];
  await until('the first of them', () => calls > 20);
  const { sequence } = await status();
  await endsWell('SIGTERM');
  over.abort();
  await Promise.all(asking);
  await expectWritten(sequence);
});

test.each(['rejects', 'is silent'])('SIGTERM while the exchange %s', async (how) => {
  const place = how === 'rejects' ? `127.0.0.1:${await freePort()}` : await silentServer();
  await start({ BINANCE_WS_URL: `ws://${place}`, BINANCE_REST_URL: `http://${place}` });
  await endsWell('SIGTERM');
});

test('SIGTERM while MongoDB is silent', async () => {
  await start({ MONGODB_ENDPOINT: await silentServer() });
  await live();
  const { sequence } = await status();
  await endsWell('SIGTERM');
  await expectWritten(sequence);
});

test('SIGTERM with unread watches and exports', async () => {
  await start();
  await live();
  const codes: number[] = [];
  let parts = 0;
  for (let i = 0; i < 5; i++) {
    for (const [method, request] of [
      ['Watch', {}],
      ['Export', { security: SECURITY, type: 'TYPE_SNAPSHOTS', every: '1ms' }],
    ] as const) {
      const call = client.stream(method, request, bearer(TEST_KEY));
      call.once('data', () => {
        parts++;
        call.pause();
      });
      call.on('error', ({ code }: ServiceError) => codes.push(code));
    }
  }
  await until('a part of each', () => parts === 10);
  const { sequence } = await status();
  await endsWell('SIGTERM');
  await expectWritten(sequence);
  await until('the end of each call', () => codes.length === 10);
  expect(new Set(codes)).toEqual(new Set([grpc.UNAVAILABLE]));
});
