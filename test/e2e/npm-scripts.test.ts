/** The npm scripts, run by npm: what ends npm ends the process behind it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { built, needs } from '../support/requirements.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const programs = built('dist/logger/main.js', 'dist/sandbox/main.js');
const undo: (() => void)[] = [];

afterEach(() => {
  for (const each of undo.splice(0).reverse()) each();
});

/** Runs a script; its group is killed after the test, with whatever npm has left behind. */
function npm(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn('npm', args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  let isClosed = false;
  // The pipes close when the last process that holds them has ended.
  void once(child, 'close').then(() => (isClosed = true));
  undo.push(() => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  });
  return { child, output: () => output, isClosed: () => isClosed };
}

test('every script that runs a program of ours replaces its shell with it', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const programScripts = Object.entries(scripts).filter(([, line]) => /node dist\//.test(line));
  expect(programScripts.map(([name]) => name)).toEqual(
    expect.arrayContaining(['start', 'manager', 'sandbox', 'demo', 'bench', 'soak']),
  );
  for (const [name, line] of programScripts) {
    expect(`${name}: ${line}`).toMatch(/(: |&& )exec node dist\/\S+$/);
  }
});

describe('SIGTERM to npm', needs(programs), () => {
  test('npm start: the logger stops in order', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'orderbook-npm-'));
    undo.push(() => rmSync(directory, { recursive: true, force: true }));
    const started = npm(['start'], {
      DATA_DIR: directory,
      MANAGER_PORT: '0',
      MANAGER_AUTHKEY: TEST_KEY,
      SECURITIES: '',
      USE_ENV_FILE: 'false',
    });
    await until('the logger', () => started.output().includes('Recording'));
    started.child.kill('SIGTERM');
    await until('its end', started.isClosed);
    expect(started.output()).toMatch(/ Stopped\n/);
  });

  test('npm run sandbox: the sandbox ends', async () => {
    const started = npm(['run', '-s', 'sandbox', '--', '--port', '0', '--coinbase-port', '0']);
    await until('the sandbox', () => started.output().includes('BINANCE_WS_URL'));
    started.child.kill('SIGTERM');
    await until('its end', started.isClosed);
  });
});
