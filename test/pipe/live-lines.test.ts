/** Top lines of running loggers, over real gRPC, from a `Market` service that the test plays. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { MarketServer, image, instrument, position } from '../support/market-server.ts';
import { pipe, startPipe } from '../support/pipe-cli.ts';
import type { RunningPipe } from '../support/pipe-cli.ts';

const START_US = Date.UTC(2026, 10, 20) * 1000;
const BINANCE = 'binance:BNBUSDT';
const BITFINEX = 'bitfinex:tBNBUST';
const INSTRUMENTS = [
  instrument(BINANCE, 'BNB', 'USDT'),
  instrument(BITFINEX, 'BNB', 'UST'),
  instrument('coinbase:BNB-USD', 'BNB', 'USD'),
];
const ARGV = ['--pairs', 'bnb-usdt', '--exchanges', 'binance,bitfinex'];

let server: MarketServer;
let running: RunningPipe | undefined;

beforeEach(async () => {
  // Not one that the system hands out: it has to be free again after a restart.
  server = await MarketServer.start(INSTRUMENTS, await freePort());
});

afterEach(async () => {
  running?.interrupt();
  await running?.exit;
  running = undefined;
  server.close();
});

function start(): RunningPipe {
  running = startPipe(ARGV, { port: server.port });
  return running;
}

const parsed = (lines: readonly string[]): any[] => lines.map((line) => JSON.parse(line));
const of = (symbol: string, ...[bid, bidSize, ask, askSize]: string[]): object => ({
  symbol,
  top_bid: bid,
  top_bid_quantity: bidSize,
  top_ask: ask,
  top_ask_quantity: askSize,
});

test('prints a line for each change of a best price or size, in the agreed form', async () => {
  const pipe = start();
  expect(await server.asked()).toMatchObject({ securities: [BINANCE, BITFINEX], top: true });
  await server.send(BINANCE, image(START_US + 1999, ['25.35', '31.21'], ['25.36', '40.660']));
  await server.send(BITFINEX, image(START_US + 2000, ['25.3', '1'], []));
  // The same top again: no line.
  await server.send(BITFINEX, image(START_US + 2500, ['25.3', '1'], []));
  await server.send(BINANCE, image(START_US + 3000, ['25.35', '31.2'], ['25.36', '40.66']));
  const lines = await pipe.untilLines(3);
  expect(lines[0]).toBe(
    `{"event_time":${START_US / 1000 + 1},"binance":{"symbol":"BNBUSDT","top_bid":"25.35","top_bid_quantity":"31.21","top_ask":"25.36","top_ask_quantity":"40.66"},"bitfinex":null}`,
  );
  const [, second, third] = parsed(lines);
  expect(second).toEqual({
    event_time: START_US / 1000 + 2,
    binance: of('BNBUSDT', '25.35', '31.21', '25.36', '40.66'),
    bitfinex: { ...of('tBNBUST', '25.3', '1'), top_ask: null, top_ask_quantity: null },
  });
  expect(third.binance.top_bid_quantity).toBe('31.2');
  expect(lines).toHaveLength(3);
  pipe.interrupt();
  expect(await pipe.exit).toBe(0);
  expect(pipe.stderr()).toBe('');
});

test('an exchange whose book is not proven is null, whatever its last value was', async () => {
  const pipe = start();
  await server.send(BINANCE, image(START_US, ['25.35', '31.21'], ['25.36', '40.66']));
  await server.send(BINANCE, { unproven: { reason: 'gap' } });
  await server.send(BINANCE, image(START_US + 5000, ['25.35', '31.21'], ['25.36', '40.66']));
  const lines = parsed(await pipe.untilLines(3));
  expect(lines.map(({ binance }) => binance?.top_bid)).toEqual(['25.35', undefined, '25.35']);
  const times = lines.map(({ event_time }) => event_time);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('while the logger is away its exchanges are null at once, and come back with it', async () => {
  const pipe = start();
  await server.send(BINANCE, image(START_US, ['25.35', '31.21'], ['25.36', '40.66']));
  await server.send(BITFINEX, image(START_US, ['25.34', '1'], ['25.37', '2']));
  await pipe.untilLines(2);
  server.close();
  const [, , one, other] = parsed(await pipe.untilLines(4));
  expect(one.binance).toBeNull();
  expect(other).toMatchObject({ binance: null, bitfinex: null });
  server = await MarketServer.start(INSTRUMENTS, server.port);
  await server.send(BITFINEX, image(START_US + 9000, ['25.3', '1'], ['25.4', '1']));
  const [, , , , last] = parsed(await pipe.untilLines(5));
  expect(last).toMatchObject({ binance: null, bitfinex: of('tBNBUST', '25.3', '1', '25.4', '1') });
  pipe.interrupt();
  expect(await pipe.exit).toBe(0);
});

test('an update is read at the scale of its image', async () => {
  const pipe = start();
  await server.send(BINANCE, image(START_US, ['25.35', '31.21'], ['25.36', '40.66']));
  await server.send(BINANCE, {
    update: {
      position: position(START_US + 1000, 2),
      bids: ['25.35', '0', '25.34', '7'],
      asks: [],
    },
  });
  const [, second] = parsed(await pipe.untilLines(2));
  expect(second.binance).toEqual(of('BNBUSDT', '25.34', '7', '25.36', '40.66'));
});

test('two loggers: a venue says its source where both know the exchange', async () => {
  const other = await MarketServer.start([instrument(BINANCE, 'BNB', 'USDT')]);
  try {
    const loggers = [
      '--logger',
      `a=127.0.0.1:${server.port}`,
      '--logger',
      `b=127.0.0.1:${other.port}`,
    ];
    const argv = ['--pairs', 'BNBUSDT', '--exchanges', 'binance@a,binance@b', ...loggers];
    running = startPipe(argv);
    await server.send(BINANCE, image(START_US, ['25.35', '1'], ['25.36', '1']));
    await running.untilLines(1);
    await other.send(BINANCE, image(START_US, ['25.31', '1'], ['25.32', '1']));
    const lines = parsed(await running.untilLines(2));
    expect(lines[1]['binance@a'].top_bid).toBe('25.35');
    expect(lines[1]['binance@b'].top_bid).toBe('25.31');
    const ambiguous = await pipe(['--pairs', 'BNBUSDT', '--exchanges', 'binance', ...loggers]);
    expect(ambiguous).toMatchObject({ code: 2, stdout: '' });
    expect(ambiguous.stderr).toMatch(/say binance@a, binance@b/);
  } finally {
    other.close();
  }
});

test('exit codes: wrong usage, wrong key, no logger, not recorded', async () => {
  const { port } = server;
  const wrongKey = await pipe(ARGV, {
    port,
    env: { MANAGER_AUTHKEY: 'another-key-of-16-characters' },
  });
  expect(wrongKey).toMatchObject({ code: 3, stdout: '' });
  const unreachable = await pipe(ARGV, { port: await freePort() });
  expect(unreachable).toMatchObject({ code: 4, stdout: '' });
  const missing = ['--pairs', 'BNBUSDT', '--exchanges', 'binance,bybit', '--timeout', '1'];
  const unrecorded = await pipe(missing, { port });
  expect(unrecorded.code).toBe(5);
  expect(unrecorded.stderr).toMatch(/^orderbook-pipe: BNBUSDT on bybit: not recorded[^\n]*\n$/);
  for (const argv of [
    [],
    ['--pairs', 'BNBUSDT', '--exchanges', 'nowhere'],
    ['--pairs', 'BNBUSDT,BNB-USDT'],
    ['--pairs', 'BNBUSDT', '--exchanges', 'binance@x'],
    ['--pairs', 'BNBUSDT', '--logger', 'nowhere'],
    ['--pairs', 'BNBUSDT', '--frequency', '5'],
    ['pears'],
  ]) {
    const { code, stdout, stderr } = await pipe(argv, { port });
    expect([argv, code, stdout]).toEqual([argv, 2, '']);
    expect(stderr).toMatch(/^orderbook-pipe: [^\n]+\n$/);
  }
});

test('pairs lists which symbol is which pair; USD, USDT and USDC are three', async () => {
  const { code, stdout } = await pipe(['pairs', '--json'], { port: server.port });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    { pair: 'BNBUSD', venue: 'coinbase', security: 'coinbase:BNB-USD', tickSize: '0.01' },
    { pair: 'BNBUSDT', venue: 'binance', security: BINANCE, minNotional: null },
    { pair: 'BNBUSDT', venue: 'bitfinex', security: BITFINEX, lotSize: '0.001' },
  ]);
  const table = await pipe(['pairs', '--exchanges', 'bitfinex'], { port: server.port });
  expect(table.stdout).toMatch(/BNBUSDT {2}bitfinex {2}bitfinex:tBNBUST/);
  expect(table.stdout).not.toMatch(/coinbase/);
  const none = await pipe(['pairs', '--exchanges', 'bitmex'], { port: server.port });
  expect(none.stdout).toMatch(/record some: orderbook-manager add /);
});
