/** Exit codes, `terminate`, completion, help and version. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ArchiveUnavailableError, InvalidArgumentError } from '../../logger/errors.ts';
import { COMMANDS } from '../../manager-cli/commands/all.ts';
import type { Io } from '../../manager-cli/io.ts';
import { parse } from '../../manager-cli/parser.ts';
import { until } from '../support/until.ts';
import { bookResult } from './fake-control.ts';
import { noBook } from './fake-reader.ts';
import { cli, expectError, startPort } from './fixture.ts';
import { SECURITY, manager, port } from './running.ts';

describe('exit codes', () => {
  test('3: a wrong key, with a hint and without the key', async () => {
    const run = await manager('list', { env: { MANAGER_AUTHKEY: 'wrong-key-of-16-characters' } });
    expectError(run, 3, /--authkey-file/);
    expect(run.stderr).not.toContain('wrong-key');
  });

  test('4: nothing listens, and that is reported at once', async () => {
    const gone = await startPort();
    await gone.close(0);
    expectError(
      await cli(['list'], { port: gone.port }),
      4,
      /No logger answers at 127\.0\.0\.1:\d+/,
    );
    const read = await cli(['coverage', 'binance:BTCUSDT'], { port: gone.port });
    expectError(read, 4, /No logger answers at .*, or read its archive with --archive/);
  });

  test('4: something listens but never responds', async () => {
    const deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const address = deaf.address();
    const deafPort = typeof address === 'object' && address ? address.port : 0;
    const run = await cli(['list', '--timeout', '0.3'], { port: deafPort });
    deaf.close();
    expectError(run, 4, /accepts the connection but does not respond/);
  });

  test('4: the logger does not respond in time', async () => {
    port.reader.whileVerifying = () => new Promise(() => undefined);
    port.control.book = bookResult(SECURITY);
    port.control.list = () => new Promise(() => undefined);
    expectError(await manager('list --timeout 0.3'), 4, /within 0\.3 s.*--timeout/);
  });

  test('5: not recorded then, explained', async () => {
    port.reader.book = noBook(SECURITY);
    const run = await manager(`book ${SECURITY} --at 2026-11-20T08:00:01Z`);
    expectError(run, 5, /gap from 2026-11-20T08:00:00Z to 2026-11-20T08:00:02\.5Z \(sequence\)/);
  });

  test.each([
    ['other', /sequence 999 is not reached yet: its book is known up to 2026-11-20T08:00:00Z;/],
    ['removed', /is not reached yet: its book is known up to 2026-11-20T08:00:00Z \(removed\);/],
  ] as const)('5: a sequence that is not reached yet (%s)', async (cause, text) => {
    const { gap } = noBook(SECURITY);
    port.reader.book = { ...noBook(SECURITY), gap: { ...gap, to: null, cause } };
    expectError(await manager(`book ${SECURITY} --sequence 999`), 5, text);
  });

  test('1: a security that was never recorded', async () => {
    port.reader.known = () => false;
    expectError(await manager('book binance:NEVER'), 1, /never recorded/);
    expectError(await manager('coverage binance:NEVER --json'), 1, /never recorded/);
  });

  test('1: an error inside the logger', async () => {
    port.control.failure = new ArchiveUnavailableError('The archive is gone');
    expectError(await manager('list'), 1, /The archive is gone/);
  });

  test('2: an argument that only the logger can reject', async () => {
    port.control.failure = new InvalidArgumentError('exchange: coinbase is not configured');
    expectError(await manager('add coinbase:BTC-USD'), 2, /not configured/);
  });
});

describe('terminate', () => {
  test('asks on a terminal, and accepts a no', async () => {
    const no = await manager('terminate', { typed: 'n\n' });
    expect(no.code).toBe(1);
    expect(port.control.terminations).toBe(0);
    const nothing = await manager('terminate', { typed: '' });
    expect(nothing.code).toBe(1);
    expect(port.control.terminations).toBe(0);
    const yes = await manager('terminate', { typed: 'yes\n' });
    expect([yes.code, yes.stdout]).toEqual([0, 'The logger is stopping.\n']);
    expect(yes.stderr).toContain('[y/N]');
    await until('the termination', () => port.control.terminations === 1);
  });

  test('--yes does not ask', async () => {
    expect((await manager('terminate --yes')).code).toBe(0);
    await until('the termination', () => port.control.terminations === 1);
  });
});

describe('completion, help, version', () => {
  test('bash and zsh accept their scripts', async () => {
    const bash = await manager('completion bash');
    await promisify(execFile)('bash', ['-n', '-c', bash.stdout]);
    expect((await manager('completion zsh')).stdout).toMatch(/^#compdef orderbook-manager/);
    expect((await manager('completion fish')).stdout).toContain('complete -c orderbook-manager');
    expect((await manager('completion', { env: { SHELL: '/usr/bin/fish' } })).stdout).toContain(
      'complete -c orderbook-manager',
    );
  });

  test('completions are commands first, then options', async () => {
    const commands = await manager('--get-yargs-completions orderbook-manager b');
    expect(commands.stdout).toContain('book');
    const options = await manager('--get-yargs-completions orderbook-manager book --');
    expect(options.stdout).toContain('--sequence');
  });

  test('help and version go to stdout and end with 0, without a logger', async () => {
    const help = await cli(['--help']);
    expect([help.code, help.stderr]).toEqual([0, '']);
    for (const verb of ['add', 'book', 'coverage', 'export', 'terminate', 'watch']) {
      expect(help.stdout).toContain(`orderbook-manager ${verb}`);
    }
    const manifest = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    for (const asked of [['help', 'book'], ['help', 'archive', 'copy'], ['help']]) {
      const same = await cli([...asked.slice(1), '--help']);
      expect(await cli(asked)).toEqual(same);
      expect(same.code).toBe(0);
    }
    const version = await cli(['--version']);
    expect([version.code, version.stdout]).toEqual([0, `${manifest.version}\n`]);
  });
});

describe('a time relative to now', () => {
  const asked = async (words: string): Promise<any> => {
    port.reader.queries.length = 0;
    const run = await manager(words);
    expect([run.code, run.stderr]).toEqual([0, '']);
    return port.reader.queries[0];
  };

  test.each([
    ['-5m', 300],
    ['-90s', 90],
    ['-1h30m', 5400],
    ['-2d', 172_800],
    ['-250ms', 0.25],
  ])('%s, behind its option or joined to it', async (text, seconds) => {
    for (const option of [`--at ${text}`, `--at=${text}`]) {
      const { position } = await asked(`book ${SECURITY} ${option}`);
      const agoS = Date.now() / 1000 - position.us / 1_000_000;
      expect(agoS).toBeGreaterThanOrEqual(seconds - 0.002);
      expect(agoS).toBeLessThan(seconds + 30);
    }
  });

  test('from and to, for coverage and exports', async () => {
    for (const verb of ['coverage', 'export --type trades']) {
      const query = await asked(`${verb} ${SECURITY} --from -2h --to -1h`);
      expect(query.toUs - query.fromUs).toBeGreaterThan(3_599_000_000);
      expect(query.toUs - query.fromUs).toBeLessThan(3_601_000_000);
      const { toUs } = await asked(`${verb} ${SECURITY} --to now`);
      expect(Math.abs(toUs / 1000 - Date.now())).toBeLessThan(30_000);
    }
  });

  test('now is the book of now', async () => {
    expect((await manager(`book ${SECURITY} --at now`)).code).toBe(0);
    expect(port.reader.queries).toEqual([]);
    expect(port.control.calls.map(({ method }) => method)).toContain('bookNow');
    expectError(await manager(`book ${SECURITY} --at now --sequence 5`), 2, /contradict/);
  });

  test('a malformed time is answered with the accepted forms', async () => {
    const run = await manager(`book ${SECURITY} --at 2026-11-20`);
    expectError(run, 2, /--at: not a time: "2026-11-20" \(use ISO 8601 .* or -5m\)/);
  });

  test.each(['-5', '-m', '-5w', '--5m', '-99999d', '5m'])('%s is none', async (text) => {
    const run = await manager(`book ${SECURITY} --at ${text}`);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/^orderbook-manager: [^\n]+\n$/);
  });
});

describe('the help of a command', () => {
  test.each(COMMANDS.map((command) => [command.usage, command] as const))(
    '%s begins with its own options and has examples that are accepted',
    async (usage, { examples, positionals = {}, options = {} }) => {
      const verb = usage.split(' ').filter((word) => /^[a-z]/.test(word));
      const { stdout, code } = await cli([...verb, '--help']);
      expect(code).toBe(0);
      for (const [, name = ''] of usage.matchAll(/[<[]([a-z]+)/g)) {
        expect(stdout).toMatch(new RegExp(`^ +${name} +\\w`, 'm'));
        expect(positionals[name]).toBeTruthy();
      }
      const places = Object.keys(options).map((name) => stdout.indexOf(` --${name} `));
      const connection = stdout.indexOf('Connection:');
      for (const place of places) {
        expect(place).toBeGreaterThan(0);
        if (connection > 0) expect(place).toBeLessThan(connection);
      }
      expect(examples.length).toBeGreaterThan(0);
      for (const [line] of examples) {
        expect(stdout).toContain(`  orderbook-manager ${line}\n`);
        const [words = ''] = line.split(/ [|>]/);
        const { command } = await parse(words.split(' '), { env: {}, stdout: {} } as Io);
        expect(command?.usage).toBe(usage);
      }
    },
  );

  test('and hints name the command as the user types it', async () => {
    const checkout = { npm_lifecycle_event: 'manager', npm_package_name: 'orderbook-logger' };
    const npx = { npm_lifecycle_event: 'npx', npm_lifecycle_script: 'orderbook-manager' };
    const asTyped = [
      [checkout, 'npm run -s manager --'],
      [npx, 'npx orderbook-manager'],
      [{ npm_lifecycle_event: 'test' }, 'orderbook-manager'],
      [{ npm_lifecycle_event: 'npx', npm_lifecycle_script: 'vitest' }, 'orderbook-manager'],
    ] as const;
    port.control.recorded.clear();
    for (const [env, program] of asTyped) {
      const run = (line: string) => manager(line, { env });
      expect((await run('list')).stdout).toContain(`start with: ${program} add binance:BTCUSDT`);
      expect((await run('snapshot all')).stdout).toContain(`${program} add binance:BTCUSDT`);
      expect((await run('health')).stdout).toContain(`${program} add binance:BTCUSDT`);
      expect((await run('nonsense')).stderr).toContain(`(see ${program} --help)`);
      expect((await run('add')).stderr).toContain(`${program} add <security..>`);
      expect((await run('book --help')).stdout).toContain(`  ${program} book binance:BTCUSDT\n`);
      port.reader.book = noBook(SECURITY);
      expect((await run(`book ${SECURITY} --at 1s`)).stderr).toContain(
        `see: ${program} coverage ${SECURITY}`,
      );
    }
  });
});
