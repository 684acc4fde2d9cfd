/** How the CLI finds a logger and trusts it: TLS, contexts, and what the shell is offered. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { completionScript } from '../../manager-cli/completion-scripts.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { EXCHANGE_NAMES } from '../../logger/exchange/exchanges.ts';
import { Authority, openssl } from '../support/certificates.ts';
import type { Pair } from '../support/certificates.ts';
import { KEY, accessWith, cli, expectError, startPort } from './fixture.ts';
import type { CliRun, Port } from './fixture.ts';
import { needs } from '../support/requirements.ts';

const SECURITY = 'binance:BTCUSDT';

let directory: string;
const closers: (() => unknown)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manager-cli-'));
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(options: Parameters<typeof startPort>[0] = {}): Promise<Port> {
  const port = await startPort(options);
  closers.push(() => port.close(0));
  return port;
}

function writeContexts(contexts: unknown): void {
  const folder = join(directory, 'orderbook-manager');
  mkdirSync(folder, { recursive: true });
  const text = typeof contexts === 'string' ? contexts : JSON.stringify(contexts);
  writeFileSync(join(folder, 'contexts.json'), text);
}

/** Words of a command line, with contexts in a directory of the test. */
function manager(line: string, options: Parameters<typeof cli>[1] = {}): Promise<CliRun> {
  const env = { XDG_CONFIG_HOME: directory, ...options.env };
  return cli(
    line.split(' ').filter((word) => word !== ''),
    { ...options, env },
  );
}

describe('TLS', needs(openssl), () => {
  let authority: Authority;
  let stranger: Authority;
  let server: Pair;
  let operator: Pair;

  beforeAll(() => {
    authority = new Authority('test authority');
    stranger = new Authority('another authority');
    server = authority.issue('server', { names: 'IP:127.0.0.1,DNS:localhost' });
    operator = authority.issue('operator');
  });

  afterAll(() => {
    authority.remove();
    stranger.remove();
  });

  const secured = (isMutual = false): Promise<Port> =>
    open({
      access: {
        ...accessWith(KEY),
        tls: { cert: server.cert, key: server.key, clientCa: isMutual ? authority.ca : null },
      },
    });

  test('by an address, by a name, and from the environment, without a warning by Node', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    closers.push(() => process.off('warning', note));
    const { port } = await secured();
    for (const host of ['127.0.0.1', 'localhost']) {
      const run = await manager(`list --json --host ${host} --tls-ca ${authority.caFile}`, {
        port,
      });
      expect([run.code, run.stderr]).toEqual([0, '']);
    }
    const env = { MANAGER_TLS_CA: authority.caFile };
    expect((await manager('ping', { port, env })).code).toBe(0);
    expect(warnings).toEqual([]);
  });

  test('a wrong key is rejected over TLS, too', async () => {
    const { port } = await secured();
    const env = { MANAGER_AUTHKEY: 'another-key-altogether' };
    const run = await manager(`list --tls-ca ${authority.caFile}`, { port, env });
    expectError(run, 3, /rejected the key/);
  });

  test('a logger with a certificate of another authority is not trusted, and the error says why', async () => {
    const { port, control, log } = await secured();
    const run = await manager(`list --tls-ca ${stranger.caFile}`, { port });
    expectError(run, 4, /No connection to 127\.0\.0\.1:\d+ \(.*certificate.*\): check --tls-ca/);
    expect(control.calls).toEqual([]);
    expect(JSON.stringify(log.lines)).not.toContain(KEY);
  });

  test.each([
    ['expired', { days: -1, names: 'IP:127.0.0.1' }, /expired/],
    ['elsewhere', { names: 'DNS:elsewhere.test' }, /elsewhere\.test|altnames/],
  ])('a certificate that is %s is rejected', async (name, options, text) => {
    const { cert, key } = authority.issue(name, options);
    const { port } = await open({
      access: { ...accessWith(KEY), tls: { cert, key, clientCa: null } },
    });
    expectError(await manager(`list --tls-ca ${authority.caFile}`, { port }), 4, text);
  });

  test('the error lists the names of a certificate for other names, and one of them can be given', async () => {
    const { cert, key } = authority.issue('far', { names: 'DNS:logger.test,IP:192.0.2.7' });
    const { port, control } = await open({
      access: { ...accessWith(KEY), tls: { cert, key, clientCa: null } },
    });
    const ca = `--tls-ca ${authority.caFile}`;
    for (const name of ['--host 127.0.0.1', '--host localhost', '--tls-server-name other.test']) {
      const run = await manager(`ping ${ca} ${name}`, { port });
      expectError(run, 4, /certificate is for logger\.test, 192\.0\.2\.7, not for \S+: give one/);
      expect(run.stderr).not.toContain('--tls-cert');
    }
    expect(control.calls).toEqual([]);
    for (const name of ['logger.test', '192.0.2.7']) {
      const run = await manager(`ping ${ca} --tls-server-name ${name}`, { port });
      expect([run.code, run.stderr]).toEqual([0, '']);
    }
    const env = { MANAGER_TLS_SERVER_NAME: 'logger.test' };
    expect((await manager(`ping ${ca}`, { port, env })).code).toBe(0);
    writeContexts({ far: { port, 'tls-ca': authority.caFile, 'tls-server-name': 'logger.test' } });
    expect((await manager('ping --context far')).code).toBe(0);
    // Another authority's certificate does not get better by the name that it is asked for.
    const wrong = `ping --tls-ca ${stranger.caFile} --tls-server-name logger.test`;
    expectError(await manager(wrong, { port }), 4, /certificate.*: check --tls-ca/);
  });

  test('a logger with TLS called in plaintext, and one without called with TLS', async () => {
    const { port } = await secured();
    expectError(await manager('list', { port }), 4, /\(Failed to connect\): give --tls-ca/);
    const plain = await open();
    const run = await manager(`list --tls-ca ${authority.caFile}`, { port: plain.port });
    expectError(run, 4, /No connection to \S+ \(wrong version number\): check --tls-ca/);
    expect(plain.control.calls).toEqual([]);
  });

  test('mutual TLS accepts clients with a certificate, and tells others what is missing', async () => {
    const { port } = await secured(true);
    const own = `--tls-cert ${operator.certFile} --tls-key ${operator.keyFile}`;
    const ca = `--tls-ca ${authority.caFile}`;
    expect((await manager(`list --json ${ca} ${own}`, { port })).code).toBe(0);
    const env = {
      MANAGER_TLS_CA: authority.caFile,
      MANAGER_TLS_CLIENT_CERT: operator.certFile,
      MANAGER_TLS_CLIENT_KEY: operator.keyFile,
    };
    expect((await manager('list --json', { port, env })).code).toBe(0);
    expectError(await manager(`list ${ca}`, { port }), 4, /--tls-cert/);
    const other = stranger.issue('operator');
    const wrong = `--tls-cert ${other.certFile} --tls-key ${other.keyFile}`;
    expectError(await manager(`list ${ca} ${wrong}`, { port }), 4, /--tls-cert/);
    const mixed = `--tls-cert ${operator.certFile} --tls-key ${other.keyFile}`;
    expectError(await manager(`list ${ca} ${mixed}`, { port }), 2, /--tls-cert with --tls-key/);
  });

  test('a context holds all settings, with paths relative to its file', async () => {
    const { port } = await secured(true);
    const folder = join(directory, 'orderbook-manager');
    mkdirSync(folder);
    writeFileSync(join(folder, 'ca.pem'), authority.ca);
    writeFileSync(join(folder, 'paris.key'), `${KEY}\n`);
    writeContexts({
      paris: {
        host: 'localhost',
        port,
        'tls-ca': 'ca.pem',
        'tls-cert': operator.certFile,
        'tls-key': operator.keyFile,
        'authkey-file': 'paris.key',
      },
    });
    // What the environment says of another logger does not count.
    const env = {
      MANAGER_AUTHKEY: 'another-key-altogether',
      LOGGER_SERVER_IP: '192.0.2.1',
      MANAGER_TLS_CA: stranger.caFile,
    };
    const run = await manager('list --json --context paris', { port: 1, env });
    expect([run.stderr, run.code]).toEqual(['', 0]);
    // An option does.
    const elsewhere = await manager('list --context paris --port 1', { env });
    expectError(elsewhere, 4, /No logger answers at localhost:1/);
  });
});

describe('contexts', () => {
  test('without a key file use the key of the environment', async () => {
    const { port } = await open();
    writeContexts({ here: { port: String(port) } });
    expect((await manager('ping --context here')).code).toBe(0);
  });

  test('the file may begin with a byte order mark', async () => {
    const { port } = await open();
    writeContexts(`\uFEFF${JSON.stringify({ here: { port } })}`);
    expect((await manager('ping --context here')).code).toBe(0);
  });

  test.each([
    ['{', /is not JSON/],
    ['[]', /not an object of contexts/],
    [{ paris: {} }, /no rome in .*; it defines: paris/],
    [{}, /it defines: none/],
    [{ rome: 'logger.example.org' }, /rome in .* is not an object/],
    [{ rome: { authkey: 'the-very-key' } }, /authkey of rome .* is unknown; use one of host, port/],
    [{ rome: { host: ['a'] } }, /host of rome .* is not text/],
    [{ rome: { host: 'logger.example.org' } }, /in plaintext/],
    [{ rome: { port: 99_999 } }, /port of context rome: "99999"/],
    [{ rome: { 'tls-ca': 'none.pem' } }, /tls-ca of context rome: can't be read/],
  ])('%j is wrong usage', async (contexts, text) => {
    writeContexts(contexts);
    const run = await manager('list --context rome');
    expectError(run, 2, text);
    expect(run.stderr).not.toContain('the-very-key');
  });

  test('the example in docs/manager-port.md works as it stands there', async () => {
    writeContexts(/```json\n([\s\S]*?)```/.exec(readFileSync('docs/manager-port.md', 'utf8'))?.[1]);
    const run = await manager('list --context paris');
    expectError(
      run,
      2,
      /tls-ca of context paris: can't be read: .*orderbook-manager.paris-ca\.pem/,
    );
  });

  test('broken ones do not affect other commands', async () => {
    const { port } = await open();
    writeContexts('{');
    expect((await manager('ping', { port })).code).toBe(0);
  });
});

describe('completion', () => {
  const complete = async (line: string, port = 1): Promise<string[]> => {
    const words = ['--get-yargs-completions', 'orderbook-manager', ...line.split(' ')];
    const run = await cli(words, { port, env: { XDG_CONFIG_HOME: directory } });
    expect([run.code, run.stderr]).toEqual([0, '']);
    // For zsh a colon is escaped; which form it is depends on who runs the test.
    return run.stdout.trim().replaceAll('\\:', ':').split('\n');
  };

  test('offers contexts', async () => {
    writeContexts({ paris: {}, rome: {} });
    expect(await complete('list --context ')).toEqual(['paris', 'rome']);
    expect(await complete('list --context r')).toEqual(['rome']);
    expect((await complete('list --tls-s')).join(' ')).toContain('--tls-server-name');
    expect(await complete('list --context=r')).toEqual(['--context=rome']);
  });

  test('offers recorded securities, to commands that take them', async () => {
    const { port } = await open({ securities: [SECURITY, 'coinbase:BTC-USD'] });
    expect(await complete('book ', port)).toEqual(expect.arrayContaining([SECURITY]));
    expect(await complete('book coin', port)).toEqual(['coinbase:BTC-USD']);
    expect(await complete('add ', port)).not.toContain(SECURITY);
    expect(await complete('reset ', port)).not.toContain(SECURITY);
    expect(await complete(`book --port ${port} b`)).toContain(SECURITY);
  });

  test('offers what belongs in the place, and nothing else', async () => {
    writeContexts({ paris: { host: 'paris.example' } });
    const { port } = await open({ securities: [SECURITY, 'coinbase:BTC-USD'] });
    const at = (line: string): Promise<string[]> => complete(line, port);
    expect(await at('list --host ')).toEqual(['127.0.0.1', 'localhost', 'paris.example']);
    expect(await at('list --host l')).toEqual(['localhost']);
    expect(await at('list --port ')).toEqual(['']);
    expect(await at('reset ')).toEqual([...EXCHANGE_NAMES, 'all']);
    expect(await at('reset c')).toEqual(['coinbase']);
    expect(await at('snapshot ')).toEqual(['all', SECURITY, 'coinbase:BTC-USD']);
    expect(await at(`snapshot ${SECURITY} `)).toEqual(['all', 'coinbase:BTC-USD']);
    expect(await at('completion ')).toEqual(['bash', 'zsh', 'fish']);
    expect(await at('book --clock ')).toEqual(['receive', 'exchange']);
    expect(await at('export --type=tr')).toEqual(['--type=trades']);
    expect(await at('archive ')).toEqual(['copy']);
    expect(await at('help cov')).toEqual([expect.stringMatching(/^coverage/)]);
    expect(await at('archive copy ')).toEqual(['']);
    expect((await at('archive copy --')).join(' ')).not.toContain('--host');
    expect(await at('list --host localhost --j')).toEqual([expect.stringMatching(/^--json/)]);
    const options = await at(`book ${SECURITY} `);
    expect(options).toEqual(expect.arrayContaining([expect.stringMatching(/^--sequence/)]));
    expect(options.join(' ')).not.toContain(SECURITY);
    expect((await at('add --')).join(' ')).toContain('--no-wait');
  });

  test('offers what an archive holds', async () => {
    const archive = await openEmbeddedArchive({ directory: join(directory, 'archive') });
    const state = { security: 'binance:HELD', wanted: false, feed: 'depth' };
    await archive.commit([{ type: 'security', state }]);
    await archive.close();
    const words = `--archive ${join(directory, 'archive')} `;
    expect(await complete(`coverage ${words}`)).toEqual(['binance:HELD']);
    expect(await complete('coverage --archive /nowhere b')).toEqual(['']);
  });

  test('without a logger, a key or a context offers nothing and prints nothing', async () => {
    expect(await complete('book b')).toEqual(['']);
    expect(await complete('book --context none b')).toEqual(['']);
  });

  test('bash completes a security across its colon', () => {
    const script = [
      completionScript('bash'),
      `orderbook-manager() { printf '%s\\n' binance:BTCUSDT binance:ETHUSDT coinbase:BTC-USD; }`,
      'complete_line() { COMP_LINE=$1 COMP_POINT=${#1}; _orderbook_manager; echo "${COMPREPLY[*]}"; }',
      'complete_line "orderbook-manager book bin"',
      'complete_line "orderbook-manager book binance:B"',
      'complete_line "orderbook-manager book "',
      'orderbook-manager() { :; }',
      'complete_line "orderbook-manager list --port "',
      'complete_line "orderbook-manager archive copy tsconfig.j"',
      'complete_line "orderbook-manager list --archive tsconfig.j"',
    ].join('\n');
    const answers = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    expect(answers).toEqual([
      'binance:BTCUSDT binance:ETHUSDT',
      'BTCUSDT',
      'binance:BTCUSDT binance:ETHUSDT coinbase:BTC-USD',
      // Files are offered where one belongs.
      '',
      'tsconfig.json',
      'tsconfig.json',
    ]);
  });
});
