/**
 * The package as another project installs it: packed, installed without install scripts (as npm 12
 * does), and used as a logger, a CLI, a library and a set of types.
 */

import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArchive } from '../../logger/library.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { freePort } from '../support/free-port.ts';
import { built, installed, needs } from '../support/requirements.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const SECURITY = 'binance:BTCUSDT';
const NPM = ['--no-audit', '--no-fund', '--loglevel=error'];

const registry = installed('npm', ['ping'], 'which reaches a registry');

const READ = `
  import { openArchive } from 'orderbook-logger';
  import { zstd } from './node_modules/orderbook-logger/dist/logger/codec/zstd-library.js';
  const archive = await openArchive('data');
  const book = await archive.bookAt('${SECURITY}');
  await archive.close();
  console.log(JSON.stringify({ library: zstd.name, book }));
`;

const TYPED = `
  import { LoggerError, openArchive } from 'orderbook-logger';
  import type { BookResult } from 'orderbook-logger';
  const archive = await openArchive('data');
  const book = await archive.bookAt('${SECURITY}', '2026-11-20T07:00:04.5Z', { depth: 5 });
  export const proven: BookResult | undefined = book.state === 'proven' ? book : undefined;
  for await (const item of archive.trades('${SECURITY}')) {
    if (item.type === 'trade') item.side.toUpperCase();
  }
  await archive.close();
  export const isOurs = (error: unknown): boolean => error instanceof LoggerError;
`;

let project: string;

beforeAll(() => {
  if (!registry.isMet) return;
  project = mkdtempSync(join(tmpdir(), 'orderbook-package-'));
  const pack = ['pack', '--ignore-scripts', '--pack-destination', project, ...NPM];
  const tarball = execFileSync('npm', pack, { encoding: 'utf8' }).trim();
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const packages = [`./${tarball}`, 'typescript@5'];
  execFileSync('npm', ['install', '--ignore-scripts', ...NPM, ...packages], {
    cwd: project,
    stdio: 'pipe',
  });
}, 300_000);

afterAll(() => {
  if (project) rmSync(project, { recursive: true, force: true });
});

describe('installed without scripts', needs(built('dist/logger/main.js'), registry), () => {
  test('it records, is steered by its CLI, and reads what it recorded', async () => {
    const sandbox = await startSandbox({ seed: 3, symbols: ['BTCUSDT'] });
    const bin = join(project, 'node_modules', '.bin');
    const env = {
      PATH: process.env['PATH'],
      HOME: project,
      BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
      BINANCE_REST_URL: sandbox.venues.binance.restUrl,
      ORDERBOOK_UPDATEFREQUENCY: '100',
      DATA_DIR: join(project, 'data'),
      MANAGER_PORT: String(await freePort()),
      MANAGER_AUTHKEY: TEST_KEY,
    };
    const logger = spawn(join(bin, 'orderbook-logger'), { env, stdio: 'pipe' });
    const ended = once(logger, 'close');
    let output = '';
    for (const stream of [logger.stdout, logger.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const manager = async (...args: string[]): Promise<string> =>
      (await run(join(bin, 'orderbook-manager'), args, { env })).stdout;
    try {
      await until(
        () => `the logger to start: ${output}`,
        () => manager('ping').catch(() => null),
      );
      await manager('add', SECURITY);
      expect(await manager('book', SECURITY, '--depth', '1')).toContain(SECURITY);
    } finally {
      logger.kill('SIGTERM');
      expect(await ended, output).toEqual([0, null]);
      await sandbox.close();
    }
    writeFileSync(join(project, 'read.mjs'), READ);
    const { stdout } = await run(process.execPath, ['read.mjs'], { cwd: project });
    const read = JSON.parse(stdout) as { library: string; book: { state: string } };
    expect(read.library).toMatch(/node:zlib|WebAssembly/);
    expect(read.book.state).toBe('proven');

    // The checkout's own library reads the same.
    const archive = await openArchive(join(project, 'data'));
    const book = await archive.bookAt(SECURITY);
    await archive.close();
    expect(JSON.parse(JSON.stringify(book))).toEqual(read.book);
  });

  test('its types are complete without those of Node', async () => {
    rmSync(join(project, 'node_modules', '@types'), { recursive: true, force: true });
    writeFileSync(join(project, 'use.ts'), TYPED);
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    };
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['use.ts'] }),
    );
    symlinkSync(resolve('node_modules', 'typescript'), join(project, 'newest'));
    for (const compiler of ['node_modules/typescript', 'newest']) {
      const tsc = [join(compiler, 'bin', 'tsc'), '-p', '.'];
      const errors = await run(process.execPath, tsc, { cwd: project }).then(
        () => 'none',
        (error: Error & { stdout: string }) => error.stdout || error.message,
      );
      expect(errors, compiler).toBe('none');
    }
  });
});
