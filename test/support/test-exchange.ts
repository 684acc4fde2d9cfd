/** The base of the exchanges of the tests: streams alone, on the real connection logic. */

import type { BookLevel } from '../../logger/market/security.ts';
import { RECONNECT_BACKOFF } from '../../logger/runtime/backoff.ts';
import type { BookSnapshot } from '../../logger/market/events.ts';
import type { ExchangeDeps } from '../../logger/exchange/definition.ts';
import type { Instrument } from '../../logger/exchange/exchange.ts';
import type { FeedConnection } from '../../logger/exchange/feed/feed-connection.ts';
import type { Protocol } from '../../logger/exchange/feed/protocol.ts';
import type { StreamedSnapshot } from '../../logger/exchange/feed/streamed-snapshot.ts';
import type { SymbolFeed } from '../../logger/exchange/feed/symbol-feed.ts';
import { RequestBudget } from '../../logger/exchange/rest/request-budget.ts';
import { StreamingExchange } from '../../logger/exchange/streaming-exchange.ts';
import type { Listing } from '../../logger/exchange/streaming-exchange.ts';
import { TokenBucket } from '../../logger/exchange/token-bucket.ts';
import { WireErrors } from '../../logger/exchange/wire/wire-errors.ts';

const LIMITS = {
  maxStreamsPerConnection: 100,
  maxStreamsPerRequest: 100,
  pace: { max: 100, windowMs: 1000 },
  backoff: RECONNECT_BACKOFF,
  replyWithinMs: 5000,
  maxConnectionAgeMs: 24 * 3_600_000,
  resetWithinMs: 8000,
  maxHeldMessages: 1000,
  instrumentPollMs: 3_600_000,
  instrumentRetryMs: 300_000,
};
const CONNECTING = { capacity: 30, perSecond: 1 };
const REQUESTS = {
  windowMs: 60_000,
  maxWeight: 60,
  burstWeight: 10,
  steadyWeight: 30,
  maxReportedWeight: 60,
  maxInFlight: 1,
  maxQueued: 10,
};

/** Every message of ours goes to one connection; the image comes in the stream. */
export abstract class TestExchange extends StreamingExchange {
  readonly feed = 'book';
  readonly level: BookLevel = 'L2';

  constructor(name: string, protocol: Protocol, deps: ExchangeDeps, staleAfterMs: number) {
    super(
      {
        ...deps,
        exchange: name,
        feed: 'book',
        protocol,
        url: `wss://${name}.test`,
        staleAfterMs,
        limits: LIMITS,
        joinWithinMs: 1000,
        wireErrors: new WireErrors(name, deps.log),
        connecting: new TokenBucket(deps.clock, CONNECTING),
      },
      { budget: new RequestBudget(deps.clock, REQUESTS), poll: LIMITS },
    );
  }

  instrument(symbol: string): Promise<Instrument> {
    const scale = { priceExponent: 2, sizeExponent: 4 };
    return Promise.resolve({ symbol, scale, tickSize: null, lotSize: null });
  }

  snapshot(symbol: string, signal: AbortSignal): Promise<BookSnapshot> {
    const feed = this.feeds.get(symbol);
    if (!feed || !hasImages(feed)) throw new Error(`${symbol} is not open`);
    return this.streamedSnapshot(feed, signal, 10_000);
  }

  protected connectionFor([only]: readonly FeedConnection[]): FeedConnection | undefined {
    return only;
  }

  protected lookUp(): Promise<ReadonlyMap<string, Listing>> {
    return Promise.resolve(new Map());
  }
}

function hasImages(feed: SymbolFeed): feed is SymbolFeed & { readonly snapshot: StreamedSnapshot } {
  return 'snapshot' in feed;
}
