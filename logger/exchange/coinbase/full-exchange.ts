/**
 * Coinbase's `full` feed: single orders in the exchange's sequence, with the level-3 book by REST.
 * Wants a key.
 */

import { FeedClosedError } from '../../errors.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { FeedListener, Instrument, SnapshotRequest } from '../exchange.ts';
import type { FeedConnection } from '../feed/feed-connection.ts';
import { MAX_PATIENT_WAIT_MS } from '../streaming-exchange.ts';
import { parseJson } from '../wire/fields.ts';
import { BOOK_PATH, CoinbaseExchange } from './base-exchange.ts';
import type { CoinbaseOptions } from './base-exchange.ts';
import { FullFeed } from './full-feed.ts';
import { FULL_CHANNELS } from './protocol.ts';
import { fullRule } from './sequencer.ts';
import { parseOrderBook } from './snapshot.ts';

export class CoinbaseFull extends CoinbaseExchange {
  readonly level = 'L3';
  readonly proof = 'sequence';
  readonly rule = fullRule;

  constructor(options: CoinbaseOptions) {
    super({ ...options, feed: 'full', channels: FULL_CHANNELS });
  }

  async snapshot(
    symbol: string,
    signal: AbortSignal,
    { urgency = 'usual' }: SnapshotRequest = {},
  ): Promise<BookSnapshot> {
    const feed = this.feeds.get(symbol);
    if (!(feed instanceof FullFeed)) {
      throw new FeedClosedError(`${this.name}:${symbol} is not open`);
    }
    const answer = await this.rest.get({
      path: `/products/${encodeURIComponent(symbol)}${BOOK_PATH}`,
      weight: 1,
      signal: AbortSignal.any([signal, this.closing.signal]),
      urgency,
      maxWaitMs: MAX_PATIENT_WAIT_MS,
      timeoutMs: this.limits.bookTimeoutMs,
    });
    const { receiveTimeUs } = answer;
    const { snapshot, isAuction } = this.counted(() =>
      parseOrderBook(parseJson(answer.body), { scale: feed.scale, receiveTimeUs }),
    );
    feed.raiseScale(snapshot.scale);
    feed.setAuction(isAuction);
    return snapshot;
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): FullFeed {
    const { symbol } = instrument;
    const feed: FullFeed = new FullFeed(instrument, { listener, wireErrors: this.wireErrors }, () =>
      this.connectionOf(feed)?.replace(
        `Heartbeats of ${symbol} count on, and nothing else of it comes`,
      ),
    );
    return feed;
  }

  /** Busy products get a connection each; beyond the limit the least busy one takes the next. */
  protected connectionFor(connections: readonly FeedConnection[]): FeedConnection | undefined {
    const empty = connections.find(({ streamCount }) => streamCount === 0);
    if (empty || connections.length < this.limits.maxFullConnections) return empty;
    return leastBusy(connections);
  }
}

/**
 * Counts a product that has not been measured yet as one of average business, so that many that are
 * opened at once do not all go where it was quiet a moment ago.
 */
function leastBusy(connections: readonly FeedConnection[]): FeedConnection | undefined {
  let frames = 0;
  let streams = 0;
  for (const { framesPerSecond, streamCount } of connections) {
    frames += framesPerSecond;
    streams += streamCount;
  }
  const average = frames / Math.max(1, streams);
  const load = ({ framesPerSecond, streamCount }: FeedConnection): number =>
    framesPerSecond + streamCount * average;
  return [...connections].sort((a, b) => load(a) - load(b) || a.streamCount - b.streamCount)[0];
}
