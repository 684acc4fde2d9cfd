/** The installation as an operator makes it, in a throwaway Debian with a real systemd. */

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../logger/config/options.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { copyCheckout, deployTool, run } from '../support/deploy-tools.ts';
import { freePort } from '../support/free-port.ts';

const SETUP = './service-setup.sh';
const UNIT = 'finTechApp_logger.service';

function isThere(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(`SKIPPED: no ${command} here, so nothing is checked with it\n`);
    return false;
  }
}

describe('service-setup.sh', () => {
  test('says how it is used', async () => {
    const { code, output } = await run(SETUP, ['--help']);
    expect(code).toBe(0);
    for (const option of ['--dry-run', '--uninstall', '--purge', '--yes']) {
      expect(output).toContain(option);
    }
  });

  test('an unknown option is wrong usage, in one line', async () => {
    const { code, output } = await run(SETUP, ['--install']);
    expect(code).toBe(2);
    expect(output).toMatch(/^service-setup\.sh: unknown option --install[^\n]*\n$/);
  });

  test.skipIf(!isThere('shellcheck'))('shellcheck finds nothing', async () => {
    const scripts = readdirSync('test/deploy').filter((name) => name.endsWith('.sh'));
    const paths = [SETUP, ...scripts.map((name) => join('test/deploy', name))];
    expect(await run('shellcheck', paths)).toEqual({ code: 0, output: '' });
  });
});

test('every setting of the template exists, and its default is the one in the code', () => {
  const lines = readFileSync('deploy/vars.env', 'utf8').match(/^#?[A-Z_]+=.*$/gm) ?? [];
  expect(lines.length).toBeGreaterThan(5);
  for (const line of lines) {
    const [name, value] = line.replace('#', '').split('=') as [string, string];
    const option = OPTIONS.find(({ env }) => env === name);
    expect(option, name).toBeDefined();
    // An example, not a default.
    if (option && 'default' in option && option.default !== '') expect(value).toBe(option.default);
  }
});

describe.skipIf(!isThere('systemd-analyze'))('the unit', () => {
  test('is well-formed', async () => {
    expect(await run('systemd-analyze', ['verify', UNIT])).toEqual({ code: 0, output: '' });
  });

  test('leaves an exposure of 1.4 at most', async () => {
    const { code, output } = await run('systemd-analyze', [
      'security',
      '--offline=yes',
      '--threshold=14',
      UNIT,
    ]);
    expect(code, output).toBe(0);
  });
});

const withSystemd = await deployTool('with-systemd', ['debian-root', 'with-systemd true']);

describe.skipIf(!withSystemd)('in a Debian with systemd', () => {
  test('from the installation to the purge', { timeout: 400_000 }, async () => {
    const sandbox = await startSandbox({ seed: 7, symbols: ['BTCUSDT'] });
    const checkout = copyCheckout();
    try {
      const { code, output } = await run(
        withSystemd ?? '',
        [
          'env',
          `PORT=${await freePort()}`,
          `BINANCE_WS_URL=${sandbox.venues.binance.wsUrl}`,
          `BINANCE_REST_URL=${sandbox.venues.binance.restUrl}`,
          '/src/test/deploy/in-systemd.sh',
        ],
        { cwd: checkout },
      );
      expect(output).not.toMatch(/^not ok/m);
      expect(output).toMatch(/^end$/m);
      expect(code).toBe(0);
    } finally {
      await sandbox.close();
      rmSync(checkout, { recursive: true, force: true });
    }
  });
});
