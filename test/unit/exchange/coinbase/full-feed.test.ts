/** The `full` channel, on a clock that the test moves: loss, and connections that come and go. */

import { describe, expect, test } from 'vitest';
import { COINBASE_LIMITS } from '../../../../logger/exchange/coinbase/limits.ts';
import { signature } from '../../../../logger/exchange/coinbase/sign.ts';
import {
  BTC,
  CREDENTIALS,
  activate,
  done,
  heartbeat,
  match,
  open,
  received,
  timeUs,
} from '../../../support/coinbase-frames.ts';
import { ScriptedCoinbase } from '../../../support/scripted-coinbase.ts';
import type { RecordingListener } from '../../../support/recording-listener.ts';
import type { ScriptedSocket } from '../../../support/scripted-transport.ts';

function sequencesOf(listener: RecordingListener): number[] {
  return listener.events.flatMap((event) => ('lastSequence' in event ? [event.lastSequence] : []));
}

describe('subscribing', () => {
  test('each product asks, signed, for its channels as soon as its connection is open', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    const [request] = feed.sent(socket);
    expect(request).toEqual({
      type: 'subscribe',
      product_ids: [BTC],
      channels: ['full', 'heartbeat', 'auctionfeed'],
      key: CREDENTIALS.key,
      passphrase: CREDENTIALS.passphrase,
      timestamp: String(Math.floor(feed.clock.nowUs() / 1_000_000)),
      signature: signature(
        CREDENTIALS.secret,
        String(request?.['timestamp']),
        '/users/self/verify',
      ),
    });
    expect(listener.states).toEqual(['up']);
  });

  test('the log says which of the connections it speaks of', () => {
    const feed = new ScriptedCoinbase({ limits: { maxFullConnections: 1 } });
    feed.streaming();
    for (const symbol of ['ETH-USD', 'LTC-USD', 'SOL-USD']) feed.open(symbol);
    feed.transport.latest.end('gone');
    const [connected, ended] = feed.logged
      .filter((line) => line.includes('to the exchange'))
      .map((line) => JSON.parse(line.slice(line.indexOf('{'))));
    const which = { exchange: 'coinbase', feed: 'full', url: 'wss://feed.test' };
    expect(connected).toEqual({ ...which, symbols: BTC });
    expect(ended).toMatchObject({ ...which, symbols: `${BTC},ETH-USD,LTC-USD and 1 more` });
  });

  test('a later connection signs again', () => {
    const feed = new ScriptedCoinbase();
    const { socket } = feed.streaming();
    feed.clock.advance(60_000);
    socket.end('gone');
    feed.clock.advance(0);
    const [first] = feed.sent(socket);
    const [second] = feed.sent(feed.connect());
    expect(Number(second?.['timestamp'])).toBeGreaterThanOrEqual(Number(first?.['timestamp']) + 60);
    expect(second?.['signature']).not.toBe(first?.['signature']);
  });

  test('a product that the exchange does not list hears the reason, once and for all', async () => {
    const feed = new ScriptedCoinbase();
    feed.answers(404, { message: 'NotFound' });
    const { listener } = feed.open('NO-SUCH');
    feed.clock.advance(0);
    const { latest } = feed.transport;
    latest.open();
    latest.message({
      type: 'error',
      message: 'Failed to subscribe',
      reason: 'NO-SUCH is not a valid product',
    });
    expect(listener.calls).toEqual([
      { what: 'rejected', reason: 'Failed to subscribe: NO-SUCH is not a valid product' },
    ]);
    await feed.clock.advanceAsync(500, 500);
    expect(listener.calls.slice(1)).toEqual([
      { what: 'unlisted', reason: 'The exchange does not list NO-SUCH: NotFound' },
    ]);
    feed.clock.advance(3_000_000);
    expect(feed.transport.sockets).toHaveLength(1);
  });

  test('a product that a confirmation leaves out is not up: it is asked for again', () => {
    const feed = new ScriptedCoinbase();
    const [one, two] = [feed.open(BTC), feed.open('ETH-USD')];
    feed.clock.advance(0);
    const confirm = (...product_ids: string[]): void => {
      for (const socket of feed.transport.sockets) {
        socket.open();
        socket.message({ type: 'subscriptions', channels: [{ name: 'full', product_ids }] });
      }
    };
    confirm(BTC);
    feed.clock.advance(1000);
    confirm(BTC);
    expect([one.listener.states, two.listener.states]).toEqual([['up'], ['rejected']]);
    feed.clock.advance(1000);
    confirm(BTC, 'ETH-USD');
    expect(two.listener.states).toEqual(['rejected', 'up']);
  });
});

describe('messages', () => {
  test('come as events in their order, heartbeats and auctions as what they are', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    for (const message of [received(1), open(2), match(3, 9), done(4), activate()]) {
      socket.message(message);
    }
    socket.message(heartbeat(4, 9));
    const auction = { type: 'auction', product_id: BTC, sequence: 5 };
    for (const state of ['collection', 'opening', 'complete', 'complete']) {
      socket.message({ ...auction, auction_state: state });
    }
    expect(listener.events.map(({ type }) => type)).toEqual([
      'received',
      'open',
      'match',
      'done',
      'activate',
    ]);
    expect(listener.calls.slice(6)).toEqual([
      {
        what: 'heartbeat',
        heartbeat: {
          lastSequence: 4,
          exchangeTimeUs: timeUs(4),
          receiveTimeUs: feed.clock.nowUs(),
        },
      },
      { what: 'auction', isCollecting: true },
      { what: 'auction', isCollecting: false },
    ]);
  });

  test('a time of the year 1 is replaced by the last one known, and counted', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    const time = '0001-01-01T00:00:00.000000Z';
    socket.message(open(1, { time }));
    socket.message(open(2));
    socket.message(open(3, { time }));
    expect(listener.events.map(({ exchangeTimeUs }) => exchangeTimeUs)).toEqual([
      timeUs(2),
      timeUs(2),
    ]);
    expect(feed.exchange.counters().wireErrors).toEqual({ time: 2 });
  });

  test('a finer price is announced before it comes', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    socket.message(open(1, { price: '1.234' }));
    expect(listener.calls.map(({ what }) => what)).toEqual(['up', 'scale', 'event']);
    expect(listener.events[0]).toMatchObject({ price: 1234 });
  });

  test('what can not be used is counted, logged once per kind, and leaves a gap that shows', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    socket.message(open(1));
    for (const text of [
      '{',
      '{}',
      '{"type":"open"}',
      '[]',
      '"x"',
      '{"__proto__":{"type":"open"}}',
    ]) {
      socket.message(text);
      socket.message(text);
    }
    socket.message(open(2, { remaining_size: '-1' }));
    socket.message({ type: 'brand-new' });
    socket.message(open(3));
    expect(sequencesOf(listener)).toEqual([1, 3]);
    expect(listener.states).toEqual(['up']);
    expect(feed.exchange.counters().wireErrors).toEqual({
      json: 2,
      shape: 10,
      decimal: 1,
      'unknown-event': 1,
    });
    expect(feed.logged.filter((line) => line.startsWith('Unusable'))).toHaveLength(4);
  });

  test('of other products and channels nothing is received', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    socket.message(open(1, { product_id: 'ETH-USD' }));
    socket.message({ type: 'l2update', product_id: BTC, changes: [], time: 'x' });
    expect(listener.events).toEqual([]);
  });
});

describe('connections', () => {
  test('busy products get one each; beyond the limit the least busy one takes the next', () => {
    const feed = new ScriptedCoinbase({ limits: { maxFullConnections: 3 } });
    const sockets = new Map<string, ScriptedSocket>();
    for (const symbol of ['A-USD', 'B-USD', 'C-USD']) {
      sockets.set(symbol, feed.streaming(symbol).socket);
    }
    expect(feed.transport.sockets).toHaveLength(3);
    const business = { 'A-USD': 500, 'B-USD': 20, 'C-USD': 300 };
    for (const [symbol, count] of Object.entries(business)) {
      for (let i = 1; i <= count; i++)
        sockets.get(symbol)?.message(open(i, { product_id: symbol }));
    }
    feed.clock.advance(5000);
    const { listener } = feed.open('D-USD');
    feed.clock.advance(1000);
    expect(feed.transport.sockets).toHaveLength(3);
    const quiet = sockets.get('B-USD');
    expect(feed.sent(quiet as ScriptedSocket).at(-1)?.['product_ids']).toEqual(['D-USD']);
    feed.confirm(quiet as ScriptedSocket);
    expect(listener.states).toEqual(['up']);
  });

  test('many products at once are spread evenly', () => {
    const feed = new ScriptedCoinbase({ limits: { maxFullConnections: 4 } });
    for (let i = 0; i < 40; i++) feed.open(`P${i}-USD`);
    for (let i = 0; i < 4; i++) {
      feed.clock.advance(1000);
    }
    expect(feed.transport.sockets).toHaveLength(4);
    for (const socket of feed.transport.sockets) {
      socket.open();
      expect(feed.sent(socket)[0]?.['product_ids']).toHaveLength(10);
    }
  });

  test('an end is a down with the last sign of life, and a new connection at once', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    socket.message(open(1));
    const heardUs = feed.clock.nowUs();
    feed.clock.advance(3000);
    socket.end('closed with code 1006');
    expect(listener.calls.at(-1)).toEqual({
      what: 'down',
      aliveUntilUs: heardUs,
      reason: 'closed with code 1006',
    });
    feed.connect();
    expect(listener.states).toEqual(['up', 'down', 'up']);
  });

  test('trouble with one product’s connection does not affect another', () => {
    const feed = new ScriptedCoinbase();
    const first = feed.streaming();
    const second = feed.streaming('ETH-USD');
    first.socket.end('gone');
    second.socket.message(open(1, { product_id: 'ETH-USD' }));
    expect(second.listener.states).toEqual(['up']);
    expect(second.listener.events).toHaveLength(1);
  });

  test('a planned end overlaps: by sequence nothing is lost, and activations come once', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    socket.message(open(1));
    void feed.exchange.reset();
    const fresh = feed.connect();
    fresh.message(open(4));
    fresh.message(activate());
    socket.message(activate());
    for (const sequence of [2, 3, 4]) socket.message(open(sequence));
    expect(socket.isClosed).toBe(true);
    fresh.message(open(5));
    expect([...new Set(sequencesOf(listener))]).toEqual([1, 2, 3, 4, 5]);
    expect(listener.events.filter(({ type }) => type === 'activate')).toHaveLength(1);
    expect(listener.states).toEqual(['up']);
  });

  test('heartbeats that count on without a message between them get a new connection', () => {
    const feed = new ScriptedCoinbase();
    const { socket, listener } = feed.streaming();
    socket.message(open(1));
    for (let i = 2; i <= 9; i++) {
      feed.clock.advance(1000);
      socket.message(heartbeat(i, 1));
    }
    feed.clock.advance(0);
    expect(feed.transport.sockets).toHaveLength(2);
    expect(listener.count('heartbeat')).toBe(8);
    expect(socket.isClosed).toBe(false);
    const fresh = feed.connect();
    fresh.message(open(10));
    feed.clock.advance(COINBASE_LIMITS.joinWithinMs);
    expect(socket.isClosed).toBe(true);
    expect(listener.states).toEqual(['up']);
  });

  test('heartbeats of a quiet product are no trouble', () => {
    const feed = new ScriptedCoinbase();
    const { socket } = feed.streaming();
    socket.message(open(1));
    for (let i = 0; i < 300; i++) {
      feed.clock.advance(1000);
      socket.message(heartbeat(1, 1));
    }
    expect(feed.transport.sockets).toHaveLength(1);
  });

  test('closing the last product of a connection closes it', async () => {
    const feed = new ScriptedCoinbase();
    const { socket, handle, listener } = feed.streaming();
    handle.close();
    expect(socket.isClosed).toBe(true);
    expect(listener.states).toEqual(['up']);
    await feed.exchange.close();
    expect(feed.clock.pendingTimers).toBe(0);
  });
});
