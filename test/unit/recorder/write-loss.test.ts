/** A recorder whose archive does not accept records for a while. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import type { MarketEvent } from '../../../logger/market/events.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import type { ScriptedExchange } from '../../support/scripted-exchange.ts';
import { RecorderHarness, fillable } from './harness.ts';

const BTC = securityOf('binance', 'BTCUSDT');

let harness: RecorderHarness;
let archive: Archive;
let clock: ManualClock;
let exchange: ScriptedExchange;

beforeEach(async () => {
  harness = await RecorderHarness.open(BTC);
  ({ archive, clock, exchange } = harness);
});

afterEach(() => harness.close());

describe('while the archive accepts nothing', () => {
  let isFull: boolean;

  test('recording continues in memory, and nothing is missing afterwards', async () => {
    isFull = false;
    const { one, queue } = harness.recorder({ archive: fillable(archive, () => isFull) });
    await harness.proveBook(one);
    isFull = true;
    const received: MarketEvent[] = [];
    for (let id = 103; id < 110; id++) {
      received.push(exchange.diff(id, id, [1000 + id, 1]));
      one.tick();
      await clock.advanceAsync(100);
    }
    expect(queue.status()).toMatchObject({ isFailing: true });
    expect(await queue.drained()).toBe(false);
    expect(one.phase).toBe('live');
    isFull = false;
    await clock.advanceAsync(DEFAULT_LIMITS.commitRetryMs);
    await queue.drained();
    expect(await queue.drained()).toBe(true);
    expect(queue.status()).toMatchObject({ isFailing: false, pendingBytes: 0 });
    expect((await harness.stored(1)).events).toEqual(received);
  });

  test('a security that lost all its pending records continues when there is room again', async () => {
    isFull = false;
    const { one, queue } = harness.recorder({
      archive: fillable(archive, () => isFull),
      limits: { maxPendingBytes: 20_000 },
    });
    await harness.proveBook(one);
    isFull = true;
    // The first attempt has failed: nothing is on its way when the bound is passed.
    exchange.diff(103, 103, [1500, 1]);
    one.tick();
    await clock.advanceAsync(10);
    for (let id = 104; one.phase === 'live'; id++) {
      exchange.diff(id, id, [1000 + id, 1]);
      one.tick();
    }
    expect(queue.status()).toMatchObject({ isFailing: true, pendingBytes: 0 });
    isFull = false;
    exchange.answer(snapshotAt(999, [1, 1], [2, 2]));
    await clock.advanceAsync(3000, 100);
    exchange.diff(999, 1000);
    await clock.advanceAsync(1000, 100);
    expect(one.phase).toBe('live');
    expect(queue.status()).toMatchObject({ isFailing: false });
  });

  test('beyond the bound a gap is declared, and the segment before it stays intact', async () => {
    isFull = false;
    const { one, queue } = harness.recorder({
      archive: fillable(archive, () => isFull),
      limits: { maxPendingBytes: 20_000 },
    });
    await harness.proveBook(one);
    const kept = exchange.diff(103, 103, [1500, 1]);
    one.tick();
    await queue.drained();
    isFull = true;
    for (let id = 104; id < 400; id++) {
      exchange.diff(id, id, [1000 + id, 1]);
      one.tick();
    }
    await clock.advanceAsync(0);
    expect(one.phase).toBe('failed');
    isFull = false;
    exchange.answer(snapshotAt(499, [1, 1], [2, 2]));
    await clock.advanceAsync(3000, 100);
    exchange.diff(499, 500);
    await clock.advanceAsync(1000, 100);
    expect(one.phase).toBe('live');
    await queue.drained();
    // What a commit held when the bound was passed may still come in; nothing after it does.
    const { events } = await harness.stored(1);
    expect(events[0]).toEqual(kept);
    expect(events.length).toBeLessThan(10);
    const tail = await archive.tail(BTC.id);
    expect(await archive.gapBefore(BTC.id, tail.epoch)).toMatchObject({
      fromUs: kept.receiveTimeUs,
      cause: 'other',
      firstMissing: 103 + events.length,
      lastMissing: 499,
    });
  });

  test('what is lost as a segment ends is in the gap after it, and nothing goes on meanwhile', async () => {
    isFull = false;
    const { one, queue } = harness.recorder({
      archive: fillable(archive, () => isFull),
      limits: { maxPendingBytes: 2000 },
    });
    await harness.proveBook(one);
    const kept = exchange.diff(103, 103, [1500, 1]);
    one.tick();
    await queue.drained();
    isFull = true;
    for (let id = 104; id < 600; id++) {
      exchange.diff(id, id, [1000 + id, id * 7919]);
      await clock.advanceAsync(10);
    }
    expect(one.phase).toBe('live');
    // The block that ends here is larger than what may wait; the gap's own record is not.
    exchange.diff(700, 700, [1, 1]);
    expect(one.phase).toBe('failed');
    isFull = false;
    exchange.answer(snapshotAt(799, [1, 1], [2, 2]));
    await clock.advanceAsync(3000, 100);
    exchange.diff(799, 800);
    await clock.advanceAsync(1000, 100);
    expect(one.phase).toBe('live');
    await queue.drained();
    const { events } = await harness.stored(1);
    const last = events.at(-1);
    expect(last?.receiveTimeUs).toBeLessThan(kept.receiveTimeUs + 100_000);
    const tail = await archive.tail(BTC.id);
    expect(await archive.gapBefore(BTC.id, tail.epoch)).toMatchObject({
      fromUs: last?.receiveTimeUs,
      firstMissing: 103 + events.length,
    });
  });
});
