/**
 * The base of exchanges that need no key and whose REST requests all weigh the same: one client within one
 * request budget, instruments that are asked for together, and connections that carry up to so many streams.
 */

import { exchangeCandles } from './candles.ts';
import type { CandleProtocol, ExchangeCandles } from './candles.ts';
import type { Instrument } from './exchange.ts';
import type { FeedConnection } from './feed/feed-connection.ts';
import type { FeedLimits, Protocol } from './feed/protocol.ts';
import type { StreamedSnapshot } from './feed/streamed-snapshot.ts';
import type { SymbolFeed } from './feed/symbol-feed.ts';
import { FeedClosedError } from '../errors.ts';
import type { Scale } from '../market/decimal.ts';
import { InstrumentBatch } from './rest/instrument-batch.ts';
import { RequestBudget } from './rest/request-budget.ts';
import type { BudgetLimits, Urgency } from './rest/request-budget.ts';
import { RestClient } from './rest/rest-client.ts';
import type { RestOptions, RestResponse } from './rest/rest-client.ts';
import {
  MAX_PATIENT_WAIT_MS,
  MAX_URGENT_WAIT_MS,
  StreamingExchange,
  connectionWithRoom,
  withoutTrailingSlash,
} from './streaming-exchange.ts';
import type { ExchangeOptions, Listing, PollLimits } from './streaming-exchange.ts';
import { TokenBucket } from './token-bucket.ts';
import type { BucketLimits } from './token-bucket.ts';
import { WireErrors } from './wire/wire-errors.ts';

/** The exchange's limits and our own below them. */
export interface PublicLimits extends FeedLimits, PollLimits {
  /** New connections. */
  readonly connecting: BucketLimits;
  readonly requests: BudgetLimits;
  readonly requestTimeoutMs: number;
  readonly maxResponseBytes: number;
  /** How soon after its subscription an image in the stream is due. */
  readonly snapshotWithinMs: number;
}

/** How the exchange rejects a request. */
export type Rejections = Pick<
  RestOptions,
  'banStatuses' | 'banMs' | 'slowDownCodes' | 'isRejection' | 'reasonOf' | 'isUnlisted'
>;

export interface PublicExchangeOptions<Limits extends PublicLimits> {
  readonly exchange: string;
  readonly feed: string;
  readonly limits: Limits;
  /** @param connecting where a greeting says how many connections are left. */
  readonly protocol: (connecting: TokenBucket) => Protocol;
  /** Of the WebSocket, behind the base address. */
  readonly path: string;
  readonly joinWithinMs?: number;
  /** Of a symbol that is not open. Default: whole numbers. */
  readonly defaultScale?: Scale;
  readonly rejections: Rejections;
}

export abstract class PublicExchange<Limits extends PublicLimits> extends StreamingExchange {
  protected readonly limits: Limits;
  readonly #streamsPerSymbol: number;
  readonly #defaultScale: Scale;
  readonly #rest: RestClient;
  readonly #instrumentBatch: InstrumentBatch;

  constructor(options: ExchangeOptions, own: PublicExchangeOptions<Limits>) {
    const { clock, log, transport } = options;
    const { exchange, limits, joinWithinMs } = own;
    const budget = new RequestBudget(clock, limits.requests);
    const connecting = new TokenBucket(clock, limits.connecting);
    const protocol = own.protocol(connecting);
    super(
      {
        ...options,
        exchange,
        feed: own.feed,
        protocol,
        url: `${withoutTrailingSlash(options.wsUrl)}${own.path}`,
        limits,
        ...(joinWithinMs !== undefined && { joinWithinMs }),
        wireErrors: new WireErrors(exchange, log),
        connecting,
      },
      { budget, poll: limits },
    );
    this.limits = limits;
    this.#streamsPerSymbol = protocol.streamsPerSymbol;
    this.#defaultScale = own.defaultScale ?? { priceExponent: 0, sizeExponent: 0 };
    this.#rest = new RestClient({
      ...own.rejections,
      restUrl: withoutTrailingSlash(options.restUrl),
      transport,
      budget,
      clock,
      log,
      timeoutMs: limits.requestTimeoutMs,
      maxBytes: limits.maxResponseBytes,
    });
    this.#instrumentBatch = new InstrumentBatch(limits.requests.maxQueued, (symbols) =>
      this.listings(symbols, 'urgent'),
    );
  }

  /**
   * Asks for instruments; a symbol without an answer is left out.
   * @throws RateLimitedError, FeedClosedError, WireFormatError, ExchangeRejectedError.
   */
  protected abstract listings(
    symbols: readonly string[],
    urgency: 'urgent' | 'usual',
  ): Promise<ReadonlyMap<string, Listing>>;

  instrument(symbol: string, signal: AbortSignal): Promise<Instrument> {
    return this.#instrumentBatch.ask(symbol, signal);
  }

  protected lookUp(symbols: readonly string[]): Promise<ReadonlyMap<string, Listing>> {
    return this.listings(symbols, 'usual');
  }

  protected connectionFor(connections: readonly FeedConnection[]): FeedConnection | undefined {
    return connectionWithRoom(
      connections,
      this.#streamsPerSymbol,
      this.limits.maxStreamsPerConnection,
    );
  }

  /** @throws FeedClosedError when the symbol is not open. */
  protected openFeed<Feed extends SymbolFeed>(
    symbol: string,
    kind: abstract new (...args: never[]) => Feed,
  ): Feed {
    const feed = this.feeds.get(symbol);
    if (feed instanceof kind) return feed;
    throw new FeedClosedError(`${this.name}:${symbol} is not open`);
  }

  /** The image that the stream brings. @throws FeedClosedError when none comes in time. */
  protected imageOf(
    feed: SymbolFeed & { readonly snapshot: StreamedSnapshot },
    signal: AbortSignal,
  ): ReturnType<StreamingExchange['snapshot']> {
    return this.streamedSnapshot(feed, signal, this.limits.snapshotWithinMs);
  }

  protected scaleOf(symbol: string): Scale {
    return this.feeds.get(symbol)?.scale ?? this.#defaultScale;
  }

  protected candlesBy(protocol: CandleProtocol): ExchangeCandles {
    return exchangeCandles(protocol, {
      wireErrors: this.wireErrors,
      get: (path, _weight, signal) => this.get(path, 'spare', signal),
    });
  }

  /** @param urgency `urgent` and `probe` do not wait as long as the rest where the exchange blocks. */
  protected get(path: string, urgency: Urgency, signal?: AbortSignal): Promise<RestResponse> {
    return this.#rest.get({
      path,
      weight: 1,
      signal: AbortSignal.any([this.closing.signal, ...(signal ? [signal] : [])]),
      urgency,
      maxWaitMs:
        urgency === 'urgent' || urgency === 'probe' ? MAX_URGENT_WAIT_MS : MAX_PATIENT_WAIT_MS,
    });
  }
}
