import { expect, test } from 'vitest';
import { SequencedFeed } from '../../../../logger/exchange/feed/sequenced-feed.ts';
import type { FeedMessage } from '../../../../logger/exchange/feed/protocol.ts';
import { wireError } from '../../../../logger/exchange/wire/fields.ts';
import { WireErrors } from '../../../../logger/exchange/wire/wire-errors.ts';
import { NO_HORIZON } from '../../../../logger/market/events.ts';
import { RecordingListener } from '../../../support/recording-listener.ts';
import { silentLog } from '../../../support/silent-log.ts';

const SCALE = { priceExponent: 2, sizeExponent: 4 };
const IMAGE_ROUTE = { to: 'symbol', symbol: 'AAA', kind: 'image', carries: 'image' } as const;
const { signal } = new AbortController();

function opened(): { readonly feed: SequencedFeed; readonly listener: RecordingListener } {
  const listener = new RecordingListener();
  const instrument = { symbol: 'AAA', scale: SCALE, tickSize: null, lotSize: null };
  const feed = new SequencedFeed(instrument, {
    listener,
    wireErrors: new WireErrors('numbered', silentLog),
  });
  feed.up();
  return { feed, listener };
}

function update(sequence: number, receiveTimeUs: number): FeedMessage {
  const times = { exchangeTimeUs: receiveTimeUs, receiveTimeUs };
  const head = { type: 'diff', firstSequence: sequence, lastSequence: sequence } as const;
  const event = { ...head, ...times, bids: [100, 1], asks: [] };
  return { kind: 'update', event, scale: SCALE, hasTime: true };
}

function image(sequence: number, receiveTimeUs: number): FeedMessage {
  const times = { exchangeTimeUs: receiveTimeUs, receiveTimeUs };
  const sides = { level: 'L2', bids: [100, 1], asks: [] } as const;
  const snapshot = { sequence, ...times, scale: SCALE, horizon: NO_HORIZON, ...sides };
  return { kind: 'image', snapshot };
}

test('the image after the subscription is the snapshot, and no loss', async () => {
  const { feed, listener } = opened();
  feed.deliver(image(7, 10));
  feed.deliver(update(8, 11));
  await expect(feed.snapshot.next(signal)).resolves.toMatchObject({ sequence: 7 });
  expect(listener.count('loss')).toBe(0);
  expect(feed.lastSequence).toBe(8);
});

test('a caller that waits gets the next image, however far the updates are', async () => {
  const { feed, listener } = opened();
  feed.deliver(update(8, 11));
  const asked = feed.snapshot.next(signal);
  feed.deliver(image(20, 12));
  await expect(asked).resolves.toMatchObject({ sequence: 20 });
  expect(listener.count('loss')).toBe(0);
});

test('an image at the last update changes nothing and is not kept', () => {
  const { feed, listener } = opened();
  feed.deliver(update(8, 11));
  feed.deliver(image(8, 12));
  expect(listener.count('loss')).toBe(0);
  feed.snapshot.expire();
  expect(feed.snapshot.isSpent).toBe(true);
});

test.each([
  ['behind the updates: the numbering was restarted', 1],
  ['ahead of the updates: some are missing', 20],
])('an image %s', async (_name, sequence) => {
  const { feed, listener } = opened();
  feed.deliver(update(8, 11));
  let asked: Promise<unknown> = Promise.resolve();
  // As a recorder does, which asks for a new book as soon as it learns of the loss.
  listener.onLoss = (aliveUntilUs) => {
    expect(aliveUntilUs).toBe(11);
    asked = feed.snapshot.next(signal);
  };
  feed.deliver(image(sequence, 12));
  await expect(asked).resolves.toMatchObject({ sequence, receiveTimeUs: 12 });
  feed.deliver(update(sequence + 1, 13));
  expect(feed.lastSequence).toBe(sequence + 1);
});

test('an image that cannot be read fails the caller that waits for it', async () => {
  const { feed } = opened();
  const asked = feed.snapshot.next(signal);
  feed.unreadable(IMAGE_ROUTE, wireError('level', 'A level is not a pair'));
  await expect(asked).rejects.toThrow('A level is not a pair');
});
