import { afterEach, describe, expect, it } from 'vitest';
import { imageMessage } from '../../logger/exchange/sandbox/events.ts';
import { startExchange } from '../../sandbox/exchange/exchange.ts';
import type { Exchange, ExchangeOptions } from '../../sandbox/exchange/exchange.ts';
import { usersOf, DEFAULT_USERS } from '../../sandbox/exchange/settings.ts';
import { seededRandom, uniformInt } from '../../sandbox/prng.ts';
import { systemClock } from '../../sandbox/server/system-clock.ts';
import { until } from '../support/until.ts';
import { ExchangeClient } from '../support/exchange-client.ts';
import type { ExchangeMessage } from '../support/exchange-client.ts';
import { MemoryExchangeStore } from '../support/memory-exchange-store.ts';
import { testSeed } from '../support/seeded-random.ts';

const SEED = String(testSeed());
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function exchange(options: Partial<ExchangeOptions> = {}): Promise<Exchange> {
  const started = await startExchange({
    store: new MemoryExchangeStore(),
    clock: systemClock(),
    host: '127.0.0.1',
    port: 0,
    users: usersOf(DEFAULT_USERS),
    onFailed: () => undefined,
    ...options,
  });
  cleanUps.push(() => started.close().catch(() => undefined));
  return started;
}

async function trader({ port }: Exchange, number: 1 | 2): Promise<ExchangeClient> {
  const client = await ExchangeClient.connect(port);
  const password = `password${number}`;
  const answer = await client.ask({ op: 'login', username: `username${number}`, password });
  expect(answer).toMatchObject({ status: 200, request: 'login', username: `username${number}` });
  return client;
}

/** Action, id and what remains, in order. */
function lines(messages: readonly ExchangeMessage[], table = 'orderBookL2'): unknown[] {
  return messages
    .filter((message) => message.table === table && message.action !== 'partial')
    .map(({ action, data }) => [action, data?.[0]?.['id'], data?.[0]?.['remaining_size'] ?? null]);
}

function sums({ runner }: Exchange): unknown {
  return runner.state.accounts.totals();
}

describe('the exchange with accounts', () => {
  it('plays the worked example', async () => {
    const running = await exchange();
    const reader = await ExchangeClient.connect(running.port);
    expect(await reader.next(() => true)).toMatchObject({
      table: 'orderBookL2',
      action: 'partial',
      keys: ['symbol', 'id', 'side'],
      whole: true,
      data: [],
    });
    const [one, two] = [await trader(running, 1), await trader(running, 2)];
    two.send({ op: 'subscribe', args: ['account', 'trade:XBTUSD'] });
    const buy = (price: number, size: number) => one.ask({ op: 'order', side: 'Buy', price, size });
    const { id: first } = await buy(3.14, 200);
    expect(await one.account()).toEqual({
      username: 'username1',
      cash_amount: 9372,
      microbitcoin_amount: 20_000,
      cash_on_hold: 628,
      microbitcoin_on_hold: 0,
    });
    const { id: second } = await buy(3.15, 300);
    expect(await one.account()).toMatchObject({ cash_amount: 8427, cash_on_hold: 1573 });
    // As in the beginning: credentials in the order itself.
    const credentials = { username: 'username2', password: 'password2' };
    const answer = await two.ask({ ...credentials, side: 'Sell', price: 3.11, size: 600 });
    expect(answer).toMatchObject({ status: 200, request: 'order' });
    expect(await one.account()).toMatchObject({
      cash_amount: 8427,
      microbitcoin_amount: 20_500,
      cash_on_hold: 0,
      microbitcoin_on_hold: 0,
    });
    expect(await two.account()).toEqual({
      username: 'username2',
      cash_amount: 11_555,
      microbitcoin_amount: 19_400,
      cash_on_hold: 0,
      microbitcoin_on_hold: 100,
    });
    expect(running.runner.state.accounts.get(0).cash).toBe(1800);
    await reader.next(({ data }) => data?.[0]?.['remaining_size'] === 100);
    expect(lines(reader.messages)).toEqual([
      ['insert', first, null],
      ['insert', second, null],
      ['insert', answer.id, null],
      ['fulfilled', second, null],
      ['partial_fulfilled', answer.id, 300],
      ['fulfilled', first, null],
      ['partial_fulfilled', answer.id, 100],
    ]);
    for (const id of [first, second, answer.id]) expect(id).toMatch(/^order:[0-9a-f]{32}$/);
    const trades = two.messages.filter(({ table }) => table === 'trade');
    expect(trades.map(({ data }) => [data?.[0]?.['price'], data?.[0]?.['size']])).toEqual([
      [3.15, 300],
      [3.14, 200],
    ]);
    expect(trades[0]?.data?.[0]).toMatchObject({ side: 'Sell', priceText: '3.15', trade_id: 1 });
    // Cancelled: the rest is free again.
    expect(await two.ask({ op: 'cancel', id: answer.id })).toMatchObject({ status: 200 });
    expect(await two.account()).toMatchObject({ microbitcoin_amount: 19_500 });
    expect(lines(two.messages).at(-1)).toEqual(['delete', answer.id, null]);
  });

  it('answers bad input of every kind with an error, and nothing changes', async () => {
    const running = await exchange();
    const client = await ExchangeClient.connect(running.port);
    const order = { side: 'Buy', price: 3, size: 1 };
    const refused = async (message: unknown, status: number): Promise<void> => {
      client.send(message);
      const found = await client.next((one) => one.status !== undefined && one.status !== 200);
      expect([message, found.status, typeof found.error]).toEqual([message, status, 'string']);
    };
    await refused(order, 401);
    await refused({ op: 'account' }, 401);
    await refused({ op: 'cancel', id: 'order:1' }, 401);
    await refused({ op: 'subscribe', args: 'account' }, 401);
    await refused({ op: 'login' }, 400);
    await refused({ op: 'login', username: 'username1', password: 'wrong' }, 401);
    await refused({ op: 'login', username: 'nobody', password: 'password1' }, 401);
    await refused({ op: 'login', username: 'admin', password: '' }, 401);
    await refused({ ...order, username: 'username1', password: 'wrong' }, 401);
    const login = { op: 'login', username: 'username1', password: 'password1' };
    expect(await client.ask(login)).toMatchObject({ status: 200 });
    await refused('', 400);
    await refused('{', 400);
    await refused('[]', 400);
    await refused('null', 400);
    await refused('"x"', 400);
    await refused('{"__proto__":{"op":"order"}}', 400);
    await refused({ op: 'withdraw' }, 400);
    await refused({ op: 7 }, 400);
    await refused({ ...order, ref: {} }, 400);
    for (const side of ['', 'hold', 1, null, undefined]) await refused({ ...order, side }, 400);
    for (const price of [0, -1, 3.001, '3.001', 1e-7, 1e21, 'NaN', null, [3], {}, true, '', ' 3'])
      await refused({ ...order, price }, 400);
    for (const size of [0, -5, 1.5, '1.5', 2 ** 53, 1e300, null, 'ten', [], false])
      await refused({ ...order, size }, 400);
    await refused(`{"side":"Buy","price":1e999,"size":1}`, 400);
    await refused({ ...order, username: 5, password: 'x' }, 400);
    await refused({ ...order, username: 'username1' }, 400);
    await refused({ op: 'subscribe', args: ['quotes'] }, 400);
    await refused({ op: 'subscribe', args: ['trade:ETHUSD'] }, 400);
    await refused({ op: 'subscribe', args: [] }, 400);
    await refused({ op: 'cancel' }, 400);
    await refused({ op: 'cancel', id: 5 }, 400);
    await refused({ op: 'cancel', id: 'order:1' }, 409);
    await refused({ op: 'cancel', id: `order:${'0'.repeat(32)}` }, 409);
    await refused({ op: 'cancel', id: `order:${running.runner.salt}${'f'.repeat(16)}` }, 409);
    await refused({ ...order, price: 10_000.01 }, 402);
    await refused({ ...order, price: 3, size: 9_007_199_254_740_991 }, 402);
    await refused({ side: 'Sell', price: 3, size: 20_001 }, 402);
    await refused({ ...order, note: 'x'.repeat(20_000) }, 400);
    client.socket.send(Buffer.from([1, 2, 3]));
    await client.next(({ status }) => status === 400);
    client.send('ping');
    await client.next(({ pong }) => pong === true);
    const { accounts, position } = running.runner.state;
    expect(position.orderId).toBe(0);
    expect(accounts.get(1)).toMatchObject({ cash: 1_000_000, cashOnHold: 0, coin: 20_000 });
    expect(await client.ask(order)).toMatchObject({ status: 200 });
  });

  it(`survives random messages (SEED=${SEED})`, async () => {
    const running = await exchange();
    const [client, before] = [await trader(running, 1), sums(running)];
    const random = seededRandom(SEED);
    const text = JSON.stringify({ op: 'order', side: 'Buy', price: 3.14, size: 20, ref: 1 });
    for (let i = 0; i < 2000; i++) {
      const at = uniformInt(random, text.length);
      const letter = '0123456789.,:{}[]"eE-+ntfaop\u0000'[uniformInt(random, 30)] ?? '';
      client.send(text.slice(0, at) + letter + text.slice(at + uniformInt(random, 3)));
    }
    await client.ask({ op: 'login', username: 'username1', password: 'password1' });
    expect(sums(running)).toEqual(before);
  });

  it('does not let two sockets of one user spend the same money', async () => {
    const running = await exchange();
    const sockets = [await trader(running, 1), await trader(running, 1)];
    const order = { op: 'order', side: 'Buy', price: 30, size: 100 };
    const answers = await Promise.all(
      sockets.flatMap((socket) => Array.from({ length: 5 }, () => socket.ask(order))),
    );
    const statuses = answers.map(({ status }) => status ?? 0).sort((a, b) => a - b);
    expect(statuses).toEqual([200, 200, 200, 402, 402, 402, 402, 402, 402, 402]);
    expect(await sockets[0]?.account()).toMatchObject({ cash_amount: 1000, cash_on_hold: 9000 });
  });

  it('lets nobody cancel the order of another', async () => {
    const running = await exchange();
    const [one, two] = [await trader(running, 1), await trader(running, 2)];
    const { id } = await one.ask({ op: 'order', side: 'Buy', price: '3.14', size: '200' });
    expect(await two.ask({ op: 'cancel', id })).toMatchObject({ status: 409 });
    expect(await one.ask({ op: 'cancel', id })).toMatchObject({ status: 200 });
    expect(await one.ask({ op: 'cancel', id })).toMatchObject({ status: 409 });
  });

  it('takes messages behind a login in their order', async () => {
    const running = await exchange();
    const client = await ExchangeClient.connect(running.port);
    client.send({ op: 'login', username: 'username1', password: 'password1' });
    client.send({ op: 'order', side: 'Buy', price: 1, size: 1, ref: 'a' });
    client.send({ op: 'login', username: 'username2', password: 'password2' });
    client.send({ op: 'order', side: 'Sell', price: 2, size: 1, ref: 'b' });
    await client.next(({ ref }) => ref === 'b');
    const { state } = running.runner;
    expect([...state.orders('buy')].map(({ owner }) => owner)).toEqual([1]);
    expect([...state.orders('sell')].map(({ owner }) => owner)).toEqual([2]);
  });

  it('limits messages, connections and logins', async () => {
    const limits = { messagesPerSecond: 5, maxConnections: 2, maxLogins: 1, pingMs: 60_000 };
    const running = await exchange({ limits });
    const client = await ExchangeClient.connect(running.port);
    const other = await ExchangeClient.connect(running.port);
    await expect(ExchangeClient.connect(running.port)).rejects.toThrow('503');
    await expect(ExchangeClient.connect(running.port, '/nowhere')).rejects.toThrow('404');
    for (let i = 0; i < 7; i++) client.send({ op: 'nothing' });
    await client.next(({ status }) => status === 429);
    const login = { op: 'login', username: 'username1', password: 'wrong' };
    other.send(login);
    const third = ExchangeClient.connect(running.port);
    await expect(third).rejects.toThrow('503');
    await client.close();
    const fourth = await ExchangeClient.connect(running.port);
    other.send(login);
    fourth.send(login);
    const found = await Promise.race(
      [other, fourth].map((one) => one.next(({ status }) => status === 429)),
    );
    expect(found.error).toContain('Too many logins');
  });

  it('disconnects who sends far too much, with the reason, and nobody else', async () => {
    const running = await exchange();
    const [one, other] = [await trader(running, 1), await trader(running, 2)];
    one.send('x'.repeat(2 * 1024 * 1024));
    expect(await one.closed).toBe(1009);
    expect(await other.ask({ op: 'order', side: 'Buy', price: 1, size: 1 })).toMatchObject({
      status: 200,
    });
    await until('the connection to be gone', () => running.connections() === 1);
  });

  it('disconnects who does not read, and nobody else', async () => {
    const running = await exchange({ limits: { maxUnreadBytes: 200_000 } });
    const [slow, one] = [await ExchangeClient.connect(running.port), await trader(running, 1)];
    const order = { op: 'order', side: 'Buy', price: 0.01, size: 1 };
    await Promise.all(Array.from({ length: 2000 }, () => one.ask(order)));
    expect(running.connections()).toBe(2);
    slow.socket.pause();
    // Whole books, beyond what the system's buffers hold.
    for (let i = 0; i < 200 && running.connections() === 2; i++) {
      slow.send({ op: 'unsubscribe', args: 'orderBookL2' });
      slow.send({ op: 'subscribe', args: 'orderBookL2' });
      await one.account();
    }
    expect(running.connections()).toBe(1);
    expect(await one.ask(order)).toMatchObject({ status: 200 });
    slow.socket.terminate();
  });

  it('gives what is subscribed, and first of all the book as it is', async () => {
    const running = await exchange();
    const one = await trader(running, 1);
    const { id } = await one.ask({ op: 'order', side: 'Buy', price: 3.14, size: 200 });
    const reader = await ExchangeClient.connect(running.port, '/realtime');
    reader.send({ op: 'subscribe', args: ['orderBookL3:XBTUSD'] });
    expect(await reader.next(() => true)).toEqual({
      success: true,
      subscribe: 'orderBookL3:XBTUSD',
    });
    const partial = await reader.next(() => true);
    expect(partial).toMatchObject({
      table: 'orderBookL3',
      action: 'partial',
      whole: true,
      data: [{ symbol: 'XBTUSD', id, side: 'Buy', size: 200, price: 3.14, priceText: '3.14' }],
    });
    const sequence = Number(partial.sequence);
    await one.ask({ op: 'order', side: 'Sell', price: 3, size: 50 });
    await one.ask({ op: 'cancel', id });
    expect(await reader.next(() => true)).toMatchObject({
      action: 'match',
      sequence: sequence + 1,
      data: [{ id, size: 50, remaining_size: 150, trade_id: 1 }],
    });
    expect(await reader.next(() => true)).toMatchObject({
      action: 'delete',
      sequence: sequence + 2,
    });
    reader.send({ op: 'unsubscribe', args: 'orderBookL3' });
    await reader.next(({ success }) => success === true);
    await one.ask({ op: 'order', side: 'Buy', price: 1, size: 1 });
    reader.send('ping');
    expect(await reader.next(() => true)).toEqual({ pong: true });
  });

  it('answers by HTTP what it trades, and which orders rest', async () => {
    const running = await exchange();
    const one = await trader(running, 1);
    const { id } = await one.ask({ op: 'order', side: 'Sell', price: 3.1, size: 200 });
    const get = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
      const response = await fetch(`http://127.0.0.1:${running.port}/api/v1/${path}`);
      return (await response.json()) as Readonly<Record<string, unknown>>;
    };
    expect(await get('instrument?symbol=XBTUSD')).toMatchObject([
      { symbol: 'XBTUSD', state: 'Open', tickSize: 0.01, lotSize: 1 },
    ]);
    expect(await get('instrument?symbol=ETHUSD')).toEqual([]);
    const message = await get('orderBook/L3?symbol=XBTUSD');
    const context = { scale: { priceExponent: 2, sizeExponent: 0 }, receiveTimeUs: 1 };
    expect(imageMessage(message, context).snapshot).toMatchObject({
      sequence: running.runner.state.position.bookSequence,
      bids: [],
      asks: [{ orderId: id, price: 310, size: 200 }],
    });
    expect(await get('orderBook/L3?symbol=ETHUSD')).toMatchObject({ error: { name: 'HTTPError' } });
  });

  it('ends without an answer when a batch cannot be stored', async () => {
    const store = new MemoryExchangeStore();
    const failures: unknown[] = [];
    const running = await exchange({ store, onFailed: (error) => failures.push(error) });
    const one = await trader(running, 1);
    store.failure = new Error('The disk is full');
    one.send({ op: 'order', side: 'Buy', price: 3.14, size: 200 });
    expect(await one.closed).toBe(1011);
    expect(lines(one.messages)).toEqual([]);
    expect(failures).toEqual([store.failure]);
  });
});
