import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExchangeProcess } from '../support/exchange-process.ts';
import type { ExchangeProcess } from '../support/exchange-process.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

function run(
  file: string,
  args: readonly string[],
  { env = {}, input = '' }: { readonly env?: Record<string, string>; readonly input?: string } = {},
): Promise<Ended> {
  return new Promise((done) => {
    const options = { env: { ...process.env, ...env }, timeout: 50_000 };
    const child = execFile(
      process.execPath,
      [resolve(file), ...args],
      options,
      (error, out, errors) => done({ code: error ? Number(error.code) : 0, out, errors }),
    );
    child.stdin?.end(input);
  });
}

describe('npm run exchange and npm run trader', () => {
  let directory: string;
  let exchange: ExchangeProcess;
  const trade = (args: readonly string[], input = ''): Promise<Ended> =>
    run('dist/sandbox/trader-main.js', args, {
      env: { EXCHANGE_PORT: String(exchange.port) },
      input,
    });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'exchange-'));
    exchange = await startExchangeProcess({ EXCHANGE_DATA_DIR: directory, MONGODB_ENDPOINT: '' });
  });

  afterAll(async () => {
    await exchange.stop('SIGTERM');
    await rm(directory, { recursive: true });
  });

  it('says how to begin', () => {
    expect(exchange.greeting).toContain('npm run -s trader -- --user username1');
    expect(exchange.greeting).toContain('"username":"username1","password":"password1"');
  });

  it('trades by commands and by what is typed, and goes on after a stop', async () => {
    const bought = await trade(['--user', 'username1', '--command', 'Buy 3.14 200']);
    expect(bought).toMatchObject({ code: 0, errors: '' });
    expect(bought.out).toMatch(/^insert Buy 200 at 3.14 order:[0-9a-f]{32}$/m);
    expect(bought.out).toContain('cash 9372, microbitcoin 20000, on hold cash 628, microbitcoin 0');
    expect(await exchange.stop('SIGTERM')).toBe(0);
    exchange = await startExchangeProcess({ EXCHANGE_DATA_DIR: directory, MONGODB_ENDPOINT: '' });
    expect(exchange.greeting).toContain('goes on after 1 orders, of which 1 are open');
    const sold = await trade(['--user', 'username2'], 'Sell\n3.11\n300\nSell 1 900000\nQuit\n');
    expect(sold.code).toBe(0);
    expect(sold.out).toContain('Input your command: Sell\nInput price: 3.11\nInput size: 300\n');
    expect(sold.out).toMatch(/^partial_fulfilled Sell remaining 100 order:/m);
    expect(sold.out).toContain('cash 10622, microbitcoin 19700, on hold cash 0, microbitcoin 100');
    expect(sold.out).toContain('402: Not enough microbitcoin');
    const [, id = ''] = /(order:[0-9a-f]{32})/.exec(sold.out) ?? [];
    const cancelled = await trade(['--user', 'username2', '--command', `Cancel ${id}`]);
    expect(cancelled.out).toContain('microbitcoin 19800, on hold cash 0, microbitcoin 0');
  });

  it('has exit codes for scripts', async () => {
    const one = ['--user', 'username1'];
    const codes = await Promise.all([
      trade([...one, '--command', 'Buy 10000.01 1']),
      trade([...one, '--command', 'Buy 1']),
      trade([...one, '--password', 'wrong', '--command', 'Account']),
      trade(['--user', 'nobody']),
      run('dist/sandbox/trader-main.js', one, { env: { EXCHANGE_PORT: '1' } }),
      run('dist/sandbox/exchange-main.js', [], { env: { EXCHANGE_DATA_DIR: directory } }),
      run('dist/sandbox/exchange-main.js', [], { env: { EXCHANGE_PORT: 'x' } }),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([1, 2, 1, 2, 4, 1, 2]);
    for (const { errors } of codes) expect(errors.trim().split('\n').length).toBeLessThan(2);
  });

  it('begins anew with --reset', async () => {
    await exchange.stop('SIGTERM');
    const env = { EXCHANGE_DATA_DIR: directory, MONGODB_ENDPOINT: '' };
    exchange = await startExchangeProcess(env, ['--reset']);
    const { out } = await trade(['--user', 'username1', '--command', 'Account']);
    expect(out).toContain('cash 10000, microbitcoin 20000, on hold cash 0, microbitcoin 0');
  });
});

it('npm run demo:exchange ends with the balances that the rules demand', async () => {
  const { code, out, errors } = await run('dist/sandbox/demo/demo-exchange.js', []);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(out).toContain('goes on after 2 orders, of which 2 are open');
  expect(out).toContain('cash 11555, microbitcoin 19400, on hold cash 0, microbitcoin 100');
  expect(out).toContain('admin: cash 18,');
});
