/** The setup script, the settings template and the systemd unit, without installing anything. */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../logger/config/options.ts';
import { run } from '../support/deploy-tools.ts';
import { installed, needs } from '../support/requirements.ts';

const SETUP = './service-setup.sh';
const UNIT = 'finTechApp_logger.service';
const shellcheck = installed('shellcheck', ['--version']);
const systemdAnalyze = installed('systemd-analyze', ['--version']);

describe('service-setup.sh', () => {
  test('prints its usage', async () => {
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

  test('shellcheck finds nothing', needs(shellcheck), async () => {
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
    // Settings without a default show an example.
    if (option && 'default' in option && option.default !== '') expect(value).toBe(option.default);
  }
});

describe('the unit', needs(systemdAnalyze), () => {
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
