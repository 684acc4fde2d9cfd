import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Authority, openssl } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { KEY, startPort } from './fixture.ts';
import type { Port } from './fixture.ts';
import { built, needs } from '../support/requirements.ts';

/** The built command as a process: pipes, signals and the exit code, which a function has none of. */

const MAIN = 'dist/manager-cli/main.js';
/** Any write to it fails with ENOSPC. */
const devFull = { isMet: existsSync('/dev/full'), reason: 'no /dev/full' };

let port: Port;

beforeEach(async () => {
  port = await startPort();
});

afterEach(() => port.close(0));

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
  readonly code: Promise<number | null>;
}

function start(...args: readonly string[]): Running {
  return run(process.execPath, [MAIN, ...args]);
}

function run(program: string, args: readonly string[]): Running {
  const child = spawn(program, args, {
    env: { MANAGER_AUTHKEY: KEY, MANAGER_PORT: String(port.port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = once(child, 'close').then(([exitCode]) => exitCode as number | null);
  return { child, output: () => output, errors: () => errors, code };
}

describe('orderbook-manager as a process', needs(built(MAIN)), () => {
  test('prints, and ends by itself', async () => {
    const list = start('list', '--json');
    expect(await list.code).toBe(0);
    expect(JSON.parse(list.output())).toHaveLength(1);
    expect(list.errors()).toBe('');
  });

  test('Ctrl-C ends a watch with 0', async () => {
    const watch = start('watch');
    await until('the first line', () => watch.output() !== '');
    watch.child.kill('SIGINT');
    expect(await watch.code).toBe(0);
    expect(watch.errors()).toBe('');
  });

  test('closing the pipe ends an export quietly, as SIGPIPE would, and cancels the call', async () => {
    port.reader.lines = function* endless() {
      for (;;) yield { text: 'x'.repeat(1000) };
    };
    const exporting = start('export', 'binance:BTCUSDT', '--type', 'trades');
    await until('the first lines', () => exporting.output() !== '');
    exporting.child.stdout?.destroy();
    expect(await exporting.code).toBe(141);
    expect(exporting.errors()).toBe('');
    await until('the logger to stop reading', () => port.reader.linesLeft === 1);
  });

  test('a stdout that can not be written is a failure', needs(devFull), async () => {
    for (const command of ['list', 'health']) {
      const asked = run('sh', [
        '-c',
        `exec "$0" "$@" > /dev/full`,
        process.execPath,
        MAIN,
        command,
      ]);
      expect(await asked.code, command).toBe(1);
      expect(asked.errors()).toMatch(/stdout can't be written: .*ENOSPC/);
    }
  });

  test('a paused pipe applies backpressure to the logger and fills no memory', async () => {
    let made = 0;
    port.reader.lines = function* endless() {
      for (;;) {
        made++;
        yield { text: 'x'.repeat(1000) };
      }
    };
    const exporting = start('export', 'binance:BTCUSDT', '--type', 'trades');
    await until('the first lines', () => exporting.output() !== '');
    exporting.child.stdout?.pause();
    let before = -1;
    await until('the logger to stand still', async () => {
      const isStill = made === before;
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return isStill;
    });
    expect(made).toBeLessThan(32 * 1024);
    exporting.child.kill('SIGKILL');
    await exporting.code;
    await until('the logger to stop reading', () => port.reader.linesLeft === 1);
  });

  test('a big book goes through a pipe completely', async () => {
    const { bookResult } = await import('./fake-control.ts');
    port.control.book = bookResult('binance:BTCUSDT', 50_000);
    const book = start('book', 'binance:BTCUSDT', '--json');
    expect(await book.code).toBe(0);
    expect(JSON.parse(book.output())).toEqual(port.control.book);
  });

  test('the first signal ends the wait for a query, but not for the outcome of a change', async () => {
    let asked = 0;
    let answer = (): void => undefined;
    port.control.list = () => (asked++, new Promise(() => undefined));
    const remove = port.control.remove.bind(port.control);
    port.control.remove = async (...given) => {
      asked++;
      await new Promise<void>((resolve) => (answer = resolve));
      return remove(...given);
    };
    const list = start('list', '--timeout', '60');
    await until('the question', () => asked === 1);
    list.child.kill('SIGINT');
    expect([await list.code, list.errors()]).toEqual([130, '']);
    const removing = start('remove', 'binance:BTCUSDT', '--timeout', '60');
    await until('the change', () => asked === 2);
    removing.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(removing.child.exitCode).toBeNull();
    answer();
    expect(await removing.code).toBe(0);
    expect(removing.output()).toContain('binance:BTCUSDT');
  });

  describe('a port that accepts and never responds, like a hanging logger', () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    let silentPort: string;

    beforeEach(async () => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      silentPort = String((server.address() as AddressInfo).port);
    });

    afterEach(async () => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      await new Promise((resolve) => server.close(resolve));
    });

    const expectNoResponse = async (...tls: readonly string[]): Promise<void> => {
      const startMs = performance.now();
      const ping = start('ping', '--port', silentPort, '--timeout', '0.2', ...tls);
      expect(await ping.code).toBe(4);
      expect(ping.errors()).toMatch(
        /^[^\n]*No response from [^\n]* accepts the connection[^\n]*\n$/,
      );
      expect(ping.errors()).not.toContain('start it');
      // Without `--timeout` it is ten seconds.
      expect(performance.now() - startMs).toBeLessThan(9000);
    };

    test('in plaintext ends with 4', () => expectNoResponse());

    test('ends at the first signal', async () => {
      const ping = start('ping', '--port', silentPort, '--timeout', '60');
      await until('the connection', () => sockets.size > 0);
      const startMs = performance.now();
      ping.child.kill('SIGTERM');
      expect([await ping.code, ping.errors()]).toEqual([130, '']);
      expect(performance.now() - startMs).toBeLessThan(20_000);
    });

    test('over TLS ends with 4', needs(openssl), async () => {
      const authority = new Authority('test authority');
      try {
        await expectNoResponse('--tls-ca', authority.caFile);
      } finally {
        authority.remove();
      }
    });
  });

  test('help that can not be written is a failure', needs(devFull), async () => {
    const help = run('sh', ['-c', `exec "$0" "$@" > /dev/full`, process.execPath, MAIN, '--help']);
    expect(await help.code).toBe(1);
  });

  test('pending output reaches a paused pipe completely', async () => {
    const { bookResult } = await import('./fake-control.ts');
    port.control.book = bookResult('binance:BTCUSDT', 50_000);
    const book = start('book', 'binance:BTCUSDT', '--json');
    book.child.stdout?.pause();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(book.child.exitCode).toBeNull();
    book.child.stdout?.resume();
    expect(await book.code).toBe(0);
    expect(JSON.parse(book.output())).toEqual(port.control.book);
  });
});
