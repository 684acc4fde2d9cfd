/** `fees`, `halt` and `resume`, with exchanges that answer from this machine. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultFees, feesId, loadFees } from '../../pipe/fees/load-fees.ts';
import { openLmdbStore } from '../../pipe/records/lmdb-store.ts';
import { ForwardProxy } from '../support/forward-proxy.ts';
import { pipe } from '../support/pipe-cli.ts';

let directory: string;
let file: string;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pipe-fees-'));
  file = join(directory, 'fees.json');
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await rm(directory, { recursive: true });
});

const COINBASE = [
  {
    id: 'BTC',
    supported_networks: [
      {
        id: 'bitcoin',
        status: 'online',
        min_withdrawal_amount: 0.00012,
        network_confirmations: 3,
        processing_time_seconds: null,
      },
    ],
  },
  { id: 'DOGE', supported_networks: [{ id: 'bitcoin', status: 'online' }] },
];
const BITFINEX = [
  [['BTC', [0, 0.0007]]],
  [['BITCOIN', ['BTC']]],
  [['BITCOIN', 1, 0, null, null, null, null, 0, 0, null, null, 2]],
];

interface Exchanges {
  readonly env: Readonly<Record<string, string>>;
  readonly asked: string[];
}

/** @param answers by path; text is sent as it is, a number is a status. */
async function exchanges(answers: Readonly<Record<string, unknown>>): Promise<Exchanges> {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const answer = answers[url] ?? 404;
    response.statusCode = typeof answer === 'number' ? answer : 200;
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  cleanUps.push(() => new Promise((done) => server.close(done)));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = ['COINBASE_REST_URL', 'BITFINEX_REST_URL', 'BITMEX_REST_URL'];
  return { env: Object.fromEntries(settings.map((name) => [name, url])), asked };
}

const CONF = '/v2/conf/pub:map:currency:tx:fee,pub:map:tx:method,pub:info:tx:status';

describe('fees', () => {
  it('shows the defaults to people', async () => {
    const { code, stdout } = await pipe(['fees', '--exchange', 'bitfinex,sandbox']);
    expect(code).toBe(0);
    const lines = stdout.split('\n').map((line) => line.split(/\s{2,}/));
    expect(lines[0]).toEqual(['EXCHANGE', 'TAKER', 'MAKER', 'FEE IN', 'LATENCY', 'SOURCE', 'READ']);
    expect(lines[1]).toEqual([
      'bitfinex',
      '0.2 %',
      '0.1 %',
      'received',
      '150 ms',
      'assumed, www.bitfinex.com',
      '2026-11-30',
    ]);
    expect(stdout).toMatch(/bitfinex +USD +wire +60 \+ 0\.1 % +100 +0 +72 h +yes +assumed/);
    expect(stdout).not.toContain('binance');
  });

  it('shows them as JSON, with a hash', async () => {
    const { code, stdout } = await pipe(['fees', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      id: feesId(defaultFees()),
      exchanges: defaultFees().exchanges,
    });
  });

  it('warns of old figures', async () => {
    const origin = { source: 'a page', readAt: '2020-01-01' };
    await writeFile(file, JSON.stringify({ origin, exchanges: { bybit: { taker: '0.0009' } } }));
    const { stdout, stderr } = await pipe(['fees', '--fees', file, '--exchange', 'bybit']);
    expect(stdout).toMatch(/bybit +0\.09 % +0\.1 % +received +100 ms +assumed, a page +2020-01-01/);
    expect(stderr).toContain('warning: fees are older than 30 days: bybit (2020-01-01)');
    const json = await pipe(['fees', '--fees', file, '--exchange', 'bybit', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      warning: expect.stringContaining('bybit (2020-01-01)'),
    });
    expect(json.stderr).toBe('');
  });

  it.each([
    [['--exchange', 'kraken'], '--exchange: "kraken" is not in the table: binance, coinbase'],
    [['--refresh'], '--refresh needs --fees FILE'],
    [
      ['--refresh', '--fees', 'f', '--exchange', 'binance'],
      'only these publish fees without a key',
    ],
    [['--host', 'h'], 'needs no logger; omit --host'],
    [['--timeout', '3'], 'needs no logger; omit --timeout'],
  ])('rejects %j', async (args, message) => {
    const { code, stderr } = await pipe(['fees', ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it('rejects a bad file with its place', async () => {
    await writeFile(file, '{"exchanges":{"bybit":{"taker":1}}}');
    for (const args of [[], ['--refresh']]) {
      const { code, stderr } = await pipe(['fees', '--fees', file, ...args]);
      expect(stderr).toContain(
        `The fees in ${file} can't be used: exchanges.bybit.taker: must be a fraction as text`,
      );
      expect(code).toBe(2);
    }
  });
});

describe('fees --refresh', () => {
  it('writes what is published, each figure with its source and time', async () => {
    const { env, asked } = await exchanges({ '/currencies': COINBASE, [CONF]: BITFINEX });
    const { code, stderr } = await pipe(['fees', '--refresh', '--fees', file], { env });
    expect(stderr).toContain('coinbase: 4 figures read');
    expect(stderr).toContain('bitfinex: 4 figures read');
    expect(stderr).toMatch(/bitmex: did not answer, its old figures stay: .* status 404/);
    expect(code).toBe(0);
    expect(asked).toContain(CONF);
    const { table } = loadFees(file);
    const [was, is] = [defaultFees(), table].map((each) => each.exchanges['coinbase']!);
    const now = {
      source: `${env['COINBASE_REST_URL']}/currencies`,
      readAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    };
    expect(is!.coins['BTC']).toEqual([
      {
        ...was!.coins['BTC']![0],
        confirmations: 3,
        withdrawMin: '0.00012',
        origins: { canDeposit: now, canWithdraw: now, confirmations: now, withdrawMin: now },
      },
    ]);
    expect(is).toEqual({ ...was, coins: { ...was!.coins, BTC: is!.coins['BTC'] } });
    expect(table.exchanges['bitfinex']?.coins['BTC']?.[0]).toMatchObject({
      withdrawFee: '0.0007',
      canWithdraw: false,
      confirmations: 2,
    });
    expect(table.exchanges['bitmex']).toEqual(defaultFees().exchanges['bitmex']);
    expect(await readdir(directory)).toEqual(['fees.json']);
  });

  it('goes through a proxy', async () => {
    const proxy = await ForwardProxy.start();
    cleanUps.push(() => proxy.close());
    const { env } = await exchanges({ '/currencies': COINBASE });
    const args = ['fees', '--refresh', '--fees', file, '--exchange', 'coinbase'];
    const through = { ...env, http_proxy: `http://127.0.0.1:${proxy.port}` };
    expect((await pipe(args, { env: through })).code).toBe(0);
    expect(proxy.targets).toHaveLength(1);
    expect((await pipe(args, { env: { ...through, no_proxy: '127.0.0.1' } })).code).toBe(0);
    expect(proxy.targets).toHaveLength(1);
    const bad = await pipe(args, { env: { ...env, HTTP_PROXY: 'user:secret' } });
    expect(bad.code).toBe(1);
    expect(bad.stderr).not.toContain('secret');
  });

  it('keeps what the file had', async () => {
    const mine = {
      origin: { source: 'my account', readAt: '2026-11-01' },
      exchanges: {
        binance: { taker: '0.00075' },
        coinbase: {
          taker: '0.004',
          coins: {
            BTC: [{ name: 'bitcoin', withdrawFee: '0.0003', confirmations: 1 }],
            ETH: [{ name: 'base', withdrawFee: '0.7' }],
          },
        },
      },
    };
    await writeFile(file, JSON.stringify(mine));
    const { env } = await exchanges({ '/currencies': COINBASE });
    const args = ['fees', '--refresh', '--fees', file, '--exchange', 'coinbase', '--json'];
    const { code, stdout } = await pipe(args, { env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      refreshed: [{ exchange: 'coinbase', figures: 4, error: null }],
      exchanges: {
        coinbase: {
          taker: '0.004',
          coins: { BTC: [{ withdrawFee: '0.0003', confirmations: 3 }] },
        },
      },
    });
    const { exchanges: read } = loadFees(file).table;
    expect(read['binance']?.taker).toBe('0.00075');
    const network = read['coinbase']?.coins['ETH']?.find(({ name }) => name === 'base');
    expect(network?.origins?.['withdrawFee']).toEqual(mine.origin);
    expect(read['coinbase']?.coins['BTC']?.[0]?.origins?.['withdrawFee']).toEqual(mine.origin);
    expect(await readFile(file, 'utf8')).toMatch(/^\{\n {2}"origin"/);
  });

  it.each([
    ['a status', 503],
    ['no JSON', '<html>'],
    ['another answer', { message: 'maintenance' }],
    [
      'figures that can not be',
      [
        {
          ...COINBASE[0],
          id: 'BTC',
          supported_networks: [{ id: 'bitcoin', network_confirmations: 9_007_199_254_740_991 }],
        },
      ],
    ],
  ])('changes nothing if there is only %s', async (_what, answer) => {
    const before = '{"exchanges":{"coinbase":{"taker":"0.005"}}}';
    await writeFile(file, before);
    const { env } = await exchanges({ '/currencies': answer });
    const { code, stdout, stderr } = await pipe(['fees', '--refresh', '--fees', file], { env });
    expect(stderr).toContain('coinbase: did not answer, its old figures stay');
    expect(code).toBe(1);
    // The table is shown all the same.
    expect(stdout).toMatch(/coinbase +0\.5 %/);
    expect(await readFile(file, 'utf8')).toBe(before);
  });
});

it.each(['fees', 'halt', 'resume'])('%s --help names nothing of a logger', async (command) => {
  const { stdout } = await pipe([command, '--help']);
  expect(stdout).not.toMatch(/--(?:host|timeout|authkey)/);
  expect((await pipe(['pairs', '--help'])).stdout).toMatch(/--host[^]*--timeout/);
});

describe('halt and resume', () => {
  it('set and clear the kill switch of a store', async () => {
    const store = join(directory, 'records');
    const missing = await pipe(['halt', '--store', store]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('There are no records of strategies in');
    const writer = await openLmdbStore(store);
    cleanUps.push(() => writer.close());
    const halted = await pipe(['halt', 'prices look wrong', '--store', store]);
    expect(halted).toMatchObject({ code: 0, stdout: 'halted: prices look wrong\n' });
    expect(await writer.halted()).toBe('prices look wrong');
    const resumed = await pipe(['resume', '--store', store]);
    expect(resumed.stdout).toBe('resumed; it was halted: prices look wrong\n');
    expect(await writer.halted()).toBeNull();
    expect((await pipe(['resume', '--store', store])).stdout).toBe('not halted\n');
    const json = await pipe(['halt', '--store', store, '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ halted: 'halted by hand' });
  });
});
