/**
 * Coinbase's public feed: `level2_batch` and `matches`. The book has no sequence, so a segment lasts
 * as long as one connection, and the snapshot is the one that the connection itself brings.
 */

import { FeedClosedError } from '../../errors.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { FeedListener, Instrument } from '../exchange.ts';
import type { FeedConnection } from '../feed/feed-connection.ts';
import { CoinbaseExchange } from './base-exchange.ts';
import type { CoinbaseOptions } from './base-exchange.ts';
import { Level2Feed } from './level2-feed.ts';
import { LEVEL2_CHANNELS } from './protocol.ts';
import { connectionRule } from './sequencer.ts';

export class CoinbaseLevel2 extends CoinbaseExchange {
  readonly level = 'L2';
  readonly proof = 'connection';
  readonly rule = connectionRule;

  constructor(options: CoinbaseOptions) {
    // Subscribed as anybody would: a bad key can't get in the way of what is public.
    const feed = { feed: 'level2_batch', channels: LEVEL2_CHANNELS };
    super({ ...options, ...feed, credentials: null });
  }

  /** The connection's own; if that is taken already, the streams are subscribed again. */
  async snapshot(symbol: string, signal: AbortSignal): Promise<BookSnapshot> {
    const feed = this.feeds.get(symbol);
    if (!(feed instanceof Level2Feed)) {
      throw new FeedClosedError(`${this.name}:${symbol} is not open`);
    }
    const late = new AbortController();
    const timer = this.clock.schedule(this.limits.snapshotWithinMs, () => late.abort());
    const { isSpent } = feed.snapshot;
    const next = feed.snapshot.next(AbortSignal.any([signal, this.closing.signal, late.signal]));
    if (isSpent) this.connectionOf(feed)?.renew(feed);
    try {
      return await next;
    } finally {
      timer.cancel();
      if (late.signal.aborted) feed.snapshot.expire();
    }
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): Level2Feed {
    return new Level2Feed(instrument, { listener, wireErrors: this.wireErrors });
  }

  protected connectionFor(connections: readonly FeedConnection[]): FeedConnection | undefined {
    const max = this.limits.maxStreamsPerConnection;
    return connections.find(({ streamCount }) => streamCount < max);
  }
}
