/** What is different where the book is made of orders, or nothing but a connection proves it. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WireFormatError } from '../../../logger/errors.ts';
import { fullRule } from '../../../logger/exchange/coinbase/sequencer.ts';
import { connectionRule } from '../../../logger/exchange/connection-rule.ts';
import type { RestingOrder } from '../../../logger/market/events.ts';
import { securityOf } from '../../../logger/market/security.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { orderSnapshotAt, snapshotAt } from '../../support/scripted-exchange.ts';
import type { ScriptedExchange } from '../../support/scripted-exchange.ts';
import { RecorderHarness } from './harness.ts';

const SECURITY = securityOf('coinbase', 'BTC-USD');
const SYMBOL = SECURITY.symbol;

/** A v4 uuid that ends in `n`. */
function id(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

const BIDS: readonly RestingOrder[] = [
  { orderId: id(1), price: 1000, size: 5 },
  { orderId: id(2), price: 1000, size: 7 },
];
const ASKS: readonly RestingOrder[] = [{ orderId: id(3), price: 1010, size: 4 }];

describe('a recorder of an L3 book', () => {
  let harness: RecorderHarness;
  let clock: ManualClock;
  let exchange: ScriptedExchange;

  beforeEach(async () => {
    harness = await RecorderHarness.open(SECURITY, {
      name: 'coinbase',
      level: 'L3',
      feed: 'full',
      proof: 'sequence',
      rule: fullRule,
    });
    ({ clock, exchange } = harness);
    exchange.instrumentAnswer = {
      symbol: SYMBOL,
      scale: { priceExponent: 2, sizeExponent: 3 },
      tickSize: '0.01',
      lotSize: '0.001',
    };
  });

  afterEach(() => harness.close());

  function open(sequence: number, orderId: string, price: number, remainingSize: number) {
    const side = price < 1005 ? 'buy' : 'sell';
    return exchange.order('open', sequence, { orderId, side, price, remainingSize }, SYMBOL);
  }

  function done(sequence: number, orderId: string) {
    const rest = { side: 'buy', reason: 'canceled', orderType: null } as const;
    const said = { orderId, price: null, remainingSize: null, ...rest };
    return exchange.order('done', sequence, said, SYMBOL);
  }

  function match(sequence: number, makerOrderId: string, size: number) {
    const said = { tradeId: sequence, makerOrderId, takerOrderId: id(99), size } as const;
    return exchange.order('match', sequence, { ...said, side: 'buy', price: 1000 }, SYMBOL);
  }

  async function live(one: SecurityRecorder): Promise<void> {
    await one.start();
    await clock.advanceAsync(0);
    exchange.up(SYMBOL);
    open(101, id(4), 1000, 1);
    exchange.answer(orderSnapshotAt(100, clock.nowUs(), { bids: BIDS, asks: ASKS }));
    await clock.advanceAsync(10);
    expect(one.phase).toBe('live');
  }

  test('the snapshot and the events since are one image, orders in queue sequence', async () => {
    const { one, queue } = harness.recorder();
    await live(one);
    const events = [match(102, id(1), 5), done(103, id(1)), done(104, id(2))];
    one.close('restart');
    await queue.drained();
    const segment = await harness.stored(1);
    expect(segment.image).toMatchObject({
      level: 'L3',
      sequence: 101,
      bids: [...BIDS, { orderId: id(4), price: 1000, size: 1 }],
      asks: ASKS,
    });
    expect(segment.events).toEqual(events);
  });

  test('an empty snapshot is accepted when it is seen twice', async () => {
    const { one } = harness.recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up(SYMBOL);
    open(101, id(4), 1000, 1);
    const empty = orderSnapshotAt(100, clock.nowUs(), { bids: [], asks: [] });
    exchange.answer(empty);
    await clock.advanceAsync(10);
    expect(one.phase).toBe('syncing');
    exchange.answer(empty);
    await clock.advanceAsync(1000, 10);
    expect(one.phase).toBe('live');
    expect(one.segment?.image().bids).toEqual([{ orderId: id(4), price: 1000, size: 1 }]);
  });

  test('after one empty snapshot the next one is used', async () => {
    const { one } = harness.recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up(SYMBOL);
    open(101, id(4), 1000, 1);
    exchange.answer(orderSnapshotAt(100, clock.nowUs(), { bids: [], asks: [] }));
    exchange.answer(orderSnapshotAt(100, clock.nowUs(), { bids: BIDS, asks: ASKS }));
    await clock.advanceAsync(1000, 10);
    expect(one.segment?.image().bids).toHaveLength(3);
  });

  test('the feed may be ahead of the snapshot, and the snapshot ahead of the feed', async () => {
    const { one } = harness.recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up(SYMBOL);
    open(99, id(8), 999, 1);
    exchange.answer(orderSnapshotAt(104, clock.nowUs(), { bids: BIDS, asks: ASKS }));
    for (const sequence of [100, 101, 102, 103, 104]) {
      open(sequence, id(sequence), 998, 1);
      await clock.advanceAsync(10);
      expect(one.phase).toBe('syncing');
    }
    open(105, id(9), 997, 1);
    await clock.advanceAsync(10);
    expect(one.segment?.sequence).toBe(105);
    expect(one.segment?.image().bids).toHaveLength(3);
  });

  test('for a silent product the heartbeat shows that nothing follows the snapshot', async () => {
    const { one } = harness.recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up(SYMBOL);
    exchange.answer(orderSnapshotAt(100, clock.nowUs(), { bids: BIDS, asks: ASKS }));
    await clock.advanceAsync(2000);
    expect(one.phase).toBe('syncing');
    exchange.heartbeat(99, SYMBOL);
    await clock.advanceAsync(0);
    expect(one.phase).toBe('syncing');
    exchange.heartbeat(100, SYMBOL);
    await clock.advanceAsync(0);
    expect(one.phase).toBe('live');
    expect(one.segment?.exchangeTimeUs).toBe(clock.nowUs() - 5000);
  });

  test('a heartbeat that runs ahead proves loss within two seconds', async () => {
    const { one, queue } = harness.recorder();
    await live(one);
    // As fast as it can be: what it counts is on its way.
    exchange.heartbeat(102, SYMBOL);
    await clock.advanceAsync(900);
    done(102, id(2));
    await clock.advanceAsync(2000);
    expect(one.phase).toBe('live');

    const receiveTimeUs = one.segment?.receiveTimeUs;
    exchange.heartbeat(103, SYMBOL);
    await clock.advanceAsync(500);
    exchange.heartbeat(103, SYMBOL);
    expect(one.phase).toBe('live');
    await clock.advanceAsync(500);
    expect(one.phase).toBe('syncing');
    exchange.answer(orderSnapshotAt(103, clock.nowUs(), { bids: [], asks: ASKS }));
    open(104, id(5), 1000, 1);
    await clock.advanceAsync(1100);
    expect(one.phase).toBe('live');
    await queue.drained();
    const { gap } = await harness.stored(2);
    expect(gap).toMatchObject({
      cause: 'sequence',
      fromUs: receiveTimeUs,
      firstMissing: 103,
      lastMissing: 103,
    });
  });

  test('what contradicts the book voids the segment from where it was proven', async () => {
    const { one, queue } = harness.recorder();
    await live(one);
    const provenUs = one.segment?.proven.atUs;
    for (let sequence = 102; sequence < 110; sequence++) {
      await clock.advanceAsync(100);
      open(sequence, id(sequence), 990, 1);
    }
    one.tick();
    // The maker was never seen: it was in the exchange's book, and not in ours.
    match(110, id(77), 1);
    expect(one.phase).toBe('syncing');
    exchange.answer(orderSnapshotAt(111, clock.nowUs(), { bids: BIDS, asks: ASKS }));
    open(111, id(5), 1000, 1);
    open(112, id(6), 1000, 1);
    await clock.advanceAsync(1100);
    expect(one.phase).toBe('live');
    await queue.drained();
    const { gap } = await harness.stored(2);
    expect(gap).toMatchObject({ cause: 'other', fromUs: provenUs, firstMissing: 102 });
  });

  test('a snapshot that contradicts the feed is not used', async () => {
    const { one } = harness.recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up(SYMBOL);
    match(101, id(77), 1);
    exchange.answer(orderSnapshotAt(100, clock.nowUs(), { bids: BIDS, asks: ASKS }));
    await clock.advanceAsync(10);
    expect(one.phase).toBe('syncing');
    expect(one.message).toContain('contradicts');
    exchange.answer(orderSnapshotAt(101, clock.nowUs(), { bids: BIDS, asks: ASKS }));
    await clock.advanceAsync(1000);
    open(102, id(5), 1000, 1);
    await clock.advanceAsync(10);
    expect(one.phase).toBe('live');
  });

  test('a crossed book is fine in an auction, and discarded outside of one', async () => {
    const { one } = harness.recorder();
    await live(one);
    exchange.listeners.get(SYMBOL)?.onAuction(true);
    exchange.order(
      'open',
      102,
      { orderId: id(5), side: 'buy', price: 1020, remainingSize: 1 },
      SYMBOL,
    );
    for (let i = 0; i < 10; i++) {
      await clock.advanceAsync(500);
      one.tick();
    }
    expect(one.phase).toBe('live');
    exchange.listeners.get(SYMBOL)?.onAuction(false);
    for (let i = 0; i < 4; i++) {
      await clock.advanceAsync(500);
      one.tick();
    }
    expect(one.phase).toBe('syncing');
    expect(one.openGap?.cause).toBe('other');
  });

  test('a change of an auction asks for the next snapshot at once, however often it failed', async () => {
    const { one } = harness.recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up(SYMBOL);
    await clock.advanceAsync(1000);
    for (let i = 0; i < 12; i++) exchange.answer(new WireFormatError('The snapshot is crossed'));
    while (exchange.snapshotRequests < 12) await clock.advanceAsync(100);
    exchange.answer(orderSnapshotAt(100, clock.nowUs(), { bids: BIDS, asks: ASKS }));
    exchange.heartbeat(100, SYMBOL);
    await clock.advanceAsync(100);
    expect(one.phase).toBe('syncing');
    exchange.listeners.get(SYMBOL)?.onAuction(true);
    await clock.advanceAsync(10);
    expect(one.phase).toBe('live');
  });

  test('after a reconnect a heartbeat at the book’s own sequence shows that nothing was missed', async () => {
    const { one } = harness.recorder();
    await live(one);
    exchange.down(SYMBOL);
    expect(one.phase).toBe('stale');
    await clock.advanceAsync(300);
    exchange.up(SYMBOL);
    exchange.heartbeat(101, SYMBOL);
    expect(one.phase).toBe('live');
    expect(exchange.snapshotRequests).toBe(1);
  });

  test('a busy block is sealed by its number of events', async () => {
    const { one, queue } = harness.recorder({ limits: { maxBlockOrderEvents: 10 } });
    await live(one);
    for (let sequence = 102; sequence < 132; sequence++) {
      open(sequence, id(sequence), 990, 1);
      one.tick();
    }
    await queue.drained();
    const totals = await harness.archive.totals(SECURITY.id);
    expect(totals.blocks).toBe(3);
  });
});

describe('a recorder of a feed without sequence numbers', () => {
  let harness: RecorderHarness;
  let clock: ManualClock;
  let exchange: ScriptedExchange;

  beforeEach(async () => {
    harness = await RecorderHarness.open(SECURITY, {
      name: 'coinbase',
      level: 'L2',
      feed: 'level2_batch',
      proof: 'connection',
      rule: connectionRule,
    });
    ({ clock, exchange } = harness);
  });

  afterEach(() => harness.close());

  async function live(one: SecurityRecorder, sequence = 1): Promise<void> {
    const snapshot = snapshotAt(sequence, [1000, 5], [1010, 7]);
    const receiveTimeUs = clock.nowUs();
    exchange.answer({ ...snapshot, receiveTimeUs, exchangeTimeUs: receiveTimeUs - 100 });
    exchange.up(SYMBOL);
    await clock.advanceAsync(1100);
    expect(one.phase).toBe('live');
  }

  test('the snapshot in the stream proves the book, without waiting for an update', async () => {
    const { one, queue } = harness.recorder();
    await one.start();
    await clock.advanceAsync(0);
    await live(one);
    exchange.diff(2, 2, [1001, 1], [], SYMBOL);
    one.close('restart');
    await queue.drained();
    const { image, events } = await harness.stored(1);
    expect(image).toMatchObject({ sequence: 1, bids: [1000, 5] });
    expect(events).toMatchObject([{ lastSequence: 2 }]);
    expect((await harness.archive.tail(SECURITY.id)).openGap).toMatchObject({ firstMissing: null });
  });

  test('the segment ends with the connection, whatever comes after', async () => {
    const { one, queue } = harness.recorder();
    await one.start();
    await clock.advanceAsync(0);
    await live(one);
    exchange.diff(2, 2, [1001, 1], [], SYMBOL);
    const updatedUs = clock.nowUs();
    await clock.advanceAsync(500);
    exchange.alive();
    exchange.down(SYMBOL);
    expect(one.phase).toBe('stale');
    expect(one.segment).toBeUndefined();
    await clock.advanceAsync(100);
    await live(one, 3);
    await queue.drained();
    const { gap } = await harness.stored(2);
    expect(gap).toMatchObject({
      cause: 'connection',
      fromUs: updatedUs,
      firstMissing: null,
      lastMissing: null,
    });
  });

  test('a loss on an open connection is a gap from the last moment without loss', async () => {
    const { one, queue } = harness.recorder();
    await one.start();
    await clock.advanceAsync(0);
    await live(one);
    exchange.diff(2, 2, [1001, 1], [], SYMBOL);
    const aliveUntilUs = clock.nowUs();
    await clock.advanceAsync(500);
    exchange.diff(3, 3, [1002, 1], [], SYMBOL);
    exchange.listeners.get(SYMBOL)?.onLoss(aliveUntilUs, 'trade 7 did not come');
    expect(one.phase).toBe('syncing');
    await live(one, 4);
    await queue.drained();
    expect((await harness.stored(2)).gap).toMatchObject({
      cause: 'connection',
      fromUs: aliveUntilUs,
      firstMissing: null,
    });
  });
});
