/**
 * Coinbase's public feed: `level2_batch` and `matches`. The book has no sequence, so a segment lasts
 * as long as one connection, and the snapshot is the one that the connection itself brings.
 */

import { FeedClosedError, LoggerError, WireFormatError, describeError } from '../../errors.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { FeedListener, Instrument } from '../exchange.ts';
import { connectionWithRoom } from '../streaming-exchange.ts';
import type { FeedConnection } from '../feed/feed-connection.ts';
import { CoinbaseExchange } from './base-exchange.ts';
import type { CoinbaseOptions } from './base-exchange.ts';
import { Level2Feed } from './level2-feed.ts';
import { LEVEL2_CHANNELS } from './protocol.ts';
import { isInAuction } from './snapshot.ts';
import { connectionRule } from '../connection-rule.ts';

export class CoinbaseLevel2 extends CoinbaseExchange {
  readonly level = 'L2';
  readonly proof = 'connection';
  readonly rule = connectionRule;

  constructor(options: CoinbaseOptions) {
    // Subscribed as anybody would: a bad key can't get in the way of what is public.
    const feed = { feed: 'level2_batch', channels: LEVEL2_CHANNELS };
    super({ ...options, ...feed, credentials: null });
  }

  async snapshot(symbol: string, signal: AbortSignal): Promise<BookSnapshot> {
    const feed = this.feeds.get(symbol);
    if (!(feed instanceof Level2Feed)) {
      throw new FeedClosedError(`${this.name}:${symbol} is not open`);
    }
    try {
      return await this.streamedSnapshot(feed, signal, this.limits.snapshotWithinMs);
    } catch (error) {
      if (!feed.isAuction && isUnsound(error)) await this.#askForAuction(feed, signal);
      throw error;
    }
  }

  /** A crossed book is one of an auction, whose messages have not come yet, or it is damaged. */
  async #askForAuction(feed: Level2Feed, signal: AbortSignal): Promise<void> {
    try {
      const { top } = await this.top(feed.symbol, signal);
      feed.setAuction(this.counted(() => isInAuction(top)));
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      this.log.debug('No answer to whether there is an auction', { reason: describeError(error) });
    }
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): Level2Feed {
    return new Level2Feed(instrument, { listener, wireErrors: this.wireErrors });
  }

  protected connectionFor(connections: readonly FeedConnection[]): FeedConnection | undefined {
    return connectionWithRoom(connections, 1, this.limits.maxStreamsPerConnection);
  }
}

/** The values of a snapshot contradict each other. */
function isUnsound(error: unknown): boolean {
  return error instanceof WireFormatError && error.context['kind'] === 'snapshot';
}
