/** What a recorder publishes: enough to follow its book, its gaps and its trades without asking it. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bookOf, sidesOf } from '../../../logger/book/book.ts';
import type { Book } from '../../../logger/book/book.ts';
import type { LiveEvent } from '../../../logger/live/events.ts';
import { securityOf } from '../../../logger/market/security.ts';
import type { SecurityRecorder } from '../../../logger/recorder/security-recorder.ts';
import { snapshotAt } from '../../support/scripted-exchange.ts';
import { RecorderHarness } from './harness.ts';

const BTC = securityOf('binance', 'BTCUSDT');

let harness: RecorderHarness;
let one: SecurityRecorder;
let events: LiveEvent[];

beforeEach(async () => {
  harness = await RecorderHarness.open(BTC);
  events = [];
  harness.liveFeeds.subscribe(BTC.id, (event) => events.push(event));
  ({ one } = harness.recorder());
});

afterEach(async () => {
  one.close('restart');
  await harness.close();
});

/** In short, without the state's message and times. */
function summary(): string[] {
  return events.splice(0).map((event) => {
    switch (event.type) {
      case 'image':
        return `image ${event.reason} ${event.segment.identity.epoch}`;
      case 'update':
      case 'unapplied':
        return `${event.type} ${event.update.lastSequence}`;
      case 'side-event':
        return `${event.event.type} in ${event.epoch}`;
      case 'gap':
        return `gap ${event.change} ${event.gap.cause} after ${event.epoch} from ${event.gap.firstMissing}`;
      case 'state':
        return event.phase;
      case 'heartbeat':
        return `heartbeat ${event.heartbeat.lastSequence}`;
    }
  });
}

test('from the first message to the book, a gap, and the book after it', async () => {
  const { exchange, clock } = harness;
  await harness.proveBook(one);
  expect(summary()).toEqual([
    'starting',
    'starting',
    'syncing',
    'syncing',
    'unapplied 100',
    'syncing',
    'unapplied 102',
    'image proven 1',
    'live',
  ]);
  exchange.diff(103, 103);
  exchange.trade(1);
  exchange.diff(100, 102);
  exchange.heartbeat(103);
  exchange.diff(110, 112);
  exchange.trade(2);
  expect(summary()).toEqual([
    'update 103',
    'trade in 1',
    'unapplied 102',
    'heartbeat 103',
    'gap opened sequence after 1 from 104',
    'syncing',
    'unapplied 112',
    'trade in null',
  ]);
  exchange.answer(snapshotAt(111, [1000, 5], [1010, 7]));
  await clock.advanceAsync(10);
  const image = events.find(({ type }) => type === 'image');
  expect(image).toMatchObject({
    reason: 'proven',
    closedGap: { cause: 'sequence', firstMissing: 104, lastMissing: 111 },
  });
  expect(summary()).toEqual(['image proven 2', 'live']);
});

test('a connection that goes away and comes back, with the last moment that is proven', async () => {
  const { exchange, clock } = harness;
  await harness.proveBook(one);
  const provenUs = one.segment?.receiveTimeUs;
  clock.advance(400);
  // A pong proves nothing about the book.
  exchange.alive();
  clock.advance(300);
  exchange.down();
  expect(events.at(-1)).toMatchObject({ type: 'state', phase: 'stale', aliveUntilUs: provenUs });
  events = [];
  exchange.up();
  exchange.diff(103, 104);
  expect(summary()).toEqual(['live', 'update 104']);
});

test('an end, after which nothing comes', async () => {
  await harness.proveBook(one);
  events = [];
  one.close('removed');
  expect(summary()).toEqual(['gap opened removed after 1 from 103', 'closed']);
});

test('the gap that an earlier process left', async () => {
  await harness.proveBook(one);
  const { one: next, queue } = harness.recorder();
  one.close('restart');
  await queue.drained();
  await harness.clock.advanceAsync(10);
  events = [];
  await next.start();
  expect(summary().slice(0, 2)).toEqual(['starting', 'gap found restart after 1 from 103']);
  next.close('restart');
});

describe('a follower', () => {
  /** Keeps a book of its own. */
  function follow(): { readonly book: () => Book | undefined } {
    let book: Book | undefined;
    harness.liveFeeds.subscribe(BTC.id, (event) => {
      if (event.type === 'image') {
        const { scale } = event.segment;
        book = bookOf({ scale, ...sidesOf(event.segment.book) });
      } else if (event.type === 'gap') book = undefined;
      else if (event.type === 'update' && book) book.apply(event.update);
    });
    return { book: () => book };
  }

  test('has the recorder’s book at any time, whenever it subscribed', async () => {
    const { exchange, clock } = harness;
    const early = follow();
    await harness.proveBook(one);
    exchange.diff(103, 104, [995, 1], [1010, 0, 1011, 4]);
    const late = follow();
    exchange.diff(105, 106, [994, 9], [1012, 2]);
    exchange.listeners.get('BTCUSDT')?.onScale({ priceExponent: 4, sizeExponent: 3 });
    exchange.diff(107, 108, [99_401, 9]);
    const expected = one.segment && sidesOf(one.segment.book);
    for (const { book } of [early, late]) expect(sidesOf(book()!)).toEqual(expected);
    exchange.diff(120, 121);
    expect([early.book(), late.book()]).toEqual([undefined, undefined]);
    exchange.answer(snapshotAt(120, [1000, 5], [1010, 7]));
    await clock.advanceAsync(10);
    expect(one.phase).toBe('live');
    expect(sidesOf(late.book()!)).toEqual(one.segment && sidesOf(one.segment.book));
  });
});
