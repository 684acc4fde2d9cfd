/** The demo and the sandbox command, as a user runs them: child processes of what is built in dist/. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { built, needs } from '../support/requirements.ts';

const DEMO = resolve('dist/sandbox/demo/demo.js');
const SANDBOX = resolve('dist/sandbox/main.js');
const programs = built(DEMO, SANDBOX, 'dist/logger/main.js', 'dist/manager-cli/main.js');

interface Run {
  readonly pid: number;
  readonly output: () => string;
  readonly errors: () => string;
  readonly exit: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves once the output holds the text, or the process has ended. */
  said(text: string): Promise<void>;
}

const kills: (() => void)[] = [];
const directories: string[] = [];

afterEach(() => {
  for (const kill of kills.splice(0)) kill();
  for (const directory of directories.splice(0))
    rmSync(directory, { recursive: true, force: true });
});

function run(file: string, args: readonly string[] = [], env: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  let errors = '';
  let wake: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      wake();
      resolve(code);
    });
  });
  kills.push(() => child.kill('SIGKILL'));
  return {
    pid: child.pid ?? 0,
    output: () => output,
    errors: () => errors,
    exit,
    kill: (signal) => child.kill(signal),
    said: async (text) => {
      while (!output.includes(text) && child.exitCode === null && child.signalCode === null) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'demo-test-'));
  directories.push(directory);
  return directory;
}

/** Processes that work in a directory: the demo's logger does. */
function processesIn(directory: string): string[] {
  if (!existsSync('/proc/self/cwd')) return [];
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readlinkSync(`/proc/${entry}/cwd`).startsWith(directory);
    } catch {
      // Gone in the meantime, or another user's: not ours.
      return false;
    }
  });
}

describe('npm run demo', needs(programs), () => {
  test('shows all of it, of every exchange, and ends with 0', { timeout: 250_000 }, async () => {
    const temporary = freshDirectory();
    // What lies around in the caller's environment must not reach the demo's logger.
    const demo = run(DEMO, ['--all'], {
      TMPDIR: temporary,
      SECURITIES: 'binance:NOPE',
      MANAGER_PORT: 'x',
    });
    const exitCode = await demo.exit;
    expect(demo.errors()).toBe('');
    expect(exitCode).toBe(0);
    const output = demo.output();
    for (const line of [
      '$ npm run -s manager -- add binance:BTCUSDT binance:DEEPUSDT coinbase:BTC-USD',
      'orders: price, size, id and queue position.',
      "✔ This book equals the exchange's own at sequence",
      "✔ The rebuilt book equals the exchange's own at sequence",
      "✔ Up to there the book equals the exchange's own at sequence",
      '✔ Exit code 5: that moment was not recorded.',
      "✔ After the gap the book equals the exchange's own at sequence",
      "trades equal the exchange's own list in price, size and side.",
      '$ npm run -s manager -- add bybit:BTCUSDT',
      'The logger has exited with code 0.',
      "✔ The book from the beginning equals the exchange's own at sequence",
      "every book matched the exchange's own, and the gap was reported",
    ]) {
      expect(output).toContain(line);
    }
    expect(readdirSync(temporary)).toEqual([]);
    expect(processesIn(temporary)).toEqual([]);
  });

  test('Ctrl-C ends it, and leaves neither processes nor files', { timeout: 180_000 }, async () => {
    const temporary = freshDirectory();
    const demo = run(DEMO, [], { TMPDIR: temporary });
    await demo.said('The logger is up');
    expect(processesIn(temporary)).not.toEqual([]);
    demo.kill('SIGINT');
    expect(await demo.exit).toBe(130);
    expect(readdirSync(temporary)).toEqual([]);
    expect(processesIn(temporary)).toEqual([]);
  });
});

describe('npm run demo -- --keep', needs(programs), () => {
  test('leaves the archive where it was told to', { timeout: 180_000 }, async () => {
    const temporary = freshDirectory();
    const kept = join(freshDirectory(), 'deeper', 'archive');
    const demo = run(DEMO, ['--keep', kept], { TMPDIR: temporary });
    await demo.said('The logger is up');
    demo.kill('SIGINT');
    expect(await demo.exit).toBe(130);
    expect(readdirSync(temporary)).toEqual([]);
    expect(processesIn(kept)).toEqual([]);
    expect(readdirSync(kept)).not.toEqual([]);
    const again = run(DEMO, ['--keep', kept]);
    expect(await again.exit).toBe(2);
    expect(again.errors()).toMatch(/^demo: --keep needs a directory without files: .*\n$/);
  });

  test('--help names every option', async () => {
    const demo = run(DEMO, ['--help']);
    expect(await demo.exit).toBe(0);
    for (const option of ['--all', '--keep', '--minutes']) expect(demo.output()).toContain(option);
  });

  test.each([[['--minutes', 'x']], [['--minutes', '1.5']], [['--forever']]])(
    '%j is wrong usage: one line, and 2',
    async (args) => {
      const demo = run(DEMO, args);
      expect(await demo.exit).toBe(2);
      expect(demo.errors()).toMatch(/^demo: .*(minutes|forever).*\n$/);
    },
  );
});

describe('npm run sandbox', needs(programs), () => {
  test('first prints the variables for a logger, and stops with 0', async () => {
    const sandbox = run(SANDBOX, ['--port', '0', '--symbols', 'BTCUSDT']);
    await sandbox.said('Stop with Ctrl-C');
    const [first, second, ...rest] = sandbox.output().split('\n');
    expect(first).toMatch(/^BINANCE_WS_URL=ws:\/\/127\.0\.0\.1:\d+$/);
    expect(second).toMatch(/^BINANCE_REST_URL=http:\/\/127\.0\.0\.1:\d+$/);
    expect(rest[0]).toMatch(/^COINBASE_WS_URL=ws:\/\/127\.0\.0\.1:\d+$/);
    expect(rest[1]).toMatch(/^COINBASE_REST_URL=http:\/\/127\.0\.0\.1:\d+$/);
    expect(rest.slice(2, 5).join(' ')).toMatch(
      /^COINBASE_API_KEY=\S+ COINBASE_API_SECRET=\S+ COINBASE_API_PASSPHRASE=\S+$/,
    );
    const others = rest.slice(5, 11).map((line) => line.replace(/\d+$/, ''));
    expect(others).toEqual([
      'BITMEX_WS_URL=ws://127.0.0.1:',
      'BITMEX_REST_URL=http://127.0.0.1:',
      'BYBIT_WS_URL=ws://127.0.0.1:',
      'BYBIT_REST_URL=http://127.0.0.1:',
      'BITFINEX_WS_URL=ws://127.0.0.1:',
      'BITFINEX_REST_URL=http://127.0.0.1:',
    ]);
    expect(rest[11]).toBe('');
    // A file of all of it is settings and comments.
    for (const line of rest.slice(12)) expect(line).toMatch(/^(# .*)?$/);
    expect(Object.keys(parseEnv(sandbox.output()))).toHaveLength(13);
    expect(sandbox.output()).toMatch(/curl -d '\{[^']*"symbol":"BTC-USD"[^']*\}' http/);
    const url = second?.split('=')[1];
    expect((await fetch(`${url}/api/v3/depth?symbol=BTCUSDT`)).status).toBe(200);
    sandbox.kill('SIGTERM');
    expect(await sandbox.exit).toBe(0);
    expect(sandbox.errors()).toBe('');
  });

  test('a port in use is one line, and 1', async () => {
    const first = run(SANDBOX, ['--port', '0', '--symbols', 'BTCUSDT']);
    await first.said('Stop with Ctrl-C');
    const port = /127\.0\.0\.1:(\d+)/.exec(first.output())?.[1] ?? '';
    const second = run(SANDBOX, ['--port', port]);
    expect(await second.exit).toBe(1);
    expect(second.output()).toBe('');
    expect(second.errors()).toMatch(/^sandbox: .*EADDRINUSE.*\n$/);
    first.kill('SIGINT');
    expect(await first.exit).toBe(0);
  });

  test.each([
    [['--port', '70000'], 'port'],
    [['--symbols', 'a b'], 'symbols'],
    [['--pace', 'fast'], 'pace'],
    [['--misbehave', '{"type":"explode"}'], 'misbehave'],
    [['--unknown'], 'unknown'],
  ])('%j is wrong usage: one line, and 2', async (args, word) => {
    const sandbox = run(SANDBOX, ['--port', '0', ...args]);
    expect(await sandbox.exit).toBe(2);
    expect(sandbox.errors()).toMatch(new RegExp(`^sandbox: .*${word}.*\\n$`, 'i'));
  });

  test('injects a fault from the start when asked to', async () => {
    const refuse = '{"type":"refuse-requests","status":418,"count":1,"retryAfterSeconds":7}';
    const sandbox = run(SANDBOX, ['--port', '0', '--misbehave', refuse]);
    await sandbox.said('Stop with Ctrl-C');
    const url = /http:\/\/[\d.:]+/.exec(sandbox.output())?.[0] ?? '';
    const answer = await fetch(`${url}/api/v3/ping`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([418, '7']);
    sandbox.kill('SIGTERM');
    expect(await sandbox.exit).toBe(0);
  });
});
