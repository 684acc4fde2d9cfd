/** Streams, unplanned ends, sure moments and tick sizes, on a manual clock and a scripted network. */

import { beforeEach, describe, expect, test } from 'vitest';
import { ConflictError } from '../../../../logger/errors.ts';
import { BINANCE_LIMITS } from '../../../../logger/exchange/binance/limits.ts';
import { ScriptedFeed } from '../../../support/scripted-feed.ts';

const HOUR_MS = 3_600_000;

let feed: ScriptedFeed;

beforeEach(() => {
  feed = new ScriptedFeed();
});

describe('subscribing', () => {
  test('the symbol is up only once the exchange has confirmed our request', () => {
    const { listener, handle } = feed.open();
    feed.clock.advance(0);
    const socket = feed.transport.latest;
    expect(socket.url).toBe('wss://exchange.test/stream?timeUnit=MICROSECOND');
    expect(socket.sent).toEqual([]);
    socket.open();
    expect(socket.requests).toEqual([
      { method: 'SUBSCRIBE', params: ['btcusdt@depth@100ms', 'btcusdt@trade'], id: 1 },
    ]);
    expect(listener.states).toEqual([]);
    expect(handle.aliveUntilUs()).toBeNull();
    socket.message({ result: null, id: 99 });
    expect(listener.states).toEqual([]);
    socket.confirm();
    expect(listener.states).toEqual(['up']);
    expect(handle.aliveUntilUs()).toBe(feed.clock.nowUs());
  });

  test('frames that come before the confirmation follow right after it', () => {
    const { listener } = feed.open();
    feed.clock.advance(0);
    feed.transport.latest.open();
    feed.depth(feed.transport.latest, 1, 10);
    feed.trade(feed.transport.latest, 7);
    expect(listener.calls).toEqual([]);
    feed.transport.latest.confirm();
    expect(listener.calls.map(({ what }) => what)).toEqual(['up', 'event', 'event']);
    expect(listener.ranges).toEqual([[1, 10]]);
  });

  test('many symbols share messages that stay below the size on which the server falls silent', () => {
    for (let i = 0; i < 512; i++) feed.open(`${'X'.repeat(17)}${String(i).padStart(3, '0')}`);
    const socket = feed.connect();
    feed.clock.advance(1200);
    feed.confirmAll(socket);
    expect(feed.transport.sockets).toHaveLength(1);
    expect(socket.requests.length).toBe(Math.ceil(1024 / BINANCE_LIMITS.maxStreamsPerRequest));
    expect(new Set(socket.requests.flatMap(({ params }) => params)).size).toBe(1024);
    for (const text of socket.sent) expect(text.length).toBeLessThan(4088);
  });

  test('more streams than a connection may carry go to a further one', () => {
    feed = new ScriptedFeed({ maxStreamsPerConnection: 4 });
    for (const symbol of ['A', 'B', 'C']) feed.open(symbol);
    feed.clock.advance(0);
    expect(feed.transport.sockets).toHaveLength(2);
    expect(feed.exchange.counters().connections).toBe(0);
    for (const socket of feed.transport.sockets) socket.open();
    expect(feed.exchange.counters().connections).toBe(2);
    expect(feed.transport.sockets.map(({ requests }) => requests[0]?.params.length)).toEqual([
      4, 2,
    ]);
  });

  test('a rejected request is sent again in halves until only the unknown symbol is rejected', () => {
    const symbols = ['A', 'B', 'BAD', 'C', 'D'];
    const listeners = symbols.map((symbol) => feed.open(symbol).listener);
    feed.clock.advance(0);
    const socket = feed.transport.latest;
    socket.open();
    // Then the rejected one is retried alone.
    for (let answered = 0; answered < 12; answered++) {
      const request = socket.requests.at(-1);
      if (request?.params.some((name) => name.startsWith('bad@'))) {
        // As the exchange does it: without the id of the request.
        socket.message({ code: 2, msg: 'Invalid request: unknown stream' });
      } else socket.confirm();
      feed.clock.advance(1200);
    }
    expect(listeners.map(({ states }) => states)).toEqual([
      ['up'],
      ['up'],
      ['rejected'],
      ['up'],
      ['up'],
    ]);
    expect(listeners[2]?.calls).toEqual([
      { what: 'rejected', reason: 'Invalid request: unknown stream (code 2)' },
    ]);
  });

  test.each([
    [429, '30', 30_000],
    [403, '7', 7000],
    [418, undefined, 120_000],
    [429, undefined, 5000],
  ])('an upgrade answered %s, Retry-After %s, is not tried again before', (status, after, ms) => {
    const { listener } = feed.open();
    const other = feed.open('ETHUSDT');
    feed.clock.advance(0);
    feed.transport.latest.reject(status, after);
    feed.clock.advance(ms - 1);
    expect(feed.transport.sockets).toHaveLength(1);
    feed.clock.advance(1);
    expect(feed.transport.sockets).toHaveLength(2);
    expect(listener.waits).toEqual([
      { for: 'connection', reason: expect.stringContaining(`${status}, no other before`) },
    ]);
    expect(other.listener.waits).toHaveLength(1);
  });

  test('a cut is not held up by one that was rejected without a word how long', () => {
    feed.open();
    feed.clock.advance(0);
    feed.transport.latest.reject(503);
    feed.clock.advance(200);
    expect(feed.transport.sockets.length).toBeGreaterThan(1);
  });

  test('a reply that never comes drops a connection that carries nothing', () => {
    const { listener } = feed.open();
    feed.clock.advance(0);
    feed.transport.latest.open();
    feed.clock.advance(BINANCE_LIMITS.replyWithinMs);
    feed.clock.advance(0);
    expect(feed.transport.sockets[0]?.isClosed).toBe(true);
    expect(feed.transport.sockets).toHaveLength(2);
    expect(listener.calls).toEqual([]);
  });

  test('a reply that never comes replaces a connection that carries others, without touching them', () => {
    const { socket, listener } = feed.streaming();
    const second = feed.open('ETHUSDT').listener;
    feed.clock.advance(BINANCE_LIMITS.replyWithinMs);
    feed.clock.advance(0);
    expect(feed.transport.sockets).toHaveLength(2);
    expect(socket.isClosed).toBe(false);
    const fresh = feed.connect();
    feed.depth(socket, 11, 12);
    feed.depth(fresh, 11, 12);
    feed.clock.advance(2000);
    expect(socket.isClosed).toBe(true);
    expect(listener.states).toEqual(['up']);
    expect(second.states).toEqual(['up']);
  });
});

describe('adding and removing', () => {
  test('after a symbol is closed its listener is not called, and the others continue', () => {
    const { socket, listener, handle } = feed.streaming();
    const other = feed.open('ETHUSDT');
    feed.confirmAll(socket);
    handle.close();
    handle.close();
    expect(socket.requests.at(-1)).toEqual({
      method: 'UNSUBSCRIBE',
      params: ['btcusdt@depth@100ms', 'btcusdt@trade'],
      id: 3,
    });
    feed.depth(socket, 11, 12);
    feed.depth(socket, 1, 2, 'ETHUSDT');
    expect(listener.ranges).toEqual([[1, 10]]);
    expect(other.listener.ranges).toEqual([[1, 2]]);
    expect(handle.aliveUntilUs()).toBeNull();
  });

  test('a symbol that is closed while it is being asked for is given up after the reply', () => {
    const kept = feed.open('ETHUSDT');
    const socket = feed.connect();
    const { handle, listener } = feed.open();
    handle.close();
    feed.confirmAll(socket);
    expect(socket.requests.map(({ method }) => method)).toEqual([
      'SUBSCRIBE',
      'SUBSCRIBE',
      'UNSUBSCRIBE',
    ]);
    expect(listener.calls).toEqual([]);
    expect(kept.listener.states).toEqual(['up']);
  });

  test('a symbol can be closed and opened again; the exchange hears it in that order', () => {
    const kept = feed.open('ETHUSDT');
    const first = feed.open();
    const socket = feed.connect();
    first.handle.close();
    const second = feed.open();
    feed.confirmAll(socket);
    expect(socket.requests.slice(-2).map(({ method }) => method)).toEqual([
      'UNSUBSCRIBE',
      'SUBSCRIBE',
    ]);
    feed.depth(socket, 5, 6);
    expect(first.listener.diffs).toEqual([]);
    expect(second.listener.ranges).toEqual([[5, 6]]);
    expect(kept.listener.states).toEqual(['up']);
  });

  test('a symbol is open once', () => {
    feed.open();
    expect(() => feed.open()).toThrow(ConflictError);
  });

  test('the connection goes with the last symbol and comes with the next', () => {
    const { socket, handle } = feed.streaming();
    handle.close();
    expect(socket.isClosed).toBe(true);
    feed.clock.advance(HOUR_MS / 2);
    expect(feed.transport.sockets).toHaveLength(1);
    feed.open();
    feed.clock.advance(0);
    expect(feed.transport.sockets).toHaveLength(2);
  });

  test('after close no listener is called and nothing is left running', async () => {
    const { socket, listener } = feed.streaming();
    await feed.exchange.close();
    feed.depth(socket, 11, 12);
    feed.clock.advance(HOUR_MS);
    expect(listener.calls.map(({ what }) => what)).toEqual(['up', 'event']);
    expect(socket.isClosed).toBe(true);
    expect(feed.clock.pendingTimers).toBe(0);
  });
});

describe('an unplanned end', () => {
  test('is reported with the last sign of life; the next attempt comes at once', () => {
    const { socket, listener } = feed.streaming();
    const aliveUntilUs = feed.clock.nowUs();
    feed.clock.advance(1000);
    socket.end('closed with code 1006');
    expect(listener.calls.at(-1)).toEqual({
      what: 'down',
      aliveUntilUs,
      reason: 'closed with code 1006',
    });
    feed.clock.advance(0);
    expect(feed.transport.sockets).toHaveLength(2);
    feed.connect();
    expect(listener.states).toEqual(['up', 'down', 'up']);
  });

  test('back-off grows while no data comes, and is over when some did', () => {
    const { socket } = feed.streaming();
    const attemptsMs = (attempts: number): number[] => {
      const waits: number[] = [];
      for (let i = 0; i < attempts; i++) {
        const fromMs = feed.clock.monotonicMs();
        const count = feed.transport.sockets.length;
        while (feed.transport.sockets.length === count)
          feed.clock.advance(feed.clock.nextDueInMs ?? 1);
        waits.push(feed.clock.monotonicMs() - fromMs);
        feed.transport.latest.end('refused');
      }
      return waits;
    };
    socket.end('gone');
    expect(attemptsMs(10)).toEqual([0, 187.5, 375, 750, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
    while (feed.transport.latest.isClosed) feed.clock.advance(feed.clock.nextDueInMs ?? 1);
    // Confirmed is not enough: a server may accept everything and bring nothing.
    feed.connect().end('gone');
    expect(attemptsMs(1)[0]).toBeGreaterThan(10_000);
    while (feed.transport.latest.isClosed) feed.clock.advance(feed.clock.nextDueInMs ?? 1);
    const again = feed.connect();
    feed.depth(again, 1, 2);
    again.end('gone');
    expect(attemptsMs(2)).toEqual([0, 187.5]);
  });

  test('a connection that flaps never exceeds 300 attempts in 5 minutes', () => {
    feed.open();
    const connectedMs: number[] = [];
    while (feed.clock.monotonicMs() < 900_000) {
      const count = feed.transport.sockets.length;
      while (feed.transport.sockets.length === count)
        feed.clock.advance(Math.max(1, feed.clock.nextDueInMs ?? 1));
      connectedMs.push(feed.clock.monotonicMs());
      feed.transport.latest.open();
      feed.transport.latest.confirm();
      feed.depth(feed.transport.latest, 1, 2);
      feed.transport.latest.end('gone');
    }
    expect(connectedMs.length).toBeGreaterThan(500);
    for (const fromMs of connectedMs) {
      const within = connectedMs.filter((ms) => ms >= fromMs && ms < fromMs + 300_000);
      expect(within.length).toBeLessThanOrEqual(300);
    }
  });

  test('total silence is a dead connection', () => {
    const { listener } = feed.streaming();
    feed.clock.advance(15_000);
    expect(feed.transport.sockets[0]?.isClosed).toBe(true);
    expect(feed.transport.sockets[0]?.pings).toBe(2);
    expect(listener.calls.at(-1)).toMatchObject({ what: 'down' });
  });

  test('a connection that never opens is given up', () => {
    feed.open();
    feed.clock.advance(15_000);
    expect(feed.transport.sockets[0]?.isClosed).toBe(true);
  });

  test('a message above the size limit is counted', () => {
    const { socket } = feed.streaming();
    socket.end('Max payload size exceeded', true);
    expect(feed.exchange.counters().wireErrors).toEqual({ oversized: 1 });
  });
});

describe('the last sign of life', () => {
  test('follows data and pongs', () => {
    const { socket, handle } = feed.streaming();
    feed.clock.advance(3000);
    socket.alive();
    expect(handle.aliveUntilUs()).toBe(feed.clock.nowUs());
    feed.clock.advance(1000);
    expect(handle.aliveUntilUs()).toBe(feed.clock.nowUs() - 1_000_000);
  });

  test('during an overlap only connections count that are confirmed and caught up', () => {
    const { socket, handle } = feed.streaming();
    void feed.exchange.reset();
    feed.clock.advance(1000);
    const beforeUs = handle.aliveUntilUs();
    const fresh = feed.transport.latest;
    fresh.open();
    expect(handle.aliveUntilUs()).toBe(beforeUs);
    fresh.confirm();
    expect(handle.aliveUntilUs()).toBe(feed.clock.nowUs());
    feed.clock.advance(10);
    feed.depth(fresh, 16, 20);
    expect(handle.aliveUntilUs()).toBe(beforeUs);
    feed.depth(socket, 11, 15);
    expect(handle.aliveUntilUs()).toBe(feed.clock.nowUs());
  });
});

describe('numbers', () => {
  test('a finer scale is announced before the first event that has it', () => {
    const { socket, listener } = feed.streaming();
    const data = { e: 'trade', E: 1, s: 'BTCUSDT', t: 1, p: '0.000000001', q: '1', T: 1, m: true };
    socket.message({ stream: 'btcusdt@trade', data });
    feed.depth(socket, 11, 11);
    expect(listener.calls.slice(2).map(({ what }) => what)).toEqual(['scale', 'event', 'event']);
    expect(listener.trades[0]?.price).toBe(1);
    expect(listener.diffs.at(-1)?.bids[0]).toBe(1_000_000_000);
  });

  test('garbage, unknown events and bad numbers are counted by kind and affect nothing else', () => {
    const { socket, listener } = feed.streaming();
    socket.message('garbage');
    socket.message('{"e":"referencePrice"}');
    const bad = { e: 'depthUpdate', E: 1, s: 'BTCUSDT', U: 11, u: 11, b: [['NaN', '1']], a: [] };
    socket.message({ stream: 'btcusdt@depth@100ms', data: bad });
    feed.depth(socket, 12, 12);
    expect(feed.exchange.counters().wireErrors).toEqual({
      json: 1,
      'unknown-event': 1,
      decimal: 1,
    });
    expect(listener.ranges).toEqual([
      [1, 10],
      [12, 12],
    ]);
    expect(listener.states).toEqual(['up']);
  });
});
