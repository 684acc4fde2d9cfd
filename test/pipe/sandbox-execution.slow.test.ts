/** Real orders on real exchange processes, which are killed in the middle. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Transport } from '../../logger/runtime/transport.ts';
import { createNetwork } from '../../logger/service/network.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { SandboxExecution } from '../../pipe/execution/sandbox.ts';
import type { Venue } from '../../pipe/market/venue.ts';
import type { OrderRequest, OrderResult } from '../../pipe/strategy/strategy.ts';
import { ExchangeClient } from '../support/exchange-client.ts';
import { startExchangeProcess } from '../support/exchange-process.ts';
import type { ExchangeProcess } from '../support/exchange-process.ts';
import { seededRandom, testSeed } from '../support/seeded-random.ts';

const seed = testSeed();
const clock = createSystemClock();

type Name = 'a' | 'b';
const NAMES = ['a', 'b'] as const;

let directory: string;
let exchanges: Record<Name, ExchangeProcess>;
let execution: SandboxExecution;
let halts: string[];
/** Messages to the exchanges, by `op`. */
let sent: string[];
/** Called before a message goes out and when one has come in; true: it is lost; `cut`: and the connection, too. */
let intercept: (direction: 'out' | 'in', text: string) => boolean | 'cut';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandbox-execution-'));
  const [a, b] = await Promise.all(NAMES.map((name) => start(name)));
  exchanges = { a: a!, b: b! };
  [halts, sent] = [[], []];
  intercept = () => false;
  execution = open(30_000);
});

afterEach(async () => {
  execution.close();
  await Promise.all(NAMES.map((name) => exchanges[name].stop('SIGKILL')));
  await rm(directory, { recursive: true });
});

function start(name: Name, port = 0): Promise<ExchangeProcess> {
  return startExchangeProcess({
    EXCHANGE_DATA_DIR: join(directory, name),
    EXCHANGE_PORT: String(port),
    MONGODB_ENDPOINT: '',
  });
}

/** As a crash, and the start after it. */
async function killAndRestart(name: Name): Promise<void> {
  const { port } = exchanges[name];
  await exchanges[name].stop('SIGKILL');
  exchanges[name] = await start(name, port);
}

function open(unknownMs: number): SandboxExecution {
  const logins = Object.fromEntries(
    NAMES.map((name) => [
      `sandbox@${name}`,
      {
        wsUrl: `ws://127.0.0.1:${exchanges[name].port}`,
        username: 'username1',
        password: 'password1',
      },
    ]),
  );
  const deps = { clock, transport: watched(), unknownMs, halt: (why: string) => halts.push(why) };
  return new SandboxExecution(NAMES.map(venueOf), logins, deps);
}

function watched(): Transport {
  const network = createNetwork(clock);
  return {
    get: (url, options) => network.get(url, options),
    connect: (url, handlers) => {
      const socket = network.connect(url, {
        ...handlers,
        onMessage: (data, us) => {
          const isLost = intercept('in', data.toString());
          if (isLost === 'cut') socket.terminate();
          if (isLost === false) handlers.onMessage(data, us);
        },
      });
      return {
        send: (text) => {
          sent.push((JSON.parse(text) as { op: string }).op);
          const isLost = intercept('out', text);
          if (isLost === 'cut') socket.terminate();
          if (isLost === false) socket.send(text);
        },
        ping: () => socket.ping(),
        close: () => socket.close(),
        terminate: () => socket.terminate(),
      };
    },
  };
}

function venueOf(name: Name): Venue {
  return {
    name: `sandbox@${name}`,
    exchange: 'sandbox',
    source: name,
    security: 'sandbox:XBTUSD',
    pair: 'BTCUSD',
    base: 'BTC',
    quote: 'USD',
    instrument: {
      base: 'XBT',
      quote: 'USD',
      tickSize: '0.01',
      lotSize: '1',
      minSize: null,
      minNotional: null,
      contract: null,
    },
  };
}

function requestOf(name: Name, side: 'buy' | 'sell', size: number, limit: string): OrderRequest {
  return { decision: 'd/1', venue: venueOf(name), side, size: String(size), limit };
}

async function execute(...orders: readonly OrderRequest[]): Promise<readonly OrderResult[]> {
  return execution.execute(orders);
}

/** As the other trader: what rests for us to meet. */
async function rest(name: Name, ...orders: readonly [side: string, price: number, size: number][]) {
  const other = await ExchangeClient.connect(exchanges[name].port, '/realtime');
  const login = { op: 'login', username: 'username2', password: 'password2' };
  expect(await other.ask(login)).toMatchObject({ status: 200 });
  for (const [side, price, size] of orders) {
    expect(await other.ask({ op: 'order', side, price, size })).toMatchObject({ status: 200 });
  }
  await other.close();
}

/** Ours, as the exchange tells it to anybody who asks. */
async function account(name: Name): Promise<Readonly<Record<string, unknown>>> {
  const client = await ExchangeClient.connect(exchanges[name].port, '/realtime');
  await client.ask({ op: 'login', username: 'username1', password: 'password1' });
  const { username, ...amounts } = await client.account();
  expect(username).toBe('username1');
  await client.close();
  return amounts;
}

const amounts = (cash: number, coin: number): Readonly<Record<string, unknown>> => ({
  cash_amount: cash,
  microbitcoin_amount: coin,
  cash_on_hold: 0,
  microbitcoin_on_hold: 0,
});

test('fills at once, cancels the rest, and pays what the exchange says', async () => {
  await rest('a', ['Sell', 3.1, 50], ['Sell', 3.12, 30], ['Sell', 3.12, 20], ['Sell', 3.2, 10]);
  await rest('b', ['Buy', 3.5, 40], ['Buy', 3.4, 100]);
  const [bought, sold] = await execute(
    requestOf('a', 'buy', 120, '3.12'),
    requestOf('b', 'sell', 60, '3.4'),
  );
  expect(bought).toMatchObject({
    fills: [
      { price: '3.1', size: '50' },
      { price: '3.12', size: '50' },
    ],
    // The exchange keeps what is better than the limit.
    fee: { coin: 'USD', amount: '1' },
    error: null,
  });
  expect(bought?.orderId).toMatch(/^order:[0-9a-f]{32}$/);
  expect(sold).toMatchObject({
    fills: [
      { price: '3.5', size: '40' },
      { price: '3.4', size: '20' },
    ],
    fee: { coin: 'USD', amount: '4' },
    error: null,
  });
  expect(await account('a')).toEqual(amounts(10_000 - 312, 20_100));
  expect(await account('b')).toEqual(amounts(10_000 + 204, 19_940));
  // The second was filled whole: there was nothing to cancel.
  expect(sent.filter((op) => op === 'order' || op === 'cancel')).toHaveLength(3);
  expect(halts).toEqual([]);
});

const levels = (...all: readonly [price: string, size: string][]) =>
  all.map(([price, size]) => ({ price, size }));

test('pays for levels what they ask, and takes of the next what the one before has left', async () => {
  await rest('a', ['Sell', 3.1, 50], ['Sell', 3.12, 90], ['Sell', 3.2, 10]);
  await rest('b', ['Buy', 3.4, 100]);
  const [bought, sold] = await execute(
    { ...requestOf('a', 'buy', 120, '3.12'), levels: levels(['3.1', '50'], ['3.12', '70']) },
    // What was there at 3.5 is gone.
    { ...requestOf('b', 'sell', 60, '3.4'), levels: levels(['3.5', '40'], ['3.4', '20']) },
  );
  expect(bought).toMatchObject({
    fills: [
      { price: '3.1', size: '50' },
      { price: '3.12', size: '70' },
    ],
    fee: { coin: 'USD', amount: '0' },
    error: null,
  });
  expect(bought?.orderId).toMatch(/^order:[0-9a-f]{32},order:[0-9a-f]{32}$/);
  expect(sold).toMatchObject({ fills: [{ price: '3.4', size: '60' }], fee: { amount: '0' } });
  // 155 and 218.4; 204.
  expect(await account('a')).toEqual(amounts(9626.6, 20_120));
  expect(await account('b')).toEqual(amounts(10_204, 19_940));
  expect(halts).toEqual([]);
});

test('what is rejected, and what meets nobody, changes nothing', async () => {
  const results = await execute(
    requestOf('a', 'buy', 1_000_000, '3.12'),
    requestOf('b', 'buy', 10, '3.12'),
  );
  expect(results).toMatchObject([
    { fills: [], error: expect.stringMatching(/^402: /) as string, orderId: null },
    { fills: [], error: null, fee: { amount: '0' } },
  ]);
  expect(await account('b')).toEqual(amounts(10_000, 20_000));
  await exchanges.a.stop('SIGKILL');
  const [gone] = await execute(requestOf('a', 'buy', 1, '3.12'));
  expect(gone).toMatchObject({ fills: [], error: expect.stringContaining('not sent') as string });
  expect(sent.filter((op) => op === 'order')).toHaveLength(2);
  expect(halts).toEqual([]);
});

test('sends nothing from an account that has open orders', async () => {
  const other = await ExchangeClient.connect(exchanges.a.port, '/realtime');
  await other.ask({ op: 'login', username: 'username1', password: 'password1' });
  await other.ask({ op: 'order', side: 'Buy', price: 1, size: 1 });
  await other.close();
  const [result] = await execute(requestOf('a', 'buy', 1, '3.12'));
  expect(result?.error).toBe('not sent: the account has open orders');
  expect(sent).not.toContain('order');
});

type Moment = 'before the order' | 'before its answer' | 'before the cancel' | 'before the end';

/** Whether a message marks the moment at which the exchange dies; the message is lost. */
function marks(moment: Moment, direction: 'out' | 'in', text: string): boolean {
  const { op, request } = JSON.parse(text) as { op?: string; request?: string };
  switch (moment) {
    case 'before the order':
      return direction === 'out' && op === 'order';
    case 'before its answer':
      return direction === 'in' && request === 'order';
    case 'before the cancel':
      return direction === 'out' && op === 'cancel';
    case 'before the end':
      return direction === 'in' && request === 'cancel';
  }
}

test.each<[Moment, filled: string | null]>([
  ['before the order', null],
  ['before its answer', '50'],
  ['before the cancel', '50'],
  ['before the end', '50'],
])('an exchange that is killed %s tells the outcome afterwards', async (moment, filled) => {
  await rest('a', ['Sell', 3.1, 50]);
  const restarts: Promise<void>[] = [];
  intercept = (direction, text) => {
    if (restarts.length > 0 || !marks(moment, direction, text)) return false;
    restarts.push(killAndRestart('a'));
    return true;
  };
  const [bought] = await execute(requestOf('a', 'buy', 120, '3.12'));
  await Promise.all(restarts);
  expect(bought?.fills).toEqual(filled === null ? [] : [{ price: '3.12', size: filled }]);
  expect(bought?.error).toBe(
    filled === null ? 'the connection was lost before it was filled' : null,
  );
  expect(await account('a')).toEqual(
    filled === null ? amounts(10_000, 20_000) : amounts(10_000 - 156, 20_050),
  );
  expect(sent.filter((op) => op === 'order')).toHaveLength(1);
  expect(halts).toEqual([]);
});

test('of two legs, one on an exchange that is killed: both are known in the end', async () => {
  await rest('a', ['Sell', 3.1, 100]);
  await rest('b', ['Buy', 3.5, 100]);
  const restarts: Promise<void>[] = [];
  intercept = (direction, text) => {
    // The order is on its way: done or not.
    if (direction === 'out' && text.includes('"buy"')) restarts.push(killAndRestart('a'));
    return false;
  };
  const [bought, sold] = await execute(
    requestOf('a', 'buy', 100, '3.1'),
    requestOf('b', 'sell', 100, '3.5'),
  );
  await Promise.all(restarts);
  expect(sold?.fills).toEqual([{ price: '3.5', size: '100' }]);
  const isFilled = bought?.fills.length === 1;
  expect(await account('a')).toEqual(
    isFilled ? amounts(10_000 - 310, 20_100) : amounts(10_000, 20_000),
  );
  expect(await execution.balances()).toEqual([
    { venue: 'sandbox@a', coin: 'BTC', amount: isFilled ? '20100' : '20000' },
    { venue: 'sandbox@a', coin: 'USD', amount: isFilled ? '9690' : '10000' },
    { venue: 'sandbox@b', coin: 'BTC', amount: '19900' },
    { venue: 'sandbox@b', coin: 'USD', amount: '10350' },
  ]);
  expect(halts).toEqual([]);
});

test('an exchange that stays away leaves the outcome unknown, which halts', async () => {
  execution.close();
  execution = open(1000);
  intercept = (direction, text) => {
    if (!marks('before its answer', direction, text)) return false;
    void exchanges.a.stop('SIGKILL');
    return true;
  };
  const [result] = await execute(requestOf('a', 'buy', 10, '3.12'));
  expect(result).toMatchObject({
    fills: [],
    error: expect.stringMatching(/^outcome unknown: /) as string,
  });
  expect(halts).toEqual([expect.stringMatching(/^sandbox@a: outcome unknown: /)]);
});

test('somebody else on the account is noticed, and halts', async () => {
  await rest('a', ['Sell', 3.1, 50], ['Buy', 3, 50]);
  const other = await ExchangeClient.connect(exchanges.a.port, '/realtime');
  await other.ask({ op: 'login', username: 'username1', password: 'password1' });
  const meanwhile: Promise<unknown>[] = [];
  intercept = (direction, text) => {
    if (meanwhile.length > 0 || !marks('before the cancel', direction, text)) return false;
    meanwhile.push(other.ask({ op: 'order', side: 'Sell', price: 3, size: 1 }));
    return true;
  };
  const [result] = await execute(requestOf('a', 'buy', 60, '3.1'));
  await Promise.all(meanwhile);
  expect(result?.error).toMatch(/^the account has /);
  expect(halts).toHaveLength(1);
  await other.close();
});

test(`connections that break at any message: each order counts once (SEED=${seed})`, async () => {
  const random = seededRandom(seed);
  await rest('a', ['Sell', 1, 500]);
  let cuts = 0;
  intercept = () => {
    if (cuts === 0 || random.next() > 0.2) return false;
    cuts--;
    return 'cut';
  };
  let bought = 0;
  for (let i = 0; i < 8; i++) {
    cuts = 2;
    const [result] = await execute(requestOf('a', 'buy', 7, '1'));
    for (const { size } of result?.fills ?? []) bought += Number(size);
  }
  cuts = 0;
  expect(sent.filter((op) => op === 'order').length).toBeLessThanOrEqual(8);
  expect(await account('a')).toEqual(amounts(10_000 - bought, 20_000 + bought));
  expect(halts).toEqual([]);
});
