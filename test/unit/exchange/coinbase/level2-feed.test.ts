/** The public feed, on a clock that the test moves: it numbers nothing, so all rests on connections. */

import { describe, expect, test } from 'vitest';
import { COINBASE_LIMITS } from '../../../../logger/exchange/coinbase/limits.ts';
import type { BookSnapshot } from '../../../../logger/market/events.ts';
import {
  BTC,
  CREDENTIALS,
  LOGIN_REFUSED,
  heartbeat,
  match,
  snapshot,
  timeUs,
  update,
} from '../../../support/coinbase-frames.ts';
import { ScriptedCoinbase } from '../../../support/scripted-coinbase.ts';
import { createFeed, recorded, confirmAll, ids } from './level2.ts';

const signal = new AbortController().signal;

const CHANNELS = ['level2_batch', 'matches', 'heartbeat', 'auctionfeed'];

describe('subscribing', () => {
  test('needs no login, and shows none even where there is a key', () => {
    const feed = new ScriptedCoinbase({ feed: 'level2_batch', credentials: CREDENTIALS });
    const { socket } = feed.streaming();
    expect(feed.sent(socket)).toEqual([
      { type: 'subscribe', product_ids: [BTC], channels: CHANNELS },
    ]);
    expect(feed.exchange).toMatchObject({
      level: 'L2',
      feed: 'level2_batch',
      proof: 'connection',
    });
  });

  test('many products share a connection, so many in a request', () => {
    const feed = createFeed();
    for (let i = 0; i < 100; i++) feed.open(`P${i}-USD`);
    feed.clock.advance(1000);
    for (const socket of feed.transport.sockets) {
      socket.open();
      confirmAll(feed, socket);
    }
    const asked = feed.transport.sockets.map((socket) =>
      feed.sent(socket).map(({ product_ids: products }) => (products as string[]).length),
    );
    expect(asked).toEqual([
      [32, 32],
      [32, 4],
    ]);
  });

  test('one product that is rejected costs the others nothing', () => {
    const feed = createFeed();
    const listeners = ['A-USD', 'BAD-USD', 'C-USD'].map((symbol) => feed.open(symbol).listener);
    feed.clock.advance(0);
    const socket = feed.transport.latest;
    socket.open();
    for (let answered = 0; answered < socket.sent.length; answered++) {
      const products = feed.sent(socket)[answered]?.['product_ids'] as string[];
      if (products.includes('BAD-USD')) {
        socket.message({ type: 'error', message: 'Failed to subscribe', reason: 'not a product' });
      } else feed.confirm(socket);
      feed.clock.advance(1000);
    }
    expect(listeners.map(({ states }) => states)).toEqual([['up'], ['rejected'], ['up']]);
  });
});

describe('the book', () => {
  test('the snapshot is the connection’s own; what follows counts on from it', async () => {
    const feed = createFeed();
    const { socket, listener } = feed.streaming();
    socket.message(snapshot());
    socket.message(update(1, [['buy', '90000.00', '0']]));
    socket.message(update(2, [['sell', '90010.00', '2.5']]));
    const taken = await feed.exchange.snapshot(BTC, signal);
    expect(taken).toMatchObject({
      level: 'L2',
      sequence: 1,
      exchangeTimeUs: timeUs(0),
      bids: [9_000_000, 150_000_000],
      horizon: { bid: null, ask: null },
    });
    expect(listener.ranges).toEqual([
      [2, 2],
      [3, 3],
    ]);
    expect(listener.diffs[1]).toMatchObject({ bids: [], asks: [9_001_000, 250_000_000] });
    const { rule } = feed.exchange;
    expect(rule.bridge(taken.sequence, listener.diffs)).toEqual({ kind: 'bridged', from: 0 });
  });

  test.each([
    ['a change', update(9, [['buy', '1.00', '1']])],
    ['a heartbeat', heartbeat(9, 1)],
  ])('a snapshot without a time waits for that of the next message: %s', async (_name, next) => {
    const feed = createFeed();
    const { socket } = feed.streaming();
    let taken: BookSnapshot | undefined;
    const asked = feed.exchange.snapshot(BTC, signal).then((found) => (taken = found));
    socket.message(snapshot({ time: undefined }));
    await feed.clock.advanceAsync(0);
    expect(taken).toBeUndefined();
    socket.message(next);
    await asked;
    expect(taken).toMatchObject({ exchangeTimeUs: timeUs(9), sequence: 1 });
  });

  test('whoever asks again gets a fresh one: the product is subscribed again, and only it', async () => {
    const feed = createFeed();
    const { socket } = await recorded(feed);
    const other = feed.open('ETH-USD');
    confirmAll(feed, socket);
    socket.message(update(1, [['buy', '90000.00', '3']]));
    const asked = feed.exchange.snapshot(BTC, signal);
    confirmAll(feed, socket);
    expect(feed.sent(socket).slice(2)).toEqual([
      { type: 'unsubscribe', product_ids: [BTC], channels: CHANNELS },
      { type: 'subscribe', product_ids: [BTC], channels: CHANNELS },
    ]);
    socket.message(snapshot({ bids: [['90001.00', '4']], time: undefined }));
    socket.message(update(6, []));
    expect(await asked).toMatchObject({ sequence: 3, bids: [9_000_100, 400_000_000] });
    expect(other.listener.states).toEqual(['up']);
  });

  test('the count continues over connections, so that it never comes twice', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message(update(1, []));
    socket.end('gone');
    expect(listener.states).toEqual(['up', 'down']);
    const next = feed.connect();
    next.message(snapshot());
    next.message(update(2, []));
    expect(await feed.exchange.snapshot(BTC, signal)).toMatchObject({ sequence: 3 });
    expect(listener.ranges).toEqual([
      [2, 2],
      [4, 4],
    ]);
  });

  test('a snapshot that is none fails whoever waits, and the next one is asked for again', async () => {
    const feed = createFeed();
    const { socket } = feed.streaming();
    const first = expect(feed.exchange.snapshot(BTC, signal)).rejects.toMatchObject({
      code: 'wire-format',
    });
    socket.message(snapshot({ bids: [['90020.00', '1']] }));
    await first;
    const second = feed.exchange.snapshot(BTC, signal);
    confirmAll(feed, socket);
    socket.message(snapshot());
    expect(await second).toMatchObject({ sequence: 2 });
  });

  test('one that never comes fails within the limit, and is asked for again', async () => {
    const feed = createFeed();
    const { socket } = feed.streaming();
    const first = expect(feed.exchange.snapshot(BTC, signal)).rejects.toMatchObject({
      code: 'feed-closed',
    });
    await feed.clock.advanceAsync(COINBASE_LIMITS.snapshotWithinMs, 1000);
    await first;
    const second = feed.exchange.snapshot(BTC, signal);
    confirmAll(feed, socket);
    expect(feed.sent(socket).map(({ type }) => type)).toEqual([
      'subscribe',
      'unsubscribe',
      'subscribe',
    ]);
    socket.message(snapshot());
    expect(await second).toMatchObject({ sequence: 1 });
  });

  test('a change that can not be read leaves a gap in the count', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message(update(1, [['buy', 'NaN', '1']]));
    socket.message(update(2, []));
    expect(listener.ranges).toEqual([[3, 3]]);
    expect(feed.exchange.counters().wireErrors).toEqual({ decimal: 1 });
  });

  test.each([
    ['is no JSON at all', '{"changes":[["buy","1'],
    ['is a change without a product', '{"type":"l2update","changes":[]}'],
    ['is a damaged change of its own', `{"type":"l2update","product_id":"${BTC}","chang`],
  ])('a message that %s is a loss: no number would tell', async (_name, text) => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    const lastUs = feed.clock.nowUs();
    feed.clock.advance(500);
    socket.message(text);
    expect(listener.calls.at(-1)).toMatchObject({ what: 'loss', aliveUntilUs: lastUs });
  });

  test.each([
    ['of another product', '{"type":"l2update","product_id":"ETH-USD","chang'],
    ['of no book', `{"type":"heartbeat","product_id":"${BTC}"}`],
    ['of a type unknown', '{"type":"brand-new","product_id":"BTC-USD"}'],
  ])('a message %s that can not be used is no loss', async (_name, text) => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message(text);
    expect(listener.states).toEqual(['up']);
  });
});

describe('trades', () => {
  test('are the taker’s, once each, at the number of their message', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message({ ...match(50, 6), type: 'last_match' });
    socket.message(match(57, 7));
    socket.message(match(57, 7));
    expect(listener.trades).toEqual([
      expect.objectContaining({ tradeId: 7, sequence: 57, side: 'buy', size: 20_000_000 }),
    ]);
    expect(listener.states).toEqual(['up']);
  });

  test('a jump of their ids is a loss since they last agreed', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message(match(57, 7));
    const agreedUs = feed.clock.nowUs();
    feed.clock.advance(2000);
    socket.message(match(60, 9));
    expect(listener.calls.filter(({ what }) => what === 'loss')).toEqual([
      {
        what: 'loss',
        aliveUntilUs: agreedUs,
        reason: 'Something was lost: trade 9 came after 7',
      },
    ]);
    expect(ids(listener)).toEqual([7, 9]);
  });

  test('the first one is compared with the last of before the subscription', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message({ ...match(50, 6), type: 'last_match' });
    socket.message(match(57, 8));
    expect(listener.count('loss')).toBe(1);
  });

  test('a heartbeat ahead of them for more than a second is a loss; one that they catch is none', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message(match(57, 7));
    socket.message(heartbeat(58, 8));
    socket.message(match(58, 8));
    socket.message(heartbeat(58, 8));
    const agreedUs = feed.clock.nowUs();
    feed.clock.advance(1000);
    socket.message(heartbeat(60, 10));
    expect(listener.count('loss')).toBe(0);
    feed.clock.advance(1000);
    socket.message(heartbeat(61, 10));
    expect(listener.calls.at(-1)).toEqual({
      what: 'loss',
      aliveUntilUs: agreedUs,
      reason: 'Something was lost: the exchange is at trade 10, and 8 was the last that came',
    });
    feed.clock.advance(1000);
    socket.message(heartbeat(61, 10));
    expect(listener.count('loss')).toBe(1);
  });

  test('those missed while a product is subscribed again are no second loss', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message(match(57, 7));
    socket.message(match(60, 9));
    const asked = feed.exchange.snapshot(BTC, signal);
    confirmAll(feed, socket);
    socket.message({ ...match(70, 15), type: 'last_match' });
    socket.message(snapshot());
    await asked;
    socket.message(match(71, 16));
    socket.message(heartbeat(72, 16));
    expect(listener.count('loss')).toBe(1);
    expect(ids(listener)).toEqual([7, 9, 16]);
  });
});

describe('a login where none is needed', () => {
  test('if the exchange wants one some day, that is a rejection with its reason', () => {
    const feed = createFeed();
    const { listener } = feed.open();
    feed.clock.advance(0);
    feed.transport.latest.open();
    feed.transport.latest.message(LOGIN_REFUSED);
    expect(listener.states).toEqual(['rejected']);
  });
});
