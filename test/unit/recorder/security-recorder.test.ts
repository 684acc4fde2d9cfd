import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Archive } from '../../../logger/archive/archive.ts';
import {
  DuplicateRecordError,
  ExchangeRejectedError,
  FeedClosedError,
} from '../../../logger/errors.ts';
import type { MarketEvent } from '../../../logger/market/events.ts';
import { securityOf } from '../../../logger/market/security.ts';
import { DEFAULT_LIMITS } from '../../../logger/recorder/limits.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import type { ScriptedExchange } from '../../support/scripted-exchange.ts';
import { RecorderHarness } from './harness.ts';
import type { Overrides } from './harness.ts';

const BTC = securityOf('binance', 'BTCUSDT');

describe('a recorder', () => {
  let harness: RecorderHarness;
  let archive: Archive;
  let clock: ManualClock;
  let exchange: ScriptedExchange;
  const recorder = (overrides?: Overrides) => harness.recorder(overrides);
  const stored = (epoch: number) => harness.stored(epoch);

  beforeEach(async () => {
    harness = await RecorderHarness.open(BTC);
    ({ archive, clock, exchange } = harness);
  });

  afterEach(() => harness.close());

  const live = (one: SecurityRecorder, sequence?: number): Promise<void> =>
    harness.proveBook(one, sequence);

  test('nothing is stored before a diff bridges the snapshot; then one merged image is', async () => {
    const { one, queue } = recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up();
    exchange.diff(99, 100, [1000, 99]);
    exchange.answer(snapshotAt(102, [1000, 5], [1010, 7]));
    exchange.diff(101, 102, [999, 99]);
    await clock.advanceAsync(10);
    expect(one.phase).toBe('syncing');
    expect((await archive.tail(BTC.id)).epoch).toBe(0);

    const bridge = exchange.diff(103, 104, [1001, 3, 1000, 0]);
    await clock.advanceAsync(0);
    expect(one.phase).toBe('live');
    await queue.drained();
    const { image, reason } = await stored(1);
    expect(reason).toBe('start');
    expect(image).toMatchObject({
      sequence: 104,
      receiveTimeUs: bridge.receiveTimeUs,
      exchangeTimeUs: bridge.exchangeTimeUs,
      bids: [1001, 3],
      asks: [1010, 7],
    });
  });

  test('every event is journaled with the next tick, and sealed later, unchanged', async () => {
    const { one, queue } = recorder();
    await live(one);
    const received: MarketEvent[] = [
      exchange.trade(1),
      exchange.diff(103, 103, [900, 0], [1011, 1]),
    ];
    one.tick();
    await queue.drained();
    expect((await archive.tail(BTC.id)).journal).toHaveLength(1);
    expect((await stored(1)).events).toEqual(received);

    received.push(exchange.diff(104, 109, [1000, 0]), exchange.trade(2), exchange.trade(3));
    one.tick();
    clock.advance(60_000);
    one.tick();
    await queue.drained();
    expect((await archive.tail(BTC.id)).journal).toHaveLength(0);
    expect((await stored(1)).events).toEqual(received);
  });

  test('a gap ends the segment at its last update and is declared; the next segment closes it', async () => {
    const { one, queue } = recorder();
    await live(one);
    const last = exchange.diff(103, 103, [1002, 1]);
    clock.advance(400);
    exchange.alive();
    one.tick();
    clock.advance(100);
    const after = exchange.diff(110, 112, [1003, 1]);
    expect(one.phase).toBe('syncing');
    expect(one.openGap).toMatchObject({ cause: 'sequence', firstMissing: 104 });
    exchange.answer(snapshotAt(111, [1002, 1], [1010, 7]));
    await clock.advanceAsync(10);
    expect(one.phase).toBe('live');
    await queue.drained();
    const { image, reason, gap } = await stored(2);
    expect(reason).toBe('gap');
    expect(image?.sequence).toBe(112);
    expect(gap).toMatchObject({
      fromUs: last.receiveTimeUs,
      toUs: after.receiveTimeUs,
      cause: 'sequence',
      firstMissing: 104,
      lastMissing: 111,
    });
    expect((await stored(1)).events.at(-1)).toEqual(last);
  });

  test('a reconnect after which the ids continue is no gap', async () => {
    const { one, queue } = recorder();
    await live(one);
    exchange.down();
    expect(one.phase).toBe('stale');
    clock.advance(700);
    exchange.up();
    const trade = exchange.trade(7);
    const next = exchange.diff(102, 104, [1005, 1]);
    expect(one.phase).toBe('live');
    one.tick();
    await queue.drained();
    const { events } = await stored(1);
    expect(events).toEqual([trade, next]);
    expect((await archive.tail(BTC.id)).openGap).toBeNull();
  });

  test('a reconnect after which ids are missing is a gap from the last data, cause connection', async () => {
    const { one } = recorder();
    await live(one);
    const last = exchange.diff(103, 103);
    clock.advance(5000);
    exchange.alive();
    exchange.down();
    clock.advance(1000);
    exchange.up();
    exchange.diff(107, 108);
    expect(one.phase).toBe('syncing');
    expect(one.openGap).toMatchObject({ cause: 'connection', fromUs: last.receiveTimeUs });
  });

  test('silence after a reconnect is settled by a snapshot at the same sequence', async () => {
    const { one } = recorder();
    await live(one);
    exchange.down();
    exchange.up();
    const asked = exchange.snapshotRequests;
    await clock.advanceAsync(DEFAULT_LIMITS.quietProofAfterMs);
    expect(exchange.snapshotRequests).toBe(asked + 1);
    exchange.answer(snapshotAt(102, [], []));
    await clock.advanceAsync(0);
    expect(one.phase).toBe('live');
  });

  test('silence after a reconnect stays unproven when the snapshot has moved on', async () => {
    const { one } = recorder();
    await live(one);
    exchange.down();
    exchange.up();
    await clock.advanceAsync(DEFAULT_LIMITS.quietProofAfterMs);
    exchange.answer(snapshotAt(105, [], []));
    await clock.advanceAsync(0);
    expect(one.phase).toBe('stale');
  });

  test('a snapshot that is too old is fetched again while the buffer continues', async () => {
    const { one } = recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up();
    exchange.diff(200, 205);
    exchange.answer(snapshotAt(150, [], []));
    await clock.advanceAsync(0);
    exchange.diff(206, 207);
    exchange.answer(snapshotAt(206, [1, 1], [2, 2]));
    await clock.advanceAsync(500, 50);
    expect(one.phase).toBe('live');
    expect(one.segment?.sequence).toBe(207);
  });

  test('a gap inside the buffer makes the snapshot unusable', async () => {
    const { one } = recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up();
    exchange.diff(200, 205);
    exchange.diff(210, 212);
    exchange.answer(snapshotAt(202, [], []));
    await clock.advanceAsync(0);
    expect(one.phase).toBe('syncing');
    exchange.answer(snapshotAt(211, [1, 1], [2, 2]));
    await clock.advanceAsync(500, 50);
    expect(one.segment?.sequence).toBe(212);
  });

  test('a diff that arrives late while the book is being proven is not applied over newer ones', async () => {
    const { one } = recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up();
    exchange.diff(110, 119, [1000, 2]);
    exchange.diff(100, 109, [1000, 1]);
    exchange.answer(snapshotAt(112, [1000, 2], [1010, 7]));
    await clock.advanceAsync(10);
    expect(one.segment?.sequence).toBe(119);
    expect(one.segment?.book.best('bid')).toEqual([1000, 2]);
  });

  test('duplicates change nothing', async () => {
    const { one } = recorder();
    await live(one);
    exchange.diff(101, 102, [1001, 999]);
    exchange.diff(50, 60, [1001, 999]);
    expect(one.segment?.book.best('bid')).toEqual([1001, 3]);
    expect(one.phase).toBe('live');
  });

  test('without a snapshot: retried with a message, and live as soon as there is one', async () => {
    const { one } = recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up();
    exchange.diff(10, 11);
    exchange.answer(new FeedClosedError('connection refused'));
    await clock.advanceAsync(0);
    expect(one.message).toContain('connection refused');
    exchange.answer(new ExchangeRejectedError('HTTP 403'));
    await clock.advanceAsync(400, 50);
    expect(one.phase).toBe('syncing');
    expect(one.message).toMatch(/^No snapshot yet: HTTP 403; since 20.*Z, tried 2 times$/);
    exchange.answer(snapshotAt(10, [1, 1], [2, 2]));
    await clock.advanceAsync(2000, 50);
    expect(one.phase).toBe('live');
  });

  test('a base image follows the interval, none while nothing changes', async () => {
    const { one, queue } = recorder({ imageIntervalMs: 120_000 });
    await live(one);
    for (let minute = 1; minute <= 5; minute++) {
      clock.advance(60_000);
      exchange.diff(102 + minute, 102 + minute, [1000 + minute, 1]);
      clock.advance(1);
      one.tick();
    }
    for (let minute = 0; minute < 5; minute++) {
      clock.advance(60_000);
      one.tick();
    }
    await queue.drained();
    const images = await archive.images(BTC.id, 1, 0);
    expect(images.map(({ header }) => header.lastSequence)).toEqual([102, 104, 106]);
    expect(images.map(({ header }) => header.reason)).toEqual(['start', 'interval', 'interval']);
  });

  test('finer prices continue the same segment with finer integers, exactly', async () => {
    const { one, queue } = recorder();
    await live(one);
    const finer = { priceExponent: 4, sizeExponent: 3 };
    exchange.listeners.get('BTCUSDT')?.onScale(finer);
    exchange.diff(103, 103, [100_151, 9]);
    expect(one.segment?.image().bids).toEqual([100_151, 9, 100_100, 3, 100_000, 5]);
    one.close('removed');
    await queue.drained();
    const images = await archive.images(BTC.id, 1, 0);
    expect(images.map(({ header }) => header.reason)).toEqual(['start']);
    expect((await stored(1)).events).toHaveLength(1);
  });

  test('an image among trades leaves them in the open block, so that no key is used twice', async () => {
    const { one, queue } = recorder();
    await live(one);
    exchange.diff(103, 103, [1002, 1]);
    clock.advance(60_000);
    one.tick();
    const trade = exchange.trade(1);
    one.tick();
    one.imageNow();
    exchange.listeners.get('BTCUSDT')?.onScale({ priceExponent: 4, sizeExponent: 3 });
    one.tick();
    exchange.diff(104, 104, [100_300, 1]);
    one.close('restart');
    await queue.drained();
    expect(one.phase).toBe('closed');
    const { events } = await stored(1);
    expect(events).toMatchObject([
      { lastSequence: 103 },
      { tradeId: 1, price: (trade.price as number) * 100 },
      { lastSequence: 104 },
    ]);
    const images = await archive.images(BTC.id, 1, 0);
    expect(images.map(({ header }) => header.lastSequence)).toEqual([102, 103]);
  });

  test('an exchange that restarts its sequence is noticed', async () => {
    const { one } = recorder();
    await live(one);
    clock.advance(2000);
    exchange.diff(5, 6);
    expect(one.phase).toBe('live');
    clock.advance(4000);
    exchange.diff(7, 8);
    expect(one.phase).toBe('syncing');
    exchange.answer(snapshotAt(7, [1, 1], [2, 2]));
    await clock.advanceAsync(10);
    expect(one.segment?.sequence).toBe(8);
  });

  test('trades that arrive while a book is being proven are in the next segment', async () => {
    const { one, queue } = recorder();
    await one.start();
    await clock.advanceAsync(0);
    exchange.up();
    const early = exchange.trade(1);
    exchange.diff(9, 10);
    exchange.answer(snapshotAt(9, [1, 1], [2, 2]));
    await clock.advanceAsync(10);
    const late = exchange.trade(2);
    one.close('restart');
    await queue.drained();
    expect((await stored(1)).events).toEqual([early, late]);
  });

  test('trades without a single diff end the segment: the depth stream is dead', async () => {
    const { one } = recorder({ limits: { maxBlockSideEvents: 10 } });
    await live(one);
    for (let id = 1; id <= 10; id++) exchange.trade(id);
    one.tick();
    expect(one.phase).toBe('syncing');
    expect(one.openGap?.cause).toBe('other');
  });

  test('a book that stays crossed is proven again', async () => {
    const { one } = recorder();
    await live(one);
    exchange.diff(103, 103, [1010, 1]);
    one.tick();
    expect(one.phase).toBe('live');
    clock.advance(DEFAULT_LIMITS.maxCrossedMs);
    one.tick();
    expect(one.phase).toBe('syncing');
  });

  test('a book is given its time to uncross, whatever the one before it was like', async () => {
    const { one } = recorder();
    await live(one);
    exchange.diff(103, 103, [1010, 1]);
    one.tick();
    exchange.diff(110, 110);
    clock.advance(DEFAULT_LIMITS.maxCrossedMs);
    exchange.answer(snapshotAt(109, [1010, 1], [1010, 7]));
    await clock.advanceAsync(10);
    one.tick();
    expect(one.phase).toBe('live');
  });

  test('a conflict in the store stops a recorder that still waits for its instrument', async () => {
    const { one } = recorder();
    const { instrumentAnswer } = exchange;
    exchange.instrumentAnswer = new FeedClosedError('connection refused');
    await one.start();
    await clock.advanceAsync(0);
    expect(one.phase).toBe('starting');
    one.stopOnConflict(new DuplicateRecordError('block 1/103'));
    exchange.instrumentAnswer = instrumentAnswer;
    await clock.advanceAsync(10_000, 100);
    expect(one.phase).toBe('failed');
    expect(exchange.listeners.size).toBe(0);
  });
});
