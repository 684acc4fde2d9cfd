/** Start and shutdown of the real process: exit codes, signals, one line per error. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { RawClient, bearer } from '../manager/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { spawnLogger } from '../support/logger-process.ts';
import type { LoggerProcess } from '../support/logger-process.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const EXIT_CONFIG = 78;

let sandbox: Sandbox;
let directory: string;
const running: LoggerProcess[] = [];

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
  directory = mkdtempSync(join(tmpdir(), 'orderbook-stop-'));
});

afterEach(async () => {
  for (const one of running.splice(0)) if (one.child.exitCode === null) await one.end('SIGKILL');
  await sandbox.close();
  rmSync(directory, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}): LoggerProcess {
  const one = spawnLogger({
    BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
    BINANCE_REST_URL: sandbox.venues.binance.restUrl,
    SECURITIES: 'binance:BTCUSDT',
    DATA_DIR: directory,
    MANAGER_PORT: '0',
    MANAGER_AUTHKEY: TEST_KEY,
    ...env,
  });
  running.push(one);
  return one;
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // Not listening yet: the caller tries again.
    return false;
  } finally {
    socket.destroy();
  }
}

describe('the logger process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s writes everything out and exits 0',
    async (signal) => {
      const one = start();
      await one.ready();
      expect(await one.end(signal)).toEqual({ code: 0 });
      expect(one.output()).toMatch(/Stopped/);
    },
  );

  test('logs where records go: the directory, or the database and its spool', async () => {
    const one = start({ DATA_DIR: relative(process.cwd(), directory) });
    await one.ready();
    expect(one.output()).toContain(` archive=${directory}\n`);
    await one.end('SIGTERM');
    const uri = `mongodb://user:word-of-it@127.0.0.1:${await freePort()}/books`;
    const two = start({ MONGODB_ENDPOINT: uri });
    await two.ready();
    const shown = uri.replace('user:word-of-it@', '');
    expect(two.output()).toContain(` archive=${shown} spool=${directory}\n`);
    expect(await two.end('SIGTERM')).toEqual({ code: 0 });
    expect(two.output()).not.toContain('word-of-it');
  });

  test('SIGHUP loads the key that the file has by then, and keeps it if the next one is empty', async () => {
    const file = join(directory, 'authkey');
    const [first, next] = ['the-first-key-of-the-test', 'the-next-key-of-the-test'];
    writeFileSync(file, first);
    const port = await freePort();
    const one = start({ MANAGER_AUTHKEY: '', MANAGER_AUTHKEY_FILE: file, MANAGER_PORT: `${port}` });
    await one.ready();
    const client = new RawClient(port);
    const ping = async (key: string): Promise<number> =>
      (await client.unary('Ping', {}, bearer(key))).code;
    expect(await ping(first)).toBe(status.OK);

    writeFileSync(file, next);
    one.child.kill('SIGHUP');
    await until('the reload', () => one.output().includes('Reloaded the manager keys'));
    expect(await ping(next)).toBe(status.OK);
    expect(await ping(first)).toBe(status.UNAUTHENTICATED);

    writeFileSync(file, '');
    one.child.kill('SIGHUP');
    await until('the rejection', () => one.output().includes('keeping the old ones'));
    expect(await ping(next)).toBe(status.OK);
    client.close();
    expect(await one.end('SIGTERM')).toEqual({ code: 0 });
    expect(one.output()).not.toContain(next);
  });

  test('a second logger on the same archive fails with one line, exit 78', async () => {
    await start().ready();
    const second = start();
    expect(await second.ended()).toEqual({ code: EXIT_CONFIG });
    expect(second.output().trim().split('\n')).toHaveLength(1);
    expect(second.output()).toContain('in use');
  });

  test('an archive that cannot be created is a bad setting', async () => {
    const file = join(directory, 'a-file');
    writeFileSync(file, '');
    const one = start({ DATA_DIR: file });
    expect(await one.ended()).toEqual({ code: EXIT_CONFIG });
    expect(one.output()).toMatch(/^orderbook-logger: DATA_DIR [^\n]*\n$/);
  });

  test('an archive where nothing can be created is a bad setting, reported at once', async () => {
    const one = start({ DATA_DIR: '/proc/1/nowhere/data' });
    expect(await one.ended()).toEqual({ code: EXIT_CONFIG });
    expect(one.output()).toMatch(/^orderbook-logger: DATA_DIR [^\n]*\n$/);
  });

  test('an existing directory without write access is a bad setting', async () => {
    const one = start({ DATA_DIR: '/proc' });
    expect(await one.ended()).toEqual({ code: EXIT_CONFIG });
    expect(one.output()).toMatch(/^orderbook-logger: DATA_DIR "\/proc" can't be used: [^\n]*\n$/);
  });

  test.each([
    ['--help', 0, /^orderbook-logger: records/],
    ['--version', 0, /^\d+\.\d+\.\d+\n$/],
    ['binance:BTCUSDT', 2, /^orderbook-logger: takes no arguments, and got "binance:BTCUSDT"/],
  ])('%s starts nothing', async (argument, code, text) => {
    const one = spawnLogger({ DATA_DIR: join(directory, 'new') }, [argument]);
    running.push(one);
    expect(await one.ended()).toEqual({ code });
    expect(one.output()).toMatch(text);
  });

  test('a bad setting is one line, exit 78, and creates nothing', async () => {
    const one = start({ STALE_AFTER: 'soon', DATA_DIR: join(directory, 'new') });
    expect(await one.ended()).toEqual({ code: EXIT_CONFIG });
    expect(one.output()).toMatch(/^orderbook-logger: STALE_AFTER: "soon" [^\n]*\n$/);
  });

  test('a security of an unknown exchange is a bad setting', async () => {
    const one = start({ SECURITIES: 'nowhere:BTC', LOGLEVEL: 'error' });
    expect(await one.ended()).toEqual({ code: EXIT_CONFIG });
    expect(one.output()).toMatch(
      /^orderbook-logger: SECURITIES: "nowhere:BTC" is not valid: unknown exchange "nowhere" [^\n]*\n$/,
    );
  });

  test.each(['MANAGER_PORT', 'METRICS_PORT'])('a %s in use is one line, exit 1', async (name) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const one = start({ SECURITIES: '', [name]: String(port) });
    expect(await one.ended()).toEqual({ code: 1 });
    expect(one.output().trim().split('\n')).toHaveLength(1);
    expect(one.output()).toContain(String(port));
    taken.close();
  });

  test('at LOGLEVEL=error a clean run prints nothing', async () => {
    const port = await freePort();
    const one = start({ LOGLEVEL: 'error', MANAGER_PORT: String(port) });
    await until('the manager port', () => canConnect(port));
    expect(await one.end('SIGTERM')).toEqual({ code: 0 });
    expect(one.output()).toBe('');
  });
});
