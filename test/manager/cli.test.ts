import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ArchiveUnavailableError, InvalidArgumentError } from '../../logger/errors.ts';
import { until } from '../support/until.ts';
import { bookResult, securityStatus } from './fake-control.ts';
import { COVERAGE, GAP, noBook } from './fake-reader.ts';
import { type CliRun, LIST_KEYS, type Port, cli, expectError, startPort } from './fixture.ts';

const SECURITY = 'binance:BTCUSDT';

let port: Port;

beforeEach(async () => {
  port = await startPort({ securities: [SECURITY, 'binance:ETHUSDT'] });
});

afterEach(async () => {
  await port.close(0);
});

/** Words of a command line, against the running port. */
function manager(line: string, options: Parameters<typeof cli>[1] = {}): Promise<CliRun> {
  return cli(
    line.split(' ').filter((word) => word !== ''),
    { port: port.port, ...options },
  );
}

describe('--json', () => {
  test('list has the keys of the manual, null where nothing is known', async () => {
    port.control.recorded.set(
      'binance:NEW',
      securityStatus('binance:NEW', {
        state: 'syncing',
        sequence: null,
        bestBid: null,
        bestAsk: null,
        lastMessageAge: null,
        messageRate: 0,
        lastBaseImage: null,
        storedBytes: 0,
        message: 'waiting for the snapshot',
      }),
    );
    const run = await manager('list --json');
    expect(run.code).toBe(0);
    for (const row of run.json) {
      expect(Object.keys(row).slice(0, LIST_KEYS.length)).toEqual(LIST_KEYS);
    }
    expect(run.json[0]).toMatchObject({
      security: SECURITY,
      state: 'live',
      sequence: '9007199254740993',
      lastMessageAge: 0.4,
      storedBytes: 123_456_789,
    });
    expect(run.json[2]).toEqual(port.control.recorded.get('binance:NEW'));
  });

  test('health', async () => {
    const run = await manager('health --json');
    expect(run.code).toBe(0);
    expect(run.json).toEqual(await port.control.health());
    expect(Object.keys(run.json)).toEqual([
      'status',
      'uptime',
      'version',
      'archive',
      'securities',
      'process',
      'selfCheck',
    ]);
  });

  test.each(['degraded', 'down'] as const)('health that is %s ends with 1', async (status) => {
    port.control.healthOverrides = {
      status,
      archive: {
        kind: 'mongodb',
        reachable: false,
        lag: 12,
        spoolBytes: 4096,
        message: 'no server answers',
      },
    };
    const run = await manager('health --json');
    expect(run.code).toBe(1);
    expect(run.json).toMatchObject({ status, archive: { kind: 'mongodb', reachable: false } });
    expect(run.stderr).toBe('');
    const { stdout } = await manager('health');
    expect(stdout).toContain('archive is not reachable (no server answers), 12s behind');
  });

  test('book is the very answer of the logger', async () => {
    const run = await manager(`book ${SECURITY} --json`);
    expect(run.json).toEqual(bookResult(SECURITY));
    expect(Object.keys(run.json)).toEqual(Object.keys(bookResult(SECURITY)));
  });

  test('book of 100,000 levels a side is whole', async () => {
    port.control.book = bookResult(SECURITY, 100_000);
    const run = await manager(`book ${SECURITY} --json`);
    expect(run.json).toEqual(port.control.book);
  });

  test('book takes time, sequence, depth, clock and level', async () => {
    await manager(`book ${SECURITY} --at 2024-08-08T23:54:14.206652067Z --depth 5 --json`);
    await manager(`book ${SECURITY} --at 1723161254206ms --clock exchange --level 2 --json`);
    await manager(`book ${SECURITY} --sequence 42 --json`);
    expect(port.reader.questions).toMatchObject([
      { position: { clock: 'receive', us: 1_723_161_254_206_652 }, depth: 5 },
      { position: { clock: 'exchange', us: 1_723_161_254_206_000 } },
      { position: { sequence: 42 } },
    ]);
  });

  test('a book that is not recorded prints the gap alone and ends with 5', async () => {
    port.reader.book = noBook(SECURITY);
    const run = await manager(`book ${SECURITY} --at 2026-11-20T08:00:01Z --json`);
    expect(run.code).toBe(5);
    expect(run.json).toEqual({
      security: SECURITY,
      state: 'gap',
      gap: { from: GAP.from, to: GAP.to, cause: GAP.cause },
    });
    expect(run.stderr).toBe('');
  });

  test('coverage', async () => {
    const run = await manager(`coverage ${SECURITY} --json --from 1000ms --to 2000ms`);
    expect(run.json).toEqual(COVERAGE);
    expect(port.reader.questions).toMatchObject([{ fromUs: 1_000_000, toUs: 2_000_000 }]);
  });

  test('ping, uptime, stats', async () => {
    const ping = await manager('ping --json');
    expect(ping.json).toEqual({ roundTrip: expect.any(Number) });
    const uptime = await manager('uptime --json');
    expect(uptime.json).toEqual({ since: '2026-11-20T00:00:00Z', uptime: expect.any(Number) });
    const stats = await manager('stats --json');
    expect(stats.json).toEqual((await port.control.health()).process);
  });

  test('add, remove, snapshot, reset: one result for each security', async () => {
    const result = { security: SECURITY, ok: true, state: 'live', message: null };
    expect((await manager('add binance:btcusdt --json')).json).toEqual([result]);
    expect((await manager(`snapshot ${SECURITY} --json`)).json).toEqual([result]);
    expect((await manager('snapshot all --json')).json).toHaveLength(2);
    expect((await manager('reset all --json')).json).toHaveLength(2);
    expect((await manager(`remove ${SECURITY} --json`)).json).toEqual([
      { ...result, state: 'removed' },
    ]);
  });

  test('add of a symbol that does not exist says so for that one and ends with 1', async () => {
    const run = await manager('add binance:SOLUSDT binance:UNKNOWN --json');
    expect(run.code).toBe(1);
    expect(run.json).toEqual([
      { security: 'binance:SOLUSDT', ok: true, state: 'live', message: null },
      { security: 'binance:UNKNOWN', ok: false, state: null, message: 'Invalid symbol.' },
    ]);
  });

  test('add waits unless told not to', async () => {
    await manager('add binance:A');
    await manager('add binance:A --no-wait');
    const waits = port.control.calls.filter((call) => call.method === 'add');
    expect(waits.map((call) => call.args[1])).toEqual([true, false]);
  });

  test('verify', async () => {
    const clean = await manager('verify --json');
    expect([clean.code, clean.json]).toEqual([0, { records: 1234, problems: [] }]);
    const problem = { security: SECURITY, record: 'block 1/42', problem: 'checksum' };
    port.reader.verified = { records: 3, problems: [problem] };
    const broken = await manager(`verify ${SECURITY} --json`);
    expect([broken.code, broken.json]).toEqual([1, { records: 3, problems: [problem] }]);
  });
});

describe('for people', () => {
  test('a list is a table', async () => {
    port.control.recorded.set(
      'binance:ETHUSDT',
      securityStatus('binance:ETHUSDT', {
        state: 'stale',
        bestBid: null,
        lastMessageAge: 200,
        gaps: 3,
        message: 'the connection is down',
      }),
    );
    const run = await manager('list');
    expect(run.stdout).toMatchInlineSnapshot(`
      "SECURITY         STATE  FEED                  BID        ASK          SEQUENCE   AGE  MSG/S  GAPS  LAST IMAGE             STORED
      binance:BTCUSDT  live   L2 depth@100ms  61,837.63  61,837.64  9007199254740993  0.4s   10.5     0  2026-11-20 07:00:04Z  118 MiB
      binance:ETHUSDT  stale  L2 depth@100ms          –  61,837.64  9007199254740993    3m   10.5     3  2026-11-20 07:00:04Z  118 MiB
      binance:ETHUSDT: the connection is down
      "
    `);
  });

  test.each(['list', 'health'])(
    '%s fits the terminal, without what is needed least',
    async (verb) => {
      const env = { NO_COLOR: '1' };
      const titles = async (columns: number): Promise<string[]> => {
        const { stdout } = await manager(verb, { isTerminal: true, columns, env });
        const table = stdout.split('\n').slice(stdout.split('\n').indexOf('') + 1);
        const lines =
          verb === 'list' ? stdout.trimEnd().split('\n') : table.filter((l) => l !== '');
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(columns, 60));
        return lines[0]?.split(/ {2,}/) ?? [];
      };
      const all = 'SECURITY,STATE,FEED,BID,ASK,SEQUENCE,AGE,MSG/S,GAPS,LAST IMAGE,STORED'.split(
        ',',
      );
      const without = (...gone: string[]): string[] => all.filter((title) => !gone.includes(title));
      expect(await titles(200)).toEqual(all);
      expect(await titles(120)).toEqual(without('LAST IMAGE'));
      expect(await titles(80)).toEqual(without('LAST IMAGE', 'STORED', 'SEQUENCE'));
      expect(await titles(20)).toEqual(['SECURITY', 'STATE', 'BID', 'ASK', 'GAPS']);
      expect((await manager(verb, { columns: 80, env })).stdout).toContain('LAST IMAGE');
    },
  );

  test('a book of orders says which end of a queue is its head', async () => {
    port.control.book = {
      ...bookResult(SECURITY),
      level: 'L3',
      bids: [
        ['61837.63', '1.5', 'first'],
        ['61837.63', '2', 'second'],
      ],
      asks: [['61837.64', '1', 'third']],
    };
    const { stdout } = await manager(`book ${SECURITY}`);
    expect(stdout).toMatch(/first\n.*second\n/);
    expect(stdout).toContain('queue from the head down: its first order is the first to trade.');
    port.control.book = bookResult(SECURITY);
    expect((await manager(`book ${SECURITY}`)).stdout).not.toContain('queue');
  });

  test('an empty list says what to type next', async () => {
    port.control.recorded.clear();
    expect((await manager('list')).stdout).toContain('orderbook-manager add binance:BTCUSDT');
    expect((await manager('list --json')).json).toEqual([]);
    expect((await manager('snapshot all')).code).toBe(0);
  });

  test('a book is a ladder with the spread in the middle', async () => {
    port.control.book = {
      ...bookResult(SECURITY),
      bids: [
        ['61837.63', '1.5'],
        ['61837.6', '12000'],
      ],
      asks: [
        ['61837.64', '0.00000001'],
        ['61838', '3'],
      ],
      horizon: { bid: '60000', ask: null },
    };
    expect((await manager(`book ${SECURITY}`)).stdout).toMatchInlineSnapshot(`
      "binance:BTCUSDT  L2  proven (by sequence)
      at        2026-11-20T07:00:04.031002Z (receive clock)
      received  2026-11-20T07:00:04.031002Z, exchange time 2026-11-20T07:00:04.000012Z
      sequence  9007199254740993

        ask  61,838          3
        ask  61,837.64       0.00000001
        —— spread 0.01 ——
        bid  61,837.63       1.5
        bid  61,837.6   12,000

      Known to be complete: bids down to 60,000.
      "
    `);
  });

  test('a long book shows 20 a side and says how many more there are', async () => {
    port.control.book = bookResult(SECURITY, 1520);
    const { stdout } = await manager(`book ${SECURITY}`);
    expect(stdout.match(/^ {2}(ask|bid) +\d/gm)).toHaveLength(40);
    expect(stdout).toContain('1,500 more asks');
    expect(stdout).toContain('1,500 more bids');
  });

  test('a one-sided book has no spread', async () => {
    port.control.book = { ...bookResult(SECURITY), asks: [], horizon: { bid: null, ask: null } };
    const { stdout } = await manager(`book ${SECURITY}`);
    expect(stdout).not.toContain('spread');
    expect(stdout).toContain('Complete on both sides.');
  });

  test('coverage shows intervals and gaps in order, what share is covered, bad receive times', async () => {
    expect((await manager(`coverage ${SECURITY}`)).stdout).toMatchInlineSnapshot(`
      "      FROM                    TO                       LENGTH  FEED / CAUSE         SEQUENCES
      book  2026-11-20T07:00:00Z    2026-11-20T08:00:00Z         1h  depth (by sequence)  100 … 150
      gap   2026-11-20T08:00:00Z    2026-11-20T08:00:02.5Z     2.5s  sequence             151 … 160
      book  2026-11-20T08:00:02.5Z  2026-11-20T09:00:00Z    59m 58s  depth (by sequence)  161 … 200
      gap   2026-11-20T09:00:00Z    open                          –  sequence             151 … –

      binance:BTCUSDT: 1h 59m covered (99.965 %), 1 gap of 2.5s, and nothing since 2026-11-20T09:00:00Z (sequence).

      Books hold, but receive times are not those of arrival in 2 stretches:
      FROM                  TO                       LENGTH  CAUSE
      2026-11-20T07:30:00Z  2026-11-20T07:30:00.85Z   0.85s  stall
      2026-11-20T07:45:00Z  2026-11-20T08:45:00.05Z      1h  clock
      "
    `);
  });

  test('health is a paragraph and a table', async () => {
    const { stdout } = await manager('health');
    expect(stdout).toMatch(
      /^The logger is serving: version 9\.9\.9, up 1d 2h, 2 of 2 securities live\.\n/,
    );
    expect(stdout).toContain('The embedded archive is reachable');
    expect(stdout).toContain(
      'Self-check: 24 base images and 6 snapshots of the exchange compared, all alike.\n',
    );
  });

  test('health names the securities of which the self-check found a wrong book', async () => {
    port.control.healthOverrides = {
      securities: [
        securityStatus('binance:BTCUSDT'),
        securityStatus('binance:ETHUSDT', {
          selfCheck: { images: 3, snapshots: 1, mismatches: 2 },
        }),
      ],
      selfCheck: { images: 15, snapshots: 4, mismatches: 2 },
    };
    const { stdout } = await manager('health');
    expect(stdout).toContain(
      'Self-check: 15 base images and 4 snapshots of the exchange compared, 2 mismatches (binance:ETHUSDT 2; the log says more).\n',
    );
  });

  test('colour is for terminals, and not with NO_COLOR', async () => {
    const escape = '\u001b[32mlive';
    expect((await manager('list')).stdout).not.toContain('\u001b');
    expect((await manager('list', { isTerminal: true })).stdout).toContain(escape);
    const env = { NO_COLOR: '1' };
    expect((await manager('list', { isTerminal: true, env })).stdout).not.toContain('\u001b');
  });

  test('what failed of an add is one line on stderr', async () => {
    const mixed = await manager('add binance:SOLUSDT binance:UNKNOWN');
    expect(mixed.stdout).toContain('binance:SOLUSDT');
    expect(mixed.stderr).toBe('orderbook-manager: binance:UNKNOWN: Invalid symbol.\n');
    const none = await manager('add binance:UNKNOWN');
    expectError(none, 1, /Invalid symbol/);
  });

  test('problems found by verify are a table, and its progress is for terminals', async () => {
    port.reader.verified = {
      records: 3,
      problems: [{ security: SECURITY, record: 'block 1/42', problem: 'checksum' }],
    };
    port.reader.whileVerifying = async ({ onProgress }) => {
      onProgress?.({ security: SECURITY, records: 1000, problems: 1, total: 4000 });
      await new Promise((resolve) => setTimeout(resolve, 400));
    };
    const run = await manager('verify', { isTerminal: true });
    expect(run.stdout).toContain('block 1/42');
    expect(run.stderr).toContain('[#####...............]  25%  Checking');
    expect(run.stderr).toContain('1,000 records, 1 problem');
    const piped = await manager('verify');
    expect(piped.stderr).toBe('');
  });
});

describe('exit codes', () => {
  test('3: a wrong key, with a hint and without the key', async () => {
    const run = await manager('list', { env: { MANAGER_AUTHKEY: 'wrong-key-of-16-characters' } });
    expectError(run, 3, /--authkey-file/);
    expect(run.stderr).not.toContain('wrong-key');
  });

  test('4: nobody listens, and that is known at once', async () => {
    const gone = await startPort();
    await gone.close(0);
    expectError(
      await cli(['list'], { port: gone.port }),
      4,
      /No logger answers at 127\.0\.0\.1:\d+/,
    );
  });

  test('4: something listens that never says a word', async () => {
    const deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const address = deaf.address();
    const deafPort = typeof address === 'object' && address ? address.port : 0;
    const run = await cli(['list', '--timeout', '0.3'], { port: deafPort });
    deaf.close();
    expectError(run, 4, /accepts the connection and says nothing/);
  });

  test('4: the logger does not answer in time', async () => {
    port.reader.whileVerifying = () => new Promise(() => undefined);
    port.control.book = bookResult(SECURITY);
    port.control.list = () => new Promise(() => undefined);
    expectError(await manager('list --timeout 0.3'), 4, /within 0\.3 s.*--timeout/);
  });

  test('5: not recorded then, in words', async () => {
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

  test('2: what only the logger can know is wrong', async () => {
    port.control.failure = new InvalidArgumentError('exchange: coinbase is not configured');
    expectError(await manager('add coinbase:BTC-USD'), 2, /not configured/);
  });
});

describe('terminate', () => {
  test('asks on a terminal, and takes no for an answer', async () => {
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
  test('bash and zsh take their script as it is', async () => {
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
    const version = await cli(['--version']);
    expect([version.code, version.stdout]).toEqual([0, `${manifest.version}\n`]);
  });
});
