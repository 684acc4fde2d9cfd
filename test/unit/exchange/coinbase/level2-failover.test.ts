/** The public channels through a planned replacement of their connection. */

import { describe, expect, test } from 'vitest';
import { BTC, match, snapshot, update } from '../../../support/coinbase-frames.ts';
import { createFeed, recorded, confirmAll, ids } from './level2.ts';

const signal = new AbortController().signal;

describe('a planned end', () => {
  test('the new connection’s snapshot begins a new segment, and the old one is not received any more', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message(match(57, 7));
    let isDone = false;
    const reset = feed.exchange.reset().then(() => (isDone = true));
    const fresh = feed.connect();
    fresh.message(update(1, [['buy', '1.00', '1']]));
    socket.message(update(2, []));
    expect(listener.ranges).toEqual([[2, 2]]);
    const wholeUs = feed.clock.nowUs();
    feed.clock.advance(50);
    fresh.message(snapshot());
    expect(socket.isClosed).toBe(true);
    await reset;
    expect(isDone).toBe(true);
    expect(listener.calls.slice(-2)).toEqual([
      { what: 'down', aliveUntilUs: wholeUs, reason: 'Another connection has taken over' },
      { what: 'up' },
    ]);
    fresh.message(match(57, 7));
    fresh.message(match(58, 8));
    fresh.message(update(3, []));
    expect(await feed.exchange.snapshot(BTC, signal)).toMatchObject({ sequence: 3 });
    expect(listener.ranges.at(-1)).toEqual([4, 4]);
    expect(ids(listener)).toEqual([7, 8]);
    expect(listener.count('loss')).toBe(0);
  });

  test('a trade that both have brought is not missing from the new one', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    socket.message(match(57, 7));
    const reset = feed.exchange.reset();
    const fresh = feed.connect();
    fresh.message(snapshot());
    await reset;
    // The new subscription began before the last trade of the old one.
    fresh.message({ ...match(56, 6), type: 'last_match' });
    fresh.message(match(57, 7));
    fresh.message(match(58, 8));
    expect(ids(listener)).toEqual([7, 8]);
    expect(listener.count('loss')).toBe(0);
  });

  test('without a snapshot on the new one, the old one continues, however long it takes', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    void feed.exchange.reset().catch(() => undefined);
    const fresh = feed.connect();
    for (let i = 1; i <= 30; i++) {
      feed.clock.advance(1000);
      fresh.alive();
      socket.message(update(i, []));
    }
    expect(listener.diffs).toHaveLength(30);
    expect(listener.states).toEqual(['up']);
    fresh.message(snapshot());
    expect(listener.states).toEqual(['up', 'down', 'up']);
  });

  test('if the old one dies first, the new one begins with its snapshot', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    void feed.exchange.reset().catch(() => undefined);
    const fresh = feed.connect();
    socket.end('gone');
    expect(listener.states).toEqual(['up', 'down']);
    fresh.message(update(1, []));
    expect(listener.diffs).toEqual([]);
    fresh.message(snapshot());
    expect(listener.states).toEqual(['up', 'down', 'up']);
    fresh.message(update(2, []));
    expect(await feed.exchange.snapshot(BTC, signal)).toMatchObject({ sequence: 2 });
    expect(listener.ranges).toEqual([[3, 3]]);
  });

  test('if the new one dies after it has taken over, the old one begins again', async () => {
    const feed = createFeed();
    const { socket, listener } = await recorded(feed);
    feed.open('ETH-USD');
    confirmAll(feed, socket);
    void feed.exchange.reset().catch(() => undefined);
    const fresh = feed.connect();
    // The other product keeps the old connection: its snapshot has not come in on the new one.
    fresh.message(snapshot());
    expect(socket.isClosed).toBe(false);
    expect(listener.states).toEqual(['up', 'down', 'up']);
    socket.message(update(1, []));
    fresh.message(update(2, []));
    expect(listener.ranges).toEqual([[3, 3]]);
    fresh.end('gone');
    expect(listener.states).toEqual(['up', 'down', 'up', 'down']);
    confirmAll(feed, socket);
    expect(feed.sent(socket).slice(-2)).toMatchObject([
      { type: 'unsubscribe', product_ids: [BTC] },
      { type: 'subscribe', product_ids: [BTC] },
    ]);
    socket.message(snapshot());
    expect(listener.states.at(-1)).toBe('up');
    expect(await feed.exchange.snapshot(BTC, signal)).toMatchObject({ sequence: 4 });
  });

  test('a product that the old one confirms late stays with the new one', () => {
    const feed = createFeed();
    const { socket } = feed.streaming();
    const { listener } = feed.open('ETH-USD');
    feed.clock.advance(1000);
    void feed.exchange.reset().catch(() => undefined);
    const fresh = feed.connect();
    fresh.message(snapshot({ product_id: 'ETH-USD' }));
    expect(listener.states).toEqual(['up']);
    feed.confirm(socket);
    socket.message(snapshot({ product_id: 'ETH-USD' }));
    socket.message(update(1, [], { product_id: 'ETH-USD' }));
    expect(listener.events).toEqual([]);
    fresh.message(snapshot());
    expect(socket.isClosed).toBe(true);
    fresh.message(update(2, [], { product_id: 'ETH-USD' }));
    expect(listener.ranges).toEqual([[2, 2]]);
    expect(listener.states).toEqual(['up']);
  });

  test('asked for again during an overlap, it is asked for where it is served', async () => {
    const feed = createFeed();
    const { socket } = await recorded(feed);
    feed.open('ETH-USD');
    confirmAll(feed, socket);
    void feed.exchange.reset().catch(() => undefined);
    const fresh = feed.connect();
    fresh.message(snapshot());
    await feed.exchange.snapshot(BTC, signal);
    const [before, beforeFresh] = [socket.sent.length, fresh.sent.length];
    const asked = feed.exchange.snapshot(BTC, signal);
    confirmAll(feed, fresh);
    expect([socket.sent.length - before, fresh.sent.length - beforeFresh]).toEqual([0, 2]);
    fresh.message(snapshot());
    expect(await asked).toMatchObject({ sequence: 3 });
  });
});
