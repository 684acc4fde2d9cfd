import { spawn, spawnSync } from 'node:child_process';
import type { SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { DATA_FILE } from '../../logger/archive/embedded/tables.ts';
import { KEY, expectError, startPort } from './fixture.ts';
import type { CliRun, Port } from './fixture.ts';
import { needs } from '../support/requirements.ts';

/** The built command as a user who may not read everything: no one, where the tests run as root. */

const MAIN = 'dist/manager-cli/main.js';
const NOBODY = 65_534;
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

function manager(...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [MAIN, ...args], { ...user, encoding: 'utf8', env: {} });
}

const runnable = {
  isMet: existsSync(MAIN) && manager('--version').status === 0,
  reason: `${MAIN} is not built, or another user cannot run it`,
};

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-permissions-'));
  chmodSync(directory, 0o755);
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('an archive that this user may not read', needs(runnable), () => {
  let archive: string;

  beforeEach(async () => {
    archive = join(directory, 'archive');
    await (await openEmbeddedArchive({ directory: archive })).close();
  });

  const expectRefused = (): void => {
    const asked = [
      ['verify'],
      ['coverage', 'binance:BTCUSDT'],
      ['book', 'binance:BTCUSDT'],
      ['export', 'binance:BTCUSDT', '--type', 'trades'],
    ];
    for (const words of asked) {
      const run = manager(...words, '--archive', archive);
      expect(run.stderr).toMatch(
        /^orderbook-manager: The archive in \S+ can't be read: permission denied; [^\n]+\n$/,
      );
      expect([run.status, run.stdout]).toEqual([1, '']);
    }
  };

  test('is not reported as missing: its directory', () => {
    chmodSync(archive, 0);
    expectRefused();
  });

  test('or its file', () => {
    chmodSync(archive, 0o755);
    chmodSync(join(archive, DATA_FILE), 0);
    expectRefused();
  });

  test('and one that does not exist is still reported as missing', () => {
    const run = manager('verify', '--archive', join(directory, 'none'));
    expect(run.stderr).toMatch(/[Tt]here is no archive in/);
    expect(run.status).toBe(2);
  });
});

describe('an installed key that this user may not read', needs(runnable), () => {
  let port: Port;
  let keyFile: string;

  beforeEach(async () => {
    port = await startPort();
    keyFile = join(directory, 'authkey');
    writeFileSync(keyFile, `${KEY}\n`, { mode: 0 });
  });

  afterEach(() => port.close(0));

  /** The built command with that key file for the installed one. */
  async function list(...options: readonly string[]): Promise<CliRun> {
    const script = `import process from 'node:process';
      import { run } from './dist/manager-cli/program.js';
      const { stdin, stdout, stderr } = process;
      const [systemKeyFile, ...argv] = process.argv.slice(1);
      const interrupted = new AbortController().signal;
      process.exitCode = await run(argv, { stdin, stdout, stderr, env: {}, interrupted, systemKeyFile });`;
    const words = ['--input-type=module', '-e', script, keyFile, 'list', ...options];
    const child = spawn(process.execPath, words, {
      ...user,
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const [code] = await once(child, 'close');
    return { code, stdout, stderr, json: undefined };
  }

  const advice = /none was given, and this user may not read \S+authkey: join its group/;

  test('is mentioned when the logger rejects the default key', async () => {
    const run = await list('--port', String(port.port));
    expectError(run, 3, /The logger rejected the key: none was given/);
    expect(run.stderr).toMatch(advice);
  });

  test('is not mentioned to a user who gave a key', async () => {
    const own = join(directory, 'own');
    writeFileSync(own, 'another-key-altogether\n', { mode: 0o644 });
    const run = await list('--port', String(port.port), '--authkey-file', own);
    expectError(run, 3, /The logger rejected the key: give the right one/);
  });
});
