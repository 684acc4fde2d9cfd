import { describe, expect, test } from 'vitest';
import { BINANCE_LIMITS } from '../../../sandbox/venues/binance/limits.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { clientOf, sandboxOf } from './sandboxes.ts';

describe('WebSocket commands', () => {
  test('SUBSCRIBE, LIST_SUBSCRIPTIONS and UNSUBSCRIBE are answered with their id', async () => {
    const client = await clientOf(await sandboxOf());
    const params = ['btcusdt@depth@100ms', 'btcusdt@trade'];
    expect(await client.ask({ method: 'SUBSCRIBE', params, id: 7 })).toEqual({
      result: null,
      id: 7,
    });
    expect(await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 'abc' })).toEqual({
      result: params,
      id: 'abc',
    });
    const gone = { method: 'UNSUBSCRIBE', params: ['btcusdt@trade'], id: null };
    expect(await client.ask(gone)).toEqual({ result: null, id: null });
    expect((await client.ask({ method: 'LIST_SUBSCRIPTIONS', id: 9 })).result).toEqual([params[0]]);
  });

  test.each([
    ['{"method":', { code: 3 }],
    ['[]', { code: 3 }],
    ['{"method":"BUY","id":1}', { code: 2, id: 1 }],
    ['{"method":"SUBSCRIBE","params":"btcusdt@depth","id":1}', { code: 2, id: 1 }],
    ['{"method":"SUBSCRIBE","params":[],"id":1}', { code: 2, id: 1 }],
    ['{"method":"SUBSCRIBE","params":["btcusdt@depth"],"id":{}}', { code: 2 }],
    ['{"method":"SET_PROPERTY","params":["combined",1],"id":1}', { code: 1, id: 1 }],
    ['{"method":"GET_PROPERTY","params":["speed"],"id":1}', { code: 0, id: 1 }],
  ])('%s is answered with an error frame', async (command, expected) => {
    const client = await clientOf(await sandboxOf());
    const reply = await client.ask(command);
    expect(reply).toMatchObject(expected);
    expect(reply.msg).toBeTypeOf('string');
    expect(reply).not.toHaveProperty('result');
  });

  test('streams of unlisted symbols are accepted and stay silent', async () => {
    const client = await clientOf(await sandboxOf());
    const reply = await client.ask({ method: 'SUBSCRIBE', params: ['nopeusdt@depth'], id: 1 });
    expect(reply).toEqual({ result: null, id: 1 });
  });

  test('more than 1024 streams on one connection are rejected', async () => {
    const client = await clientOf(await sandboxOf());
    const names = (count: number) => Array.from({ length: count }, (_, i) => `s${i}usdt@trade`);
    expect(await client.ask({ method: 'SUBSCRIBE', params: names(1024), id: 1 })).toMatchObject({
      result: null,
    });
    const reply = await client.ask({ method: 'SUBSCRIBE', params: ['btcusdt@trade'], id: 2 });
    expect(reply).toMatchObject({ code: 2, id: 2 });
  });

  test('combined frames can be switched off on a live connection', async () => {
    const client = await clientOf(await sandboxOf(), { streams: ['depth@100ms'] });
    await client.until(() => client.frames.some((frame) => frame.startsWith('{"stream":')));
    await client.ask({ method: 'SET_PROPERTY', params: ['combined', false], id: 2 });
    await client.until(() => client.frames.at(-1)?.startsWith('{"e":"depthUpdate"') === true);
    const reply = await client.ask({ method: 'GET_PROPERTY', params: ['combined'], id: 3 });
    expect(reply).toEqual({ result: false, id: 3 });
  });
});

describe('streams', () => {
  test.each([
    ['/stream?streams=btcusdt@trade/btcusdt@depth', true],
    ['/ws/btcusdt@trade', false],
  ])('%s subscribes by its address', async (path, isCombined) => {
    const client = await clientOf(await sandboxOf(), { path });
    await client.until(() => client.trades.length > 0);
    expect(client.frames.every((frame) => frame.startsWith('{"stream":"btcusdt@'))).toBe(
      isCombined,
    );
  });

  test('any other path is rejected', async () => {
    const sandbox = await sandboxOf();
    await expect(clientOf(sandbox, { path: '/spot' })).rejects.toThrow('404');
  });

  test('frames have the fields and forms of the exchange', async () => {
    const client = await clientOf(await sandboxOf(), {
      streams: ['depth@100ms', 'trade', 'bookTicker'],
    });
    await client.until(() => client.trades.length > 2 && client.tickers.length > 2);
    await client.until(() => client.frames.filter((f) => f.includes('depthUpdate')).length > 2);
    const depth = JSON.parse(client.frames.find((f) => f.includes('depthUpdate')) ?? '');
    expect(Object.keys(depth.data)).toEqual(['e', 'E', 's', 'U', 'u', 'b', 'a']);
    expect(depth.stream).toBe('btcusdt@depth@100ms');
    for (const [price, size] of [...depth.data.b, ...depth.data.a]) {
      expect(price).toMatch(/^\d+\.\d{8}$/);
      expect(size).toMatch(/^\d+\.\d{8}$/);
    }
    expect(String(depth.data.E)).toMatch(/^\d{13}$/);
    expect(Object.keys(client.trades[0])).toEqual(['e', 'E', 's', 't', 'p', 'q', 'T', 'm', 'M']);
    expect(Object.keys(client.tickers[0])).toEqual(['u', 's', 'b', 'B', 'a', 'A']);
    const ids = client.trades.map((trade) => trade.t);
    expect(ids).toEqual(ids.map((_, i) => ids[0] + i));
  });

  test('times are in microseconds only on a connection that asks for it', async () => {
    const sandbox = await sandboxOf();
    const fine = await clientOf(sandbox, {
      path: '/stream?timeUnit=MICROSECOND',
      streams: ['trade'],
    });
    const coarse = await clientOf(sandbox, { streams: ['trade'] });
    await fine.until(() => fine.trades.length > 0);
    await coarse.until(() => coarse.trades.length > 0);
    expect(String(fine.trades[0].E)).toMatch(/^\d{16}$/);
    expect(String(coarse.trades[0].T)).toMatch(/^\d{13}$/);
  });

  test('a client that follows the published rules has the true book at every sequence', async () => {
    const sandbox = await sandboxOf({ symbols: ['BTCUSDT', 'DEEPUSDT'] });
    const client = await clientOf(sandbox, { streams: ['depth@100ms', 'bookTicker'] });
    await client.synchronise();
    for (let round = 0; round < 12; round++) {
      const before = client.applied;
      await client.until(() => client.applied > before);
      const mine = client.book?.rows();
      const truth = sandbox.bookAtSequence('BTCUSDT', mine?.sequence ?? 0);
      expect(truth?.sequence).toBe(mine?.sequence);
      expect(mine?.bids).toEqual(truth?.bids);
      expect(mine?.asks).toEqual(truth?.asks);
      const ticker = client.tickers.find((each) => each.u === mine?.sequence);
      if (ticker) expect(Number(ticker.b)).toBe(Number(mine?.bids[0]?.[0]));
    }
    expect(client.gaps).toEqual([]);
  });

  test('the true book is known at the sequences of the 1000 ms stream', async () => {
    const sandbox = await sandboxOf();
    const client = await clientOf(sandbox, { streams: ['depth'] });
    await client.synchronise();
    const mine = client.book?.rows();
    expect(mine?.bids).toEqual(sandbox.bookAtSequence('BTCUSDT', mine?.sequence ?? 0)?.bids);
  });

  test('a snapshot of the deep symbol ends at 5000 levels per side', async () => {
    const sandbox = await sandboxOf({ symbols: ['DEEPUSDT'] });
    const client = await clientOf(sandbox, { symbol: 'DEEPUSDT' });
    const { body } = await client.rest('/api/v3/depth?symbol=DEEPUSDT&limit=5000');
    expect([body.bids.length, body.asks.length]).toEqual([5000, 5000]);
    expect(sandbox.book('DEEPUSDT').bids.length).toBeGreaterThan(5000);
  });
});

describe('limits of a connection', () => {
  test('a sixth message within a second closes the connection', async () => {
    const client = await clientOf(await sandboxOf());
    for (let id = 1; id <= 6; id++) client.send({ method: 'LIST_SUBSCRIPTIONS', id });
    await client.until(() => client.closed !== null);
    expect(client.closed).toEqual({ code: 1008, reason: 'Too many requests' });
    expect(client.replies.length).toBe(5);
  });

  test('pings count as messages, and are answered with their payload', async () => {
    const client = await clientOf(await sandboxOf());
    const pongs: string[] = [];
    client.socket.on('pong', (payload) => pongs.push(payload.toString()));
    for (let i = 0; i < 6; i++) client.socket.ping(`p${i}`);
    await client.until(() => client.closed !== null);
    expect(pongs).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
  });

  test('a connection that does not answer pings for a minute is closed, others are kept', async () => {
    const clock = new ManualClock();
    const sandbox = await sandboxOf({ clock, symbols: ['QUIETUSDT'] });
    const deaf = await clientOf(sandbox, { autoPong: false });
    const alive = await clientOf(sandbox);
    for (let ping = 1; ping <= 4; ping++) {
      clock.advance(BINANCE_LIMITS.pingIntervalMs);
      await alive.until(() => alive.pings.length === ping);
      // The reply follows the pong, so the server has handled it.
      await alive.ask({ method: 'LIST_SUBSCRIPTIONS', id: ping });
      if (ping === 1) {
        // An unsolicited pong does not count as a reply.
        deaf.socket.pong('1');
        await deaf.ask({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
      }
      if (ping < 4) expect(deaf.closed).toBeNull();
    }
    await deaf.until(() => deaf.closed !== null);
    expect(deaf.closed).toEqual({ code: 1008, reason: 'Pong timeout' });
    expect(alive.closed).toBeNull();
  });

  test('a connection is closed after its lifetime', async () => {
    const sandbox = await sandboxOf({ limits: { binance: { connectionLifeMs: 200 } } });
    const client = await clientOf(sandbox);
    await client.until(() => client.closed !== null);
    expect(client.closed?.code).toBe(1008);
    await expect.poll(() => sandbox.stats().connections, { timeout: 20_000 }).toBe(0);
  });

  test('too many new connections in five minutes are rejected', async () => {
    const sandbox = await sandboxOf({ limits: { binance: { connectionsPerFiveMinutes: 2 } } });
    await clientOf(sandbox);
    await clientOf(sandbox);
    await expect(clientOf(sandbox)).rejects.toThrow('429');
  });

  test('a client that does not read is disconnected at the limit', async () => {
    const sandbox = await sandboxOf({ limits: { binance: { maxBufferedBytes: 1 } }, pace: 20_000 });
    const client = await clientOf(sandbox, { streams: ['depth@100ms', 'trade', 'bookTicker'] });
    client.socket.pause();
    await clientOf(sandbox);
    await expect.poll(() => sandbox.stats().connections, { timeout: 20_000 }).toBe(1);
  });
});
