/** The image: built from this checkout, recording with a root file system that can't be written. */

import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { createReader } from '../../logger/reader/create-reader.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { Authority, openssl } from '../support/certificates.ts';
import { deployTool, run } from '../support/deploy-tools.ts';
import type { Outcome } from '../support/deploy-tools.ts';
import { freePort } from '../support/free-port.ts';
import { needs } from '../support/requirements.ts';
import { TEST_KEY } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const BASE = 'node:24-bookworm-slim';
const IMAGE = 'orderbook-logger-test';
/** `node` in the official images. */
const NODE_USER = 1000;
const SECURITY = 'binance:BTCUSDT';

function healthCheck(): string[] {
  const words = /HEALTHCHECK.* CMD (\[.*\])/.exec(readFileSync('Dockerfile', 'utf8'))?.[1];
  return JSON.parse(words ?? '[]') as string[];
}

function hasImage(name: string): boolean {
  try {
    execFileSync('buildah', ['inspect', '--type', 'image', name], { stdio: 'ignore' });
    return true;
  } catch {
    // No buildah, or no such image: both are made next.
    return false;
  }
}

const tool = await deployTool('container', [
  'container podman --version',
  ...(hasImage(BASE) ? [] : [`container base ${BASE}`]),
]);

describe('in a container', needs(tool, openssl), () => {
  const container = (...args: readonly string[]): Promise<Outcome> => run(tool.path, args);
  const podman = (...args: readonly string[]): Promise<Outcome> => container('podman', ...args);

  test(
    'records, answers its own CLI, and writes everything out',
    { timeout: 500_000 },
    async () => {
      const built = await container('build', '--layers', '-q', '-t', IMAGE, '.');
      expect(built.code, built.output).toBe(0);

      const sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
      const directory = mkdtempSync(join(tmpdir(), 'orderbook-volume-'));
      chownSync(directory, NODE_USER, NODE_USER);
      const name = `orderbook-${process.pid}`;
      const authority = new Authority('test authority');
      const pair = authority.issue('logger', { names: 'DNS:logger.test' });
      for (const [file, content] of [
        ['server.pem', pair.cert],
        ['server.key', pair.key],
        ['authkey', TEST_KEY],
      ] as const) {
        writeFileSync(join(directory, file), content);
        chownSync(join(directory, file), NODE_USER, NODE_USER);
      }
      // Everything that the health check has to find out by itself.
      const settings = {
        MANAGER_HOST: '127.0.0.2',
        MANAGER_AUTHKEY_FILE: '/data/authkey',
        MANAGER_TLS_CERT: '/data/server.pem',
        MANAGER_TLS_KEY: '/data/server.key',
        BINANCE_WS_URL: sandbox.venues.binance.wsUrl,
        BINANCE_REST_URL: sandbox.venues.binance.restUrl,
        ORDERBOOK_UPDATEFREQUENCY: '100',
        MANAGER_PORT: String(await freePort()),
      };
      const variables = Object.entries(settings).flatMap(([key, value]) => [
        '--env',
        `${key}=${value}`,
      ]);
      const inside = (...command: readonly string[]): Promise<Outcome> =>
        podman('exec', name, ...command);
      try {
        const started = await container(
          'run',
          '--detach',
          '--read-only',
          `--name=${name}`,
          `--volume=${directory}:/data`,
          ...variables,
          `localhost/${IMAGE}`,
        );
        expect(started.code, started.output).toBe(0);
        const isUp = async (): Promise<boolean> => (await inside(...healthCheck())).code === 0;
        await until('the health check of the image', isUp, 30_000);
        expect((await inside('orderbook-manager', 'add', SECURITY)).output).toContain('live');
        expect(await inside('id', '-u')).toMatchObject({ output: `${NODE_USER}\n` });
        expect((await inside('touch', '/opt/x')).code).not.toBe(0);
        expect((await inside('ls', '/opt/finTechApp_logger/node_modules')).output).not.toMatch(
          /^(typescript|vitest|prettier)$/m,
        );

        await podman('stop', '--time', '10', name);
        const { output } = await podman('inspect', '--format', '{{.State.ExitCode}}', name);
        expect(output.trim()).toBe('0');
        expect((await podman('logs', name)).output).toMatch(/notice +Stopped\n$/);
        await expectRecorded(directory);
      } finally {
        await podman('rm', '--force', name);
        authority.remove();
        await sandbox.close();
        rmSync(directory, { recursive: true, force: true });
      }
    },
  );
});

async function expectRecorded(directory: string): Promise<void> {
  const archive = await openEmbeddedArchive({ directory, readOnly: true });
  try {
    const reader = createReader(archive);
    const { intervals, gaps } = await reader.coverage({ security: SECURITY });
    expect(intervals).toHaveLength(1);
    expect(gaps.filter(({ to }) => to !== null)).toEqual([]);
    expect((await reader.verify()).problems).toEqual([]);
  } finally {
    await archive.close();
  }
}
