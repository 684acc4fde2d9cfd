/** Connections that end by plan: the new one first, the old one last, nothing lost in between. */

import { beforeEach, describe, expect, test } from 'vitest';
import { BINANCE_LIMITS } from '../../../../logger/exchange/binance/limits.ts';
import { ScriptedFeed } from '../../../support/scripted-feed.ts';

let feed: ScriptedFeed;

beforeEach(() => {
  feed = new ScriptedFeed();
});

describe('a planned end', () => {
  test('at 23 h 50 min the new connection comes first, and no listener is called', () => {
    const { socket, listener } = feed.streaming();
    let last = 10;
    while (feed.clock.monotonicMs() < (23 * 60 + 50) * 60_000 - 10_000) {
      feed.clock.advance(10_000);
      feed.depth(socket, last + 1, ++last);
    }
    expect(feed.transport.sockets).toHaveLength(1);
    feed.clock.advance(10_000);
    expect(feed.transport.sockets).toHaveLength(2);
    const fresh = feed.connect();
    expect(socket.isClosed).toBe(false);
    feed.depth(socket, last + 1, last + 5);
    feed.depth(fresh, last + 3, last + 5);
    expect(socket.isClosed).toBe(true);
    feed.depth(fresh, last + 6, last + 6);
    expect(listener.states).toEqual(['up']);
    expect(listener.ranges.at(-1)).toEqual([last + 6, last + 6]);
  });

  test('a new connection that is ahead waits for the old one: the overlap makes no gap', () => {
    const { socket, listener } = feed.streaming();
    void feed.exchange.reset();
    const fresh = feed.connect();
    feed.depth(fresh, 16, 20);
    expect(listener.ranges).toEqual([[1, 10]]);
    feed.depth(socket, 11, 15);
    expect(listener.ranges).toEqual([
      [1, 10],
      [11, 15],
      [16, 20],
    ]);
    expect(socket.isClosed).toBe(true);
    feed.depth(fresh, 21, 22);
    expect(listener.ranges.at(-1)).toEqual([21, 22]);
    expect(listener.states).toEqual(['up']);
  });

  test('what waited carries no receive time before that of the frame that it follows', () => {
    const { socket, listener } = feed.streaming();
    void feed.exchange.reset();
    const fresh = feed.connect();
    feed.depth(fresh, 16, 20);
    feed.clock.advance(500);
    feed.depth(socket, 11, 15);
    const times = listener.diffs.map(({ receiveTimeUs }) => receiveTimeUs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('if the old one never catches up, the new one continues by itself after a limit', () => {
    const { socket, listener } = feed.streaming();
    void feed.exchange.reset();
    const fresh = feed.connect();
    feed.depth(fresh, 16, 20);
    feed.clock.advance(100 + BINANCE_LIMITS.quietAfterMs);
    expect(listener.ranges).toEqual([
      [1, 10],
      [16, 20],
    ]);
    expect(socket.isClosed).toBe(true);
    expect(listener.states).toEqual(['up']);
  });

  test('if the old one dies meanwhile, the new one takes over and no listener is called', () => {
    const { socket, listener, handle } = feed.streaming();
    void feed.exchange.reset();
    const fresh = feed.connect();
    feed.depth(fresh, 16, 20);
    socket.end('gone');
    expect(listener.states).toEqual(['up']);
    expect(listener.ranges).toEqual([
      [1, 10],
      [16, 20],
    ]);
    expect(handle.aliveUntilUs()).not.toBeNull();
    feed.clock.advance(0);
    expect(feed.transport.sockets).toHaveLength(2);
    expect(fresh.isClosed).toBe(false);
  });

  test('if the old one dies before the new one is confirmed, it is a down and an up', () => {
    const { socket, listener } = feed.streaming();
    void feed.exchange.reset().catch(() => undefined);
    feed.clock.advance(0);
    const fresh = feed.transport.latest;
    fresh.open();
    socket.end('gone');
    expect(listener.states).toEqual(['up', 'down']);
    fresh.confirm();
    expect(listener.states).toEqual(['up', 'down', 'up']);
    feed.clock.advance(0);
    expect(feed.transport.sockets).toHaveLength(2);
  });

  test('if the new one fails, the old one carries on and another is tried', () => {
    const { socket, listener } = feed.streaming();
    void feed.exchange.reset().catch(() => undefined);
    feed.clock.advance(0);
    feed.transport.latest.end('refused');
    feed.clock.advance(0);
    feed.transport.latest.end('refused');
    feed.clock.advance(1000);
    expect(feed.transport.sockets).toHaveLength(4);
    feed.depth(socket, 11, 12);
    expect(listener.ranges).toEqual([
      [1, 10],
      [11, 12],
    ]);
    expect(listener.states).toEqual(['up']);
  });

  test('a symbol that the exchange rejects does not keep a reset from being done', async () => {
    const { socket } = feed.streaming();
    const rejected = feed.open('BAD');
    feed.clock.advance(1200);
    const reject = (one: typeof socket): void =>
      one.message({ code: 2, msg: 'Invalid request: unknown stream' });
    reject(socket);
    expect(rejected.listener.states).toEqual(['rejected']);
    let isDone = false;
    const reset = feed.exchange.reset().then(() => (isDone = true));
    feed.clock.advance(0);
    const fresh = feed.transport.latest;
    fresh.open();
    // Both symbols are asked for at once, and rejected as a whole; then one by one.
    reject(fresh);
    fresh.confirm();
    feed.depth(fresh, 11, 12);
    feed.clock.advance(1200);
    expect(socket.isClosed).toBe(true);
    reject(fresh);
    await reset;
    expect(isDone).toBe(true);
  });

  test('each symbol keeps the old connection until it has come in on the new one, or is quiet', async () => {
    const { socket } = feed.streaming();
    const quiet = feed.open('ETHUSDT');
    feed.confirmAll(socket);
    let isDone = false;
    const reset = feed.exchange.reset().then(() => (isDone = true));
    feed.clock.advance(0);
    const fresh = feed.transport.latest;
    fresh.open();
    fresh.confirm();
    feed.depth(fresh, 11, 12);
    expect(socket.isClosed).toBe(false);
    feed.clock.advance(100 + BINANCE_LIMITS.quietAfterMs);
    expect(socket.isClosed).toBe(true);
    await reset;
    expect(isDone).toBe(true);
    expect(quiet.listener.states).toEqual(['up']);
  });

  test('a symbol that only the old one brings is not quiet: kept, and subscribed again', () => {
    const { socket, listener } = feed.streaming();
    void feed.exchange.reset().catch(() => undefined);
    const fresh = feed.connect();
    const asked = fresh.sent.length;
    feed.depth(socket, 11, 12);
    feed.clock.advance(100 + BINANCE_LIMITS.quietAfterMs);
    expect(socket.isClosed).toBe(false);
    expect(fresh.sent.slice(asked).join()).toContain('UNSUBSCRIBE');
    feed.depth(socket, 13, 14);
    fresh.confirm();
    feed.clock.advance(1200);
    fresh.confirm();
    feed.depth(socket, 15, 16);
    expect(socket.isClosed).toBe(false);
    feed.depth(fresh, 15, 16);
    expect(socket.isClosed).toBe(true);
    feed.depth(fresh, 17, 17);
    expect(listener.ranges.at(-1)).toEqual([17, 17]);
    expect(listener.states).toEqual(['up']);
  });

  test('a symbol that the old one stops bringing too is quiet: the old one goes', () => {
    const { socket } = feed.streaming();
    void feed.exchange.reset().catch(() => undefined);
    const fresh = feed.connect();
    feed.depth(socket, 11, 12);
    feed.clock.advance(100 + BINANCE_LIMITS.quietAfterMs);
    feed.confirmAll(fresh);
    feed.clock.advance(100 + BINANCE_LIMITS.quietAfterMs);
    expect(socket.isClosed).toBe(true);
  });

  test('trades of both connections pass once each', () => {
    const { socket, listener } = feed.streaming();
    feed.trade(socket, 1);
    void feed.exchange.reset();
    const fresh = feed.connect();
    feed.trade(fresh, 4);
    feed.trade(socket, 2);
    feed.trade(fresh, 5);
    feed.trade(socket, 3);
    feed.trade(socket, 4);
    expect(listener.trades.map(({ tradeId }) => tradeId)).toEqual([1, 4, 2, 5, 3]);
  });

  test('serverShutdown, with or without a symbol, enveloped or not, replaces the connection', () => {
    for (const frame of [
      { e: 'serverShutdown', E: 1 },
      { stream: '!serverShutdown', data: { e: 'serverShutdown', E: 1 } },
      { stream: '!serverShutdown', data: { e: 'serverShutdown', E: 1, s: 'BTCUSDT' } },
    ]) {
      feed = new ScriptedFeed();
      const { socket, listener } = feed.streaming();
      socket.message(frame);
      socket.message(frame);
      feed.clock.advance(0);
      expect(feed.transport.sockets).toHaveLength(2);
      expect(socket.isClosed).toBe(false);
      const fresh = feed.connect();
      feed.depth(fresh, 11, 11);
      expect(socket.isClosed).toBe(true);
      expect(listener.states).toEqual(['up']);
    }
  });

  test('a replacement that is itself announced to shut down is replaced once it has taken over', () => {
    const { socket } = feed.streaming();
    void feed.exchange.reset();
    feed.clock.advance(0);
    const second = feed.transport.latest;
    second.open();
    second.message({ e: 'serverShutdown', E: 1 });
    second.confirm();
    feed.depth(second, 11, 11);
    expect(socket.isClosed).toBe(true);
    feed.clock.advance(0);
    expect(feed.transport.sockets).toHaveLength(3);
    const third = feed.connect();
    feed.depth(third, 12, 12);
    expect(second.isClosed).toBe(true);
  });

  test('pings answered but no data for four times the stale limit: replaced, and no listener is called', () => {
    const { socket, listener } = feed.streaming();
    for (let i = 0; i < 60; i++) {
      feed.clock.advance(1000);
      socket.alive();
    }
    expect(feed.transport.sockets).toHaveLength(2);
    expect(socket.isClosed).toBe(false);
    feed.connect();
    feed.clock.advance(100 + BINANCE_LIMITS.quietAfterMs);
    expect(socket.isClosed).toBe(true);
    expect(listener.states).toEqual(['up']);
  });

  test('a reset that can not be done fails after its limit and is retried', async () => {
    const { listener } = feed.streaming();
    const failed = expect(feed.exchange.reset()).rejects.toMatchObject({ code: 'feed-closed' });
    feed.clock.advance(BINANCE_LIMITS.resetWithinMs);
    await failed;
    feed.depth(feed.connect(), 11, 11);
    expect(listener.states).toEqual(['up']);
    await feed.exchange.close();
  });

  test('a reset while the connection is down ends the back-off', async () => {
    const { socket } = feed.streaming();
    socket.end('gone');
    for (let i = 0; i < 8; i++) {
      const count = feed.transport.sockets.length;
      while (feed.transport.sockets.length === count)
        feed.clock.advance(feed.clock.nextDueInMs ?? 1);
      feed.transport.latest.end('refused');
    }
    const count = feed.transport.sockets.length;
    const reset = feed.exchange.reset();
    feed.clock.advance(0);
    expect(feed.transport.sockets).toHaveLength(count + 1);
    feed.connect();
    await reset;
  });

  test('a reset without symbols is done at once', async () => {
    await feed.exchange.reset();
    expect(feed.transport.sockets).toEqual([]);
  });
});
