/**
 * The log of the real process goes to a pipe, as in a shell, that is full or has no reader. Recording
 * continues, and SIGTERM shuts down cleanly.
 */

import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { RawClient, bearer } from '../manager/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SECURITY = 'binance:BTCUSDT';
/** At a kilobyte or more each, they exceed the log's buffer. */
const LINES = 2000;
const TOGETHER = 20;
const PIPE_BYTES = 65_536;
/** For diffs every 100 ms, on a loaded machine. */
const PAUSE_MAX_US = 5_000_000;

let sandbox: Sandbox;
let directory: string;
const undo: (() => unknown)[] = [];

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
  directory = mkdtempSync(join(tmpdir(), 'orderbook-log-'));
  undo.push(
    () => rmSync(directory, { recursive: true, force: true }),
    () => sandbox.close(),
  );
});

afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

interface Pipe {
  /** Open file descriptor for the process. */
  readonly inlet: number;
  /** Reads everything in it. */
  drain(): string;
  /** Closes the reading end. */
  breakOff(): void;
}

/** A real pipe; Node's are sockets, which hold more. */
function makePipe({ isFull }: { readonly isFull: boolean }): Pipe {
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  const outlet = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (isFull) {
    const filler = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    const piece = Buffer.alloc(4096, '\n');
    untilRefused(() => writeSync(filler, piece));
    closeSync(filler);
  }
  const inlet = openSync(path, constants.O_WRONLY);
  let isOpen = true;
  const breakOff = (): void => {
    if (isOpen) closeSync(outlet);
    isOpen = false;
  };
  undo.push(breakOff);
  return {
    inlet,
    drain: () => {
      const piece = Buffer.alloc(PIPE_BYTES);
      let text = '';
      untilRefused(() => {
        const bytes = readSync(outlet, piece);
        text += piece.toString('utf8', 0, bytes);
        return bytes;
      });
      return text;
    },
    breakOff,
  };
}

/** Repeats until the pipe would block or has ended. */
function untilRefused(act: () => number): void {
  try {
    while (act() > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}

function start(port: number, inlet: number): LoggerProcess {
  const one = spawnLogger(
    {
      BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
      BINANCE_REST_URL: sandbox.venues.binance.restUrl,
      ORDERBOOK_UPDATEFREQUENCY: '100',
      SECURITIES: SECURITY,
      DATA_DIR: directory,
      MANAGER_PORT: String(port),
      MANAGER_AUTHKEY: TEST_KEY,
      LOGLEVEL: 'debug',
    },
    [],
    [],
    inlet,
  );
  closeSync(inlet);
  const { child } = one;
  undo.push(() => child.exitCode === null && child.signalCode === null && one.end('SIGKILL'));
  return one;
}

/** Receive times of all diffs, read while the logger is running. */
async function diffs(): Promise<number[]> {
  const archive = await openEmbeddedArchive({ directory, readOnly: true });
  try {
    const times: number[] = [];
    for await (const item of createReader(archive).updates({ security: SECURITY })) {
      if (item.type === 'update') times.push(item.receiveTimeUs);
    }
    return times;
  } finally {
    await archive.close();
  }
}

/** Makes that many log lines with calls that are rejected for their arguments. */
async function makeLines(client: RawClient): Promise<void> {
  const securities = Array.from({ length: 10 }, (_, i) => `nowhere:${'X'.repeat(60)}${i}`);
  for (let sent = 0; sent < LINES; sent += TOGETHER) {
    await Promise.all(
      Array.from({ length: TOGETHER }, () =>
        client.unary('Remove', { securities }, bearer(TEST_KEY)),
      ),
    );
  }
}

test.each(['is full', 'has no reader'])('a log whose pipe %s', async (state) => {
  const pipe = makePipe({ isFull: state === 'is full' });
  const port = await freePort();
  const one = start(port, pipe.inlet);
  if (state === 'has no reader') pipe.breakOff();
  const client = new RawClient(port);
  undo.push(() => client.close());
  await until('the manager port', async () => {
    return (await client.unary('Ping', {}, bearer(TEST_KEY))).code === 0;
  });
  await until('a recording', async () => (await found()) > 5);
  const before = await found();
  await makeLines(client);
  await until('as much again', async () => (await found()) > before + 10);

  if (state === 'is full') {
    let told = pipe.drain();
    // The process has not written a byte.
    expect(told.startsWith('\n'.repeat(PIPE_BYTES))).toBe(true);
    // The buffered lines arrive now, and a line with the number of dropped ones.
    await until('the line about lost lines', async () => {
      await client.unary('Remove', { securities: ['nowhere:Y'] }, bearer(TEST_KEY));
      told += pipe.drain();
      return /Log lines were dropped: nobody read them dropped=\d{3,}/.test(told);
    });
  }
  one.child.kill('SIGTERM');
  expect(await one.ended()).toEqual({ code: 0 });
  const times = await diffs();
  const pauses = times.map((us, i) => us - (times[i - 1] ?? us));
  expect(Math.max(...pauses)).toBeLessThan(PAUSE_MAX_US);

  async function found(): Promise<number> {
    return (await diffs()).length;
  }
});
