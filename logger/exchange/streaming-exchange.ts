/**
 * The base of every exchange behind the `Exchange` port: open symbols spread over lasting
 * connections, a request budget, polling of tick and lot sizes. An exchange adds its protocol.
 * Trouble with one symbol stays with it; trouble with REST never touches the streams.
 */

import { isDeepStrictEqual } from 'node:util';
import {
  ConflictError,
  FeedClosedError,
  LoggerError,
  UnknownSecurityError,
  describeError,
} from '../errors.ts';
import type { Proof } from '../market/coverage.ts';
import type { BookSnapshot } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Transport } from '../runtime/transport.ts';
import type {
  BookProbe,
  Exchange,
  ExchangeCounters,
  FeedHandle,
  FeedListener,
  Instrument,
  SequenceRule,
  SnapshotRequest,
} from './exchange.ts';
import { FeedConnection } from './feed/feed-connection.ts';
import type { FeedConnectionOptions } from './feed/feed-connection.ts';
import type { StreamedSnapshot } from './feed/streamed-snapshot.ts';
import type { SymbolFeed } from './feed/symbol-feed.ts';
import { factsOf } from './exchange.ts';
import { named } from '../runtime/named.ts';
import type { RequestBudget } from './rest/request-budget.ts';
import type { WireErrors } from './wire/wire-errors.ts';

/** What every exchange is created with. */
export interface ExchangeOptions {
  /** Base addresses, without a path. */
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly staleAfterMs: number;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface PollLimits {
  /** Between two polls of tick and lot sizes; shorter after one that failed. */
  readonly instrumentPollMs: number;
  readonly instrumentRetryMs: number;
}

/** What the exchange's instrument data says about a symbol; `unlisted` is its reason. */
export type Listing = Instrument | { readonly unlisted: string };

/** Doubts about listings are settled together: so soon, and with this pause between two look-ups. */
const LISTING_CHECK_AFTER_MS = 500;
const LISTING_CHECK_PAUSE_MS = 10_000;

/** How long a request may wait out a "slow down" before it fails: a person's, and a snapshot. */
export const MAX_URGENT_WAIT_MS = 5000;
export const MAX_PATIENT_WAIT_MS = 120_000;

/** A base address, to be put before a path. */
export function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

export abstract class StreamingExchange implements Exchange {
  abstract readonly name: string;
  abstract readonly level: BookLevel;
  abstract readonly feed: string;
  abstract readonly proof: Proof;
  abstract readonly rule: SequenceRule;
  /** The open symbols. */
  protected readonly feeds = new Map<string, SymbolFeed>();
  protected readonly closing = new AbortController();
  protected readonly clock: Clock;
  protected readonly log: Log;
  protected readonly wireErrors: WireErrors;
  protected readonly budget: RequestBudget;
  readonly #connectionOptions: FeedConnectionOptions;
  readonly #poll: PollLimits;
  #connections: FeedConnection[] = [];
  readonly #connectionOf = new Map<SymbolFeed, FeedConnection>();
  #pollTimer: Timer | null = null;
  /** Symbols that the exchange may not list any more. */
  readonly #doubted = new Set<string>();
  #listingTimer: Timer | null = null;
  #nextListingCheckMs = 0;

  constructor(
    connection: Omit<FeedConnectionOptions, 'onStreamsRejected' | 'traffic'>,
    { budget, poll }: { readonly budget: RequestBudget; readonly poll: PollLimits },
  ) {
    this.clock = connection.clock;
    this.log = connection.log;
    this.wireErrors = connection.wireErrors;
    this.budget = budget;
    this.#poll = poll;
    this.#connectionOptions = {
      ...connection,
      traffic: { frames: 0, bytes: 0 },
      onStreamsRejected: (feed) => this.#checkListing(feed),
    };
  }

  abstract instrument(symbol: string, signal: AbortSignal): Promise<Instrument>;
  abstract snapshot(
    symbol: string,
    signal: AbortSignal,
    request?: SnapshotRequest,
  ): Promise<BookSnapshot>;
  protected abstract createFeed(instrument: Instrument, listener: FeedListener): SymbolFeed;
  /** The connection that is to carry one more symbol; undefined: a new one. */
  protected abstract connectionFor(
    connections: readonly FeedConnection[],
  ): FeedConnection | undefined;
  /**
   * Asks for instruments without hurry. A symbol without an answer is left out.
   * @throws RateLimitedError, FeedClosedError, WireFormatError, ExchangeRejectedError.
   */
  protected abstract lookUp(symbols: readonly string[]): Promise<ReadonlyMap<string, Listing>>;

  open(instrument: Instrument, listener: FeedListener): FeedHandle {
    if (this.closing.signal.aborted) throw new FeedClosedError('The exchange was closed');
    if (this.feeds.has(instrument.symbol)) {
      throw new ConflictError(`${this.name}:${instrument.symbol} is open already`);
    }
    const feed = this.createFeed(instrument, listener);
    this.feeds.set(instrument.symbol, feed);
    const connection = this.connectionFor(this.#connections) ?? this.#newConnection();
    this.#connectionOf.set(feed, connection);
    connection.add(feed);
    if (!this.#pollTimer) this.#pollIn(this.#poll.instrumentPollMs);
    return {
      aliveUntilUs: () => (feed.isClosed ? null : connection.aliveUntilUs(feed)),
      renew: (what, reason) => {
        if (feed.isClosed) return;
        if (what === 'streams') connection.renew(feed);
        else connection.replace(reason);
      },
      checkListing: () => this.#checkListing(feed),
      close: () => {
        if (feed.isClosed) return;
        feed.close();
        this.#forget(feed);
        connection.remove(feed);
      },
    };
  }

  async reset(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.reset()));
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.#pollTimer?.cancel();
    this.#listingTimer?.cancel();
    for (const feed of this.feeds.values()) feed.close();
    this.feeds.clear();
    this.#connectionOf.clear();
    const connections = this.#connections;
    this.#connections = [];
    await Promise.all(connections.map((connection) => connection.close()));
  }

  counters(): ExchangeCounters {
    const { traffic } = this.#connectionOptions;
    let connections = 0;
    for (const connection of this.#connections) connections += connection.openSessions;
    return {
      connections,
      frames: traffic.frames,
      bytes: traffic.bytes,
      wireErrors: this.wireErrors.counts(),
      requestsWaiting: this.budget.waiting,
      requestWeightUsed: this.budget.weightUsed,
      bannedUntilUs: this.budget.bannedUntilUs,
    };
  }

  /** The connection that carries an open symbol. */
  protected connectionOf(feed: SymbolFeed): FeedConnection | undefined {
    return this.#connectionOf.get(feed);
  }

  /**
   * The snapshot that the connection itself brings; if that is taken already, the streams are
   * subscribed again.
   * @throws FeedClosedError when none comes within the limit.
   */
  protected async streamedSnapshot(
    feed: SymbolFeed & { readonly snapshot: StreamedSnapshot },
    signal: AbortSignal,
    withinMs: number,
  ): Promise<BookSnapshot> {
    const late = new AbortController();
    const timer = this.clock.schedule(withinMs, () => late.abort());
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

  /** One request for each symbol; those that the exchange does not list are left out. */
  protected async probeEach(
    symbols: readonly string[],
    probe: (symbol: string) => Promise<BookProbe | undefined>,
  ): Promise<ReadonlyMap<string, BookProbe>> {
    const probes = new Map<string, BookProbe>();
    for (const symbol of symbols) {
      try {
        const found = await probe(symbol);
        if (found) probes.set(symbol, found);
      } catch (error) {
        if (!(error instanceof UnknownSecurityError)) throw error;
      }
    }
    return probes;
  }

  /** Runs `read`; a malformed response is counted like a frame, and still fails its caller. */
  protected counted<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.wireErrors.countOrThrow(error);
      throw error;
    }
  }

  /** Takes over tick and lot sizes that changed, and gives up what is not listed any more. */
  #take(listings: ReadonlyMap<string, Listing>): void {
    for (const [symbol, listing] of listings) {
      const feed = this.feeds.get(symbol);
      if (!feed) continue;
      if ('unlisted' in listing) {
        this.#connectionOf.get(feed)?.remove(feed);
        this.#forget(feed);
        feed.unlist(listing.unlisted);
      } else if (!isSameInstrument(feed.instrument, listing)) {
        const { tickSize, lotSize } = listing;
        const security = `${this.name}:${symbol}`;
        const what = hasSameSizes(feed.instrument, listing) ? 'an instrument' : 'tick or lot size';
        this.log.notice(`The exchange changed ${what}`, { security, tickSize, lotSize });
        feed.change(listing);
      }
    }
  }

  #newConnection(): FeedConnection {
    const connection = new FeedConnection(this.#connectionOptions);
    this.#connections.push(connection);
    return connection;
  }

  #forget(feed: SymbolFeed): void {
    this.#connectionOf.delete(feed);
    if (this.feeds.get(feed.symbol) === feed) this.feeds.delete(feed.symbol);
  }

  #pollIn(delayMs: number): void {
    this.#pollTimer = this.clock.schedule(delayMs, () => void this.#pollOnce());
  }

  async #pollOnce(): Promise<void> {
    const isDone = await this.#askListings([...this.feeds.keys()]);
    if (this.closing.signal.aborted) return;
    this.#pollIn(isDone ? this.#poll.instrumentPollMs : this.#poll.instrumentRetryMs);
  }

  #checkListing({ symbol, isClosed }: SymbolFeed): void {
    if (isClosed) return;
    this.#doubted.add(symbol);
    if (this.#listingTimer) return;
    const pauseMs = this.#nextListingCheckMs - this.clock.monotonicMs();
    const delayMs = Math.max(LISTING_CHECK_AFTER_MS, pauseMs);
    this.#listingTimer = this.clock.schedule(delayMs, () => void this.#checkListings());
  }

  async #checkListings(): Promise<void> {
    const symbols = [...this.#doubted].filter((symbol) => this.feeds.has(symbol));
    this.#doubted.clear();
    await this.#askListings(symbols);
    this.#listingTimer = null;
    this.#nextListingCheckMs = this.clock.monotonicMs() + LISTING_CHECK_PAUSE_MS;
  }

  /** @returns whether the exchange answered throughout. */
  async #askListings(symbols: readonly string[]): Promise<boolean> {
    if (symbols.length === 0) return true;
    try {
      this.#take(await this.lookUp(symbols));
      return true;
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      if (!this.closing.signal.aborted) {
        this.log.warning('Instruments could not be looked up', {
          exchange: this.name,
          symbols: named(symbols),
          reason: describeError(error),
        });
      }
      return false;
    }
  }
}

export function hasSameSizes(a: Instrument, b: Instrument): boolean {
  return a.tickSize === b.tickSize && a.lotSize === b.lotSize;
}

/** What it says of the product is the same, too. */
function isSameInstrument(a: Instrument, b: Instrument): boolean {
  return hasSameSizes(a, b) && isDeepStrictEqual(factsOf(a), factsOf(b));
}

/** The first connection with room for so many more streams. */
export function connectionWithRoom(
  connections: readonly FeedConnection[],
  streams: number,
  maxStreams: number,
): FeedConnection | undefined {
  return connections.find(({ streamCount }) => streamCount + streams <= maxStreams);
}
