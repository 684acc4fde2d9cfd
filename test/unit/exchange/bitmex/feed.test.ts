/** The feed on a clock that the test moves: no sequence, so loss shows in the rows or not at all. */

import { describe, expect, test } from 'vitest';
import { BITMEX_LIMITS } from '../../../../logger/exchange/bitmex/limits.ts';
import { Stage } from '../../../conformance/stage.ts';
import { bitmex } from '../../../conformance/cases/bitmex.ts';
import { bookFrame, partialFrame, tradeFrame } from '../../../support/bitmex-frames.ts';

const signal = new AbortController().signal;
const XBT = 'XBTUSD';

async function recorded(): Promise<ReturnType<Stage['streaming']> & { readonly stage: Stage }> {
  const stage = new Stage(bitmex);
  const streaming = stage.streaming(1);
  await stage.exchange.snapshot(XBT, signal);
  return { stage, ...streaming };
}

test('one request for a symbol, its two topics in it', () => {
  const stage = new Stage(bitmex);
  stage.open(XBT);
  stage.open('ETHUSD');
  stage.settle();
  expect(stage.latest.socket.sent.slice(0, 2).map((text) => JSON.parse(text))).toEqual([
    { op: 'subscribe', args: ['orderBookL2:XBTUSD', 'trade:XBTUSD'] },
    { op: 'subscribe', args: ['orderBookL2:ETHUSD', 'trade:ETHUSD'] },
  ]);
  expect(stage.exchange).toMatchObject({ level: 'L2', feed: 'orderBookL2', proof: 'connection' });
});

describe('a row that contradicts the book', () => {
  test.each([
    ['an update of an unknown row', bookFrame('update', [{ id: 99, size: 5 }]), /update of Buy 99/],
    ['a delete of an unknown row', bookFrame('delete', [{ id: 99, price: 1 }]), /delete of Buy 99/],
    [
      'an insert of a known row',
      bookFrame('insert', [{ id: 17_000_001, size: 5, price: 90 }]),
      /is there/,
    ],
    [
      'an insert where a row is',
      bookFrame('insert', [{ id: 99, size: 5, price: 100 }]),
      /where Buy 17000001 is/,
    ],
  ])('%s', async (_what, frame, reason) => {
    const { stage, listener, connection } = await recorded();
    connection.send(frame);
    expect(listener.calls.at(-1)).toEqual({
      what: 'mismatch',
      reason: expect.stringMatching(reason),
    });
    expect(stage.exchange.counters().wireErrors).toEqual({ row: 1 });
    expect(listener.states).toEqual(['up', 'mismatch']);
  });

  test('the next snapshot is one that is asked for anew, on the same connection', async () => {
    const { stage, connection } = await recorded();
    connection.send(bookFrame('update', [{ id: 99, size: 5 }]));
    const next = stage.exchange.snapshot(XBT, signal);
    connection.answer();
    stage.clock.advance(1000);
    connection.answer();
    // Of the earlier subscription: of no use any more.
    connection.send(bookFrame('update', [{ id: 98, size: 5 }]));
    connection.send(partialFrame([{ id: 1, size: 3, price: 50 }]));
    expect(await next).toMatchObject({ bids: [500, 3], asks: [] });
    expect(stage.connections).toHaveLength(1);
    expect(connection.requested).toEqual([XBT, XBT]);
    expect(stage.exchange.counters().wireErrors).toEqual({ row: 1 });
  });

  test('the rows of another symbol are not those of this one', async () => {
    const { stage, listener, connection } = await recorded();
    const other = stage.open('ETHUSD');
    stage.settle();
    connection.send(partialFrame([{ id: 17_000_001, size: 3, price: 50 }], 'ETHUSD'));
    connection.send(bookFrame('delete', [{ symbol: 'ETHUSD', id: 17_000_001, price: 50 }]));
    connection.send(bookFrame('update', [{ id: 17_000_001, size: 4 }]));
    expect(other.listener.diffs).toMatchObject([{ bids: [500, 0] }]);
    expect(listener.diffs.at(-1)).toMatchObject({ bids: [1000, 4] });
    expect(listener.count('mismatch')).toBe(0);
  });
});

test('a whole book that nobody asked for ends the one before it', async () => {
  const { listener, connection } = await recorded();
  connection.send(partialFrame([{ id: 1, size: 3, price: 50 }]));
  expect(listener.calls.at(-1)).toMatchObject({
    what: 'loss',
    reason: expect.stringMatching(/unasked/),
  });
});

test('what comes before the whole book is dropped', async () => {
  const stage = new Stage(bitmex);
  const { listener } = stage.open(XBT);
  const connection = stage.connect();
  connection.send(bookFrame('update', [{ id: 5, size: 5 }]));
  connection.send(partialFrame([{ id: 5, size: 3, price: 50 }]));
  connection.send(bookFrame('update', [{ id: 5, size: 4 }]));
  expect(await stage.exchange.snapshot(XBT, signal)).toMatchObject({ bids: [500, 3] });
  expect(listener.diffs).toMatchObject([{ bids: [500, 4] }]);
  expect(listener.states).toEqual(['up']);
});

test('the rows of a whole book come in any order, and numbers stay exact', async () => {
  const stage = new Stage(bitmex);
  const { listener } = stage.open(XBT);
  const connection = stage.connect();
  connection.send(
    partialFrame([
      { id: 1, side: 'Sell', size: 1, price: '1e-5' },
      { id: '9223372036854775807', size: 9_007_199_254_740_991, price: '0.00000100' },
      { id: 3, side: 'Sell', size: 1, price: '0.00000230' },
      { id: 4, size: 2, price: '0.0000011' },
    ]),
  );
  const snapshot = await stage.exchange.snapshot(XBT, signal);
  expect(snapshot).toMatchObject({
    scale: { priceExponent: 7, sizeExponent: 0 },
    bids: [11, 2, 10, 9_007_199_254_740_991],
    asks: [23, 1, 100, 1],
  });
  connection.send(bookFrame('update', [{ id: '9223372036854775807', size: 5 }]));
  expect(listener.diffs.at(-1)).toMatchObject({ bids: [10, 5] });
});

test('a crossed or doubled whole book is no book', async () => {
  for (const rows of [
    [
      { id: 1, size: 1, price: 10 },
      { id: 2, side: 'Sell', size: 1, price: 10 },
    ],
    [
      { id: 1, size: 1, price: 10 },
      { id: 1, size: 1, price: 9 },
    ],
  ]) {
    const stage = new Stage(bitmex);
    stage.open(XBT);
    const connection = stage.connect();
    const snapshot = stage.exchange.snapshot(XBT, signal);
    connection.send(partialFrame(rows));
    await expect(snapshot).rejects.toThrow(/crossed|twice/);
  }
});

test('an error frame is only about the request that it repeats', () => {
  const stage = new Stage(bitmex);
  const { listener } = stage.open(XBT);
  stage.clock.advance(0);
  const { latest } = stage;
  latest.socket.open();
  latest.send(
    '{"status":400,"error":"Not subscribed to orderBookL2:ETHUSD.","meta":{},"request":{"op":"unsubscribe","args":["orderBookL2:ETHUSD"]}}',
  );
  expect(listener.waits).toEqual([]);
  latest.answer();
  expect(listener.states).toEqual(['up']);
});

describe('connections', () => {
  /** Connections that are opened in the first minute, where each ends at once. */
  function opened(greeting: string | null): number {
    const stage = new Stage(bitmex);
    stage.open(XBT);
    for (let ms = 0; ms < 60_000; ms += 100) {
      stage.clock.advance(100);
      const { socket } = stage.latest;
      if (socket.isClosed) continue;
      socket.open();
      if (greeting !== null) socket.message(greeting);
      socket.end('gone');
    }
    return stage.connections.length;
  }

  const greeting = (remaining: number): string =>
    `{"info":"Welcome to the BitMEX Realtime API.","limit":{"remaining":${remaining}}}`;

  test('the greeting says how many more are left', () => {
    expect(opened(greeting(50))).toBe(opened(null));
    expect(opened(greeting(0))).toBeLessThanOrEqual(2);
  });

  test('never more than 60 in an hour', () => {
    const { capacity, perSecond } = BITMEX_LIMITS.connecting;
    expect(capacity + perSecond * 3600).toBeLessThanOrEqual(60);
  });
});

test('a trade that comes again is not a new one', () => {
  const stage = new Stage(bitmex);
  const { listener, connection } = stage.streaming(0);
  const id = '7f8e0c1e-0000-4000-8000-000000000001';
  connection.send(tradeFrame([{ trdMatchID: id }]), tradeFrame([{ trdMatchID: id }]));
  expect(listener.trades.map(({ tradeId }) => tradeId)).toEqual([id]);
});
