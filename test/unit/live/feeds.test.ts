/** The contract between a publisher and its subscribers. */

import { describe, expect, test } from 'vitest';
import type { LiveEvent, StateEvent } from '../../../logger/live/events.ts';
import type { BookUpdate } from '../../../logger/market/events.ts';
import { LiveFeeds } from '../../../logger/live/feeds.ts';
import { keptLog } from '../../support/scripted-coinbase.ts';
import { silentLog } from '../../support/silent-log.ts';

const BTC = 'binance:BTCUSDT';
const ETH = 'binance:ETHUSDT';

function state(security: string, message: string): StateEvent {
  return { type: 'state', security, phase: 'syncing', message, aliveUntilUs: null };
}

/** A subscriber that keeps the messages of its events. */
function subscriber() {
  const seen: string[] = [];
  const listener = (event: LiveEvent): void => {
    if (event.type === 'state') seen.push(`${event.security} ${event.message}`);
  };
  return { seen, listener };
}

describe('a live feed', () => {
  test('reaches those who subscribed to its security, and those who subscribed to all', () => {
    const feeds = new LiveFeeds(silentLog);
    const [one, all] = [subscriber(), subscriber()];
    feeds.subscribe(BTC, one.listener);
    const btc = feeds.open(BTC, () => []);
    const eth = feeds.open(ETH, () => []);
    feeds.subscribe('all', all.listener);
    btc.publish(state(BTC, 'a'));
    eth.publish(state(ETH, 'b'));
    btc.publish(state(BTC, 'c'));
    expect(one.seen).toEqual([`${BTC} a`, `${BTC} c`]);
    expect(all.seen).toEqual([`${BTC} a`, `${ETH} b`, `${BTC} c`]);
  });

  test('brings states alone to those who want nothing else', () => {
    const feeds = new LiveFeeds(silentLog);
    const btc = feeds.open(BTC, () => [state(BTC, 'now')]);
    const seen: string[] = [];
    const unsubscribe = feeds.subscribeToStates(BTC, ({ type }) => seen.push(type));
    const update: BookUpdate = {
      type: 'diff',
      firstSequence: 1,
      lastSequence: 1,
      exchangeTimeUs: 1,
      receiveTimeUs: 1,
      bids: [],
      asks: [],
    };
    btc.publish({ type: 'unapplied', security: BTC, update });
    btc.publish(state(BTC, 'a'));
    unsubscribe();
    btc.publish(state(BTC, 'b'));
    expect(seen).toEqual(['state', 'state']);
  });

  test('begins with the present for a subscriber that comes later', () => {
    const feeds = new LiveFeeds(silentLog);
    feeds.open(BTC, () => [state(BTC, 'now')]);
    feeds.open(ETH, () => [state(ETH, 'now')]);
    const [one, all] = [subscriber(), subscriber()];
    feeds.subscribe(BTC, one.listener);
    feeds.subscribe('all', all.listener);
    expect(one.seen).toEqual([`${BTC} now`]);
    expect(all.seen).toEqual([`${BTC} now`, `${ETH} now`]);
  });

  test('continues after its recorder is replaced by another', () => {
    const feeds = new LiveFeeds(silentLog);
    const { seen, listener } = subscriber();
    feeds.subscribe(BTC, listener);
    const first = feeds.open(BTC, () => []);
    first.publish(state(BTC, 'a'));
    first.close();
    first.publish(state(BTC, 'too late'));
    feeds.open(BTC, () => []).publish(state(BTC, 'b'));
    first.close();
    feeds.subscribe(BTC, () => undefined);
    expect(seen).toEqual([`${BTC} a`, `${BTC} b`]);
  });

  test('never calls a listener after it has unsubscribed, even during a delivery', () => {
    const feeds = new LiveFeeds(silentLog);
    const feed = feeds.open(BTC, () => []);
    const { seen, listener } = subscriber();
    feeds.subscribe(BTC, () => unsubscribe());
    const unsubscribe = feeds.subscribe(BTC, listener);
    feed.publish(state(BTC, 'a'));
    unsubscribe();
    expect(seen).toEqual([]);
  });

  test('delivers to a listener that is added during a delivery from the next event on', () => {
    const feeds = new LiveFeeds(silentLog);
    const feed = feeds.open(BTC, () => []);
    const { seen, listener } = subscriber();
    let isAdded = false;
    feeds.subscribe(BTC, () => {
      if (!isAdded) feeds.subscribe(BTC, listener);
      isAdded = true;
    });
    feed.publish(state(BTC, 'a'));
    feed.publish(state(BTC, 'b'));
    expect(seen).toEqual([`${BTC} b`]);
  });
});

describe('a listener that throws', () => {
  test('is unsubscribed and logged; publisher and other listeners continue', () => {
    const logged: string[] = [];
    const feeds = new LiveFeeds(keptLog(logged));
    const feed = feeds.open(BTC, () => []);
    let calls = 0;
    feeds.subscribe(BTC, () => {
      calls++;
      throw new Error('broken');
    });
    const { seen, listener } = subscriber();
    feeds.subscribe('all', listener);
    feed.publish(state(BTC, 'a'));
    feed.publish(state(BTC, 'b'));
    expect(calls).toBe(1);
    expect(seen).toEqual([`${BTC} a`, `${BTC} b`]);
    expect(logged).toEqual(['A live subscriber failed and was unsubscribed {"error":"broken"}']);
  });

  test('has its error handed to its own handler, where there is one', () => {
    const feeds = new LiveFeeds(silentLog);
    const feed = feeds.open(BTC, () => []);
    const errors: unknown[] = [];
    const error = new Error('broken');
    feeds.subscribe(
      BTC,
      () => {
        throw error;
      },
      (thrown) => errors.push(thrown),
    );
    feed.publish(state(BTC, 'a'));
    expect(errors).toEqual([error]);
  });
});
