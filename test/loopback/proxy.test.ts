/** The exchanges behind a proxy: sockets and requests go through it, and only what is meant to. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { HANDSHAKE_TIMEOUT_MS, createNetwork } from '../../logger/service/network.ts';
import { loadProxies } from '../../logger/service/proxy.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { ForwardProxy } from '../support/forward-proxy.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { keptLog } from '../support/scripted-coinbase.ts';
import { startTestLogger } from '../support/test-logger.ts';
import type { TestLogger } from '../support/test-logger.ts';
import { until } from '../support/until.ts';

const SECURITIES = ['binance:BTCUSDT', 'coinbase:BTC-USD'];

let sandbox: Sandbox;
let proxy: ForwardProxy;
let logger: TestLogger | undefined;
let logged: string[];

beforeEach(async () => {
  sandbox = await startSandbox({ seed: 8, symbols: ['BTCUSDT'], pace: 200 });
  proxy = await ForwardProxy.start();
  logged = [];
});

afterEach(async () => {
  expect(logger?.fatal ?? []).toEqual([]);
  await logger?.discard();
  await proxy.close();
  await sandbox.close();
  logger = undefined;
});

/** @param host in the exchanges' addresses: one that does not exist is known to the proxy alone. */
async function start(host: string, env: Readonly<Record<string, string>>): Promise<TestLogger> {
  const at = (url: string): string => url.replace('127.0.0.1', host);
  const { binance, coinbase } = sandbox.venues;
  logger = await startTestLogger(
    { wsUrl: at(binance.wsUrl), restUrl: at(binance.restUrl) },
    {
      COINBASE_WS_URL: at(coinbase.wsUrl),
      COINBASE_REST_URL: at(coinbase.restUrl),
      SECURITIES: SECURITIES.join(),
      ...env,
    },
    { log: keptLog(logged) },
  );
  return logger;
}

async function live(one: TestLogger): Promise<void> {
  await until(
    () => `books: ${JSON.stringify(SECURITIES.map((id) => one.control.status(id)))}`,
    () => SECURITIES.every((id) => one.control.status(id)?.state === 'live'),
  );
}

test('sockets and requests go through it, with its credentials, and the log names it without', async () => {
  const one = await start('exchange.invalid', {
    http_proxy: `http://me:s3cret@127.0.0.1:${proxy.port}`,
    NO_PROXY: 'elsewhere.invalid',
  });
  await live(one);
  const { binance, coinbase } = sandbox.venues;
  const ports = [binance, coinbase].map(({ wsUrl }) => new URL(wsUrl).port);
  expect(new Set(proxy.targets)).toEqual(new Set(ports.map((port) => `exchange.invalid:${port}`)));
  // Of each exchange at least a socket and a request.
  expect(proxy.targets.length).toBeGreaterThanOrEqual(4);
  expect(new Set(proxy.credentials)).toEqual(new Set(['me:s3cret']));
  const said = logged.filter((line) => line.includes('proxy'));
  expect(said).toEqual([
    `Connecting to exchanges through a proxy {"http":"http://127.0.0.1:${proxy.port}","except":"elsewhere.invalid"}`,
  ]);
  expect(logged.join()).not.toContain('s3cret');
  const book = one.control.bookNow('binance:BTCUSDT');
  if (book.state !== 'proven') throw new Error('no book');
  const truth = sandbox.bookAtSequence('binance:BTCUSDT', Number(book.sequence));
  expect(book.bids).toEqual(truth?.bids);
});

test('what NO_PROXY names goes past it, and so does what has no proxy of its kind', async () => {
  const dead = 'http://127.0.0.1:9';
  const one = await start('127.0.0.1', {
    HTTPS_PROXY: dead,
    HTTP_PROXY: dead,
    no_proxy: '127.0.0.1',
  });
  await live(one);
  expect(proxy.targets).toEqual([]);
});

test('a proxy that rejects is an exchange that can not be reached, and is tried again', async () => {
  proxy.answer = 407;
  const one = await start('exchange.invalid', {
    HTTP_PROXY: `http://me:s3cret@127.0.0.1:${proxy.port}`,
  });
  await until('a reason', () => one.control.status('binance:BTCUSDT')?.message?.includes('407'));
  proxy.answer = 'tunnel';
  await live(one);
  expect(logged.join()).not.toContain('s3cret');
});

test('a proxy that does not answer leaves nothing open', async () => {
  proxy.answer = 'silence';
  const clock = new ManualClock();
  const settings = { https: null, http: `http://127.0.0.1:${proxy.port}`, except: [] };
  const network = createNetwork(clock, await loadProxies(settings));
  const ends: string[] = [];
  const ignore = (): void => undefined;
  network.connect('ws://exchange.invalid:80', {
    onOpen: ignore,
    onMessage: ignore,
    onAlive: ignore,
    onClose: (reason) => void ends.push(reason),
  });
  await until('the request', () => proxy.targets.length === 1);
  clock.advance(HANDSHAKE_TIMEOUT_MS);
  await until('the end', () => ends.length === 1);
  expect(ends).toEqual([`The proxy made no connection within ${HANDSHAKE_TIMEOUT_MS} ms`]);
  await until('the connection to be gone', () => proxy.connections === 0);
});
