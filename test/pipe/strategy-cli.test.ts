/** A strategy run by the program, over real gRPC. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLmdbStore } from '../../pipe/records/lmdb-store.ts';
import { MarketServer, image, instrument } from '../support/market-server.ts';
import { pipe, startPipe } from '../support/pipe-cli.ts';
import { START_US, toyStrategy } from '../support/toy-strategy.ts';
import type { ToyLog } from '../support/toy-strategy.ts';

const BINANCE = 'binance:BTCUSDT';

let server: MarketServer;
let directory: string;
let seen: ToyLog;
let argv: string[];

beforeEach(async () => {
  server = await MarketServer.start([instrument(BINANCE, 'BTC', 'USDT')]);
  directory = mkdtempSync(join(tmpdir(), 'pipe-strategy-'));
  seen = { results: [], times: [] };
  const balances = join(directory, 'balances.json');
  writeFileSync(balances, '{"binance": {"USDT": "1000"}}');
  const store = join(directory, 'records');
  argv = ['--strategy', 'toy', '--mode', 'action', '--pairs', 'BTCUSDT', '--exchanges', 'binance'];
  argv.push('--store', store, '--balances', balances);
});

afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

test('runs until Ctrl-C, prints what is decided, and leaves it in the store', async () => {
  const strategies = [toyStrategy(seen)];
  const running = startPipe([...argv, '--lot', '2'], { port: server.port, strategies });
  expect(await server.asked()).toMatchObject({ securities: [BINANCE], top: false, trades: true });
  await server.send(BINANCE, image(START_US, ['100', '1'], ['100.5', '1']));
  const [opening, line] = await running.untilLines(2);
  expect(opening).toMatch(/Z {2}opening {2}/);
  expect(line).toMatch(
    /Z {2}taken {2}BTCUSDT buy binance, sell binance: size 1, profit 2.5 \(10 bps\)$/,
  );
  running.interrupt();
  expect(await running.exit).toBe(0);
  expect(seen.options).toEqual({ lot: '2' });
  expect(seen.stoppedUs).toBeGreaterThanOrEqual(START_US);
  const store = await openLmdbStore(join(directory, 'records'));
  const [run] = await store.runs('toy');
  expect(run).toMatchObject({
    settings: { lot: '2' },
    venues: [{ name: 'binance', security: BINANCE }],
  });
  // The orders may have been filled since.
  for await (const entry of store.ledger('toy')) {
    expect(entry).toMatchObject({ number: 1, kind: 'opening', balance: '1000' });
    break;
  }
  await store.close();
});

test('exit codes of a strategy: wrong usage, no logger', async () => {
  const strategies = [toyStrategy(seen)];
  const { port } = server;
  for (const [more, text] of [
    [['--strategy', 'gamble', '--pairs', 'BTCUSDT'], /--strategy: "gamble" is not one of toy/],
    [[...argv, '--lots', '2'], /Unknown argument: lots/],
    [[...argv, '--mode', 'dream'], /--mode/],
    [[...argv.slice(0, -1), directory], /--balances: /],
  ] as const) {
    const { code, stdout, stderr } = await pipe(more, { port, strategies });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(text);
  }
  // A mistake is told before a logger is asked: nobody listens at this port.
  for (const [option, value] of [
    ['--max-notional', 'much'],
    ['--min-edge-bps', '-1'],
  ] as const) {
    const bad = ['--strategy', 'arbitrage', '--pairs', 'BTCUSDT', `${option}=${value}`];
    const mistake = await pipe(bad, { port: 1 });
    expect([mistake.code, mistake.stderr]).toEqual([2, expect.stringContaining(`${option}: `)]);
  }
  const own = await pipe(['--strategy', 'arbitrage', '--help'], { port: 1 });
  expect(own.stdout).toMatch(/--strategy arbitrage --pairs BTCUSDT --exchanges binance,bybit/);
  const help = await pipe(['--strategy', 'toy', '--help'], { port, strategies });
  expect(help.stdout).toMatch(/--lot +how much/);
  expect(help.code).toBe(0);
});
