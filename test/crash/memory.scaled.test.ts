/**
 * The memory of the real process while peers send too much, read nothing or hold connections. Without its
 * limit each test would cost hundreds of MiB; the asserted bounds are generous.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { RawClient, bearer } from '../manager/fixture.ts';
import { FakeBinance } from '../support/fake-binance.ts';
import { freePort } from '../support/free-port.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { scaled } from '../support/scaled.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SECURITY = 'binance:BTCUSDT';
const MIB = 2 ** 20;
const FLOOD_BYTES = 512 * MIB;
const STREAMS = 16;
/** Exports that are read make hundreds of MiB in this time. */
const UNREAD_MS = 3000;
const AT_FULL_SIZE = scaled({ fast: [], full: ['manager port and the metrics port'] });
const FRAMES: readonly [string, number][] = [
  ['of 4 MiB', 4 * MIB],
  ['of a kilobyte', 1024],
];

let sandbox: Sandbox;
let directory: string;
let one: LoggerProcess;
let manager: number;
let metrics: number;
let client: RawClient;
const undo: (() => unknown)[] = [];

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
  directory = mkdtempSync(join(tmpdir(), 'orderbook-memory-'));
  undo.push(
    () => rmSync(directory, { recursive: true, force: true }),
    () => sandbox.close(),
  );
  [manager, metrics] = [await freePort(), await freePort()];
});

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function start(exchange: {
  readonly wsUrl: string;
  readonly restUrl: string;
}): Promise<void> {
  one = spawnLogger({
    BINANCE_WS_URL: exchange.wsUrl,
    BINANCE_REST_URL: exchange.restUrl,
    ORDERBOOK_UPDATEFREQUENCY: '100',
    SECURITIES: SECURITY,
    DATA_DIR: directory,
    MANAGER_PORT: String(manager),
    METRICS_PORT: String(metrics),
    MANAGER_AUTHKEY: TEST_KEY,
  });
  const { child } = one;
  undo.push(() => child.exitCode === null && child.signalCode === null && one.end('SIGKILL'));
  await one.ready();
  client = open();
}

function open(): RawClient {
  const opened = new RawClient(manager);
  undo.push(() => opened.close());
  return opened;
}

async function live(): Promise<void> {
  let last: string | undefined;
  await until('a live book that moves', async () => {
    const { response } = await client.unary('List', {}, bearer(TEST_KEY));
    const { state, sequence } = response.securities[0];
    const before = last;
    last = sequence;
    return state === 'RECORDING_STATE_LIVE' && before !== undefined && sequence !== before;
  });
}

/** Bytes of memory: `VmRSS` now, `VmHWM` the maximum so far. */
function memory(name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${one.child.pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
}

/** The maximum growth of its memory during `act`, in MiB. */
async function growth(act: () => Promise<void>): Promise<number> {
  const before = memory('VmRSS');
  await act();
  return (memory('VmHWM') - before) / MIB;
}

async function openSockets(port: number, count: number, words = ''): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      undo.push(() => socket.destroy());
      await once(socket, 'connect');
      socket.write(words);
    }),
  );
}

test.each(AT_FULL_SIZE)('a thousand idle sockets on the %s', async () => {
  await start(sandbox.venues.binance);
  await live();
  const grown = await growth(async () => {
    await openSockets(manager, 1000);
    await openSockets(metrics, 1000, 'GET /metrics HTTP/1.1\r\n');
    await live();
  });
  expect(grown).toBeLessThan(64);
  expect((await client.unary('Ping', {}, bearer(TEST_KEY))).code).toBe(0);
});

test.each(AT_FULL_SIZE)('unread streams on the %s', async () => {
  await start(sandbox.venues.binance);
  await live();
  const reader = open();
  let parts = 0;
  const grown = await growth(async () => {
    for (let i = 0; i < STREAMS; i++) {
      // Every tick is a whole book: hundreds of kilobytes.
      const question = { security: SECURITY, type: 'TYPE_SNAPSHOTS', every: '1ms' };
      const call = reader.stream('Export', question, bearer(TEST_KEY));
      call.on('error', () => undefined);
      call.once('data', () => {
        parts++;
        call.pause();
      });
    }
    await until('a part of each', () => parts === STREAMS);
    await wait(UNREAD_MS);
    await live();
  });
  expect(grown).toBeLessThan(128);
});

test.each(FRAMES.slice(0, scaled({ fast: 1, full: 2 })))(
  'frames of an unknown kind %s, 512 MiB of them',
  async (_, bytes) => {
    const exchange = await FakeBinance.start();
    undo.push(() => exchange.close());
    await start(exchange);
    const connection = await until('the subscription', () =>
      exchange.connections.find(({ streams }) => streams.size > 0),
    );
    const data = { e: 'unknown', x: 'x'.repeat(bytes) };
    const frame = JSON.stringify({ stream: 'btcusdt@unknown', data });
    const grown = await growth(async () => {
      for (let sent = 0; sent < FLOOD_BYTES; sent += frame.length) {
        connection.raw(frame);
        const { socket } = connection;
        if (socket.bufferedAmount > 8 * MIB) await until('room', () => socket.bufferedAmount < MIB);
      }
      // The pong comes after all of them.
      connection.socket.ping();
      await once(connection.socket, 'pong');
    });
    expect(connection.isOpen).toBe(true);
    expect(grown).toBeLessThan(256);
  },
);
