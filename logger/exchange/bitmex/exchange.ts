/**
 * BitMEX behind the `Exchange` port: `orderBookL2` and `trade`, public. The book has no sequence, so a
 * segment lasts as long as one connection, the snapshot is the one that the connection itself brings, and
 * `secondOpinion` compares with REST.
 */

import { FeedClosedError } from '../../errors.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookSnapshot } from '../../market/events.ts';
import { connectionRule } from '../connection-rule.ts';
import type { BookProbe, Exchange, FeedListener, Instrument } from '../exchange.ts';
import type { FeedConnection } from '../feed/feed-connection.ts';
import { InstrumentBatch } from '../rest/instrument-batch.ts';
import { RequestBudget } from '../rest/request-budget.ts';
import type { Urgency } from '../rest/request-budget.ts';
import { RestClient } from '../rest/rest-client.ts';
import {
  connectionWithRoom,
  MAX_PATIENT_WAIT_MS,
  MAX_URGENT_WAIT_MS,
  StreamingExchange,
  withoutTrailingSlash,
} from '../streaming-exchange.ts';
import type { ExchangeOptions, Listing } from '../streaming-exchange.ts';
import { TokenBucket } from '../token-bucket.ts';
import { parseExactJson } from '../wire/exact-json.ts';
import { WireErrors } from '../wire/wire-errors.ts';
import { BitmexFeed } from './feed.ts';
import { ACTIVE_PATH, instrumentPath, parseBestPrices, parseInstruments } from './instruments.ts';
import { BITMEX_LIMITS } from './limits.ts';
import type { BitmexLimits } from './limits.ts';
import { STREAMS_PER_SYMBOL, bitmexProtocol } from './protocol.ts';
import { isUnlisted, reasonOf } from './rejections.ts';
import { bookPath, parseBook, parseTop } from './snapshot.ts';

export interface BitmexOptions extends ExchangeOptions {
  /** Other limits than the exchange's own: for tests. */
  readonly limits?: Partial<BitmexLimits>;
}

export function createBitmex(options: BitmexOptions): Exchange {
  return new BitmexExchange(options);
}

/** Up to this many instruments are looked up one by one; more of them through the list of all. */
const MAX_SINGLE_INSTRUMENTS = 3;
const DEFAULT_SCALE: Scale = { priceExponent: 0, sizeExponent: 0 };

class BitmexExchange extends StreamingExchange {
  readonly name = 'bitmex';
  readonly level = 'L2';
  readonly proof = 'connection';
  readonly feed = 'orderBookL2';
  readonly rule = connectionRule;
  readonly probesInBatches = 'preferred';
  readonly #limits: BitmexLimits;
  readonly #rest: RestClient;
  readonly #instrumentBatch: InstrumentBatch;

  constructor(options: BitmexOptions) {
    const { clock, log } = options;
    const limits = { ...BITMEX_LIMITS, ...options.limits };
    const budget = new RequestBudget(clock, limits.requests);
    const connecting = new TokenBucket(clock, limits.connecting);
    super(
      {
        ...options,
        exchange: 'bitmex',
        feed: 'orderBookL2',
        protocol: bitmexProtocol((count) => connecting.lower(count)),
        url: `${withoutTrailingSlash(options.wsUrl)}/realtime`,
        limits,
        wireErrors: new WireErrors('bitmex', log),
        connecting,
      },
      { budget, poll: limits },
    );
    this.#limits = limits;
    this.#rest = new RestClient({
      restUrl: withoutTrailingSlash(options.restUrl),
      transport: options.transport,
      budget,
      clock,
      log,
      timeoutMs: limits.requestTimeoutMs,
      maxBytes: limits.maxResponseBytes,
      reasonOf,
      isUnlisted,
    });
    this.#instrumentBatch = new InstrumentBatch(limits.maxStreamsPerConnection, (symbols) =>
      this.#listings(symbols, 'urgent'),
    );
  }

  instrument(symbol: string, signal: AbortSignal): Promise<Instrument> {
    return this.#instrumentBatch.ask(symbol, signal);
  }

  snapshot(symbol: string, signal: AbortSignal): Promise<BookSnapshot> {
    const feed = this.feeds.get(symbol);
    if (feed instanceof BitmexFeed) {
      return this.streamedSnapshot(feed, signal, this.#limits.snapshotWithinMs);
    }
    return Promise.reject(new FeedClosedError(`${this.name}:${symbol} is not open`));
  }

  async secondOpinion(
    symbol: string,
    signal: AbortSignal,
    isSpare: boolean,
  ): Promise<BookSnapshot> {
    const path = bookPath(symbol, 0);
    const { body, receiveTimeUs } = await this.#get(path, isSpare ? 'spare' : 'usual', signal);
    const context = { scale: this.#scaleOf(symbol), receiveTimeUs };
    return this.counted(() => parseBook(parseExactJson(body), symbol, context));
  }

  async probe(
    symbols: readonly string[],
    depth: 'prices' | 'sequence',
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, BookProbe>> {
    if (depth === 'prices') {
      const { body, receiveTimeUs } = await this.#get(ACTIVE_PATH, 'probe', signal);
      const scaleOf = (symbol: string): Scale => this.#scaleOf(symbol);
      const wanted = new Set(symbols);
      return this.counted(() =>
        parseBestPrices(parseExactJson(body), wanted, { scaleOf, receiveTimeUs }),
      );
    }
    return this.probeEach(symbols, async (symbol) => {
      const { body, receiveTimeUs } = await this.#get(bookPath(symbol, 1), 'probe', signal);
      const context = { scale: this.#scaleOf(symbol), receiveTimeUs };
      return this.counted(() => parseTop(parseExactJson(body), symbol, context));
    });
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): BitmexFeed {
    return new BitmexFeed(instrument, { listener, wireErrors: this.wireErrors });
  }

  protected connectionFor(connections: readonly FeedConnection[]): FeedConnection | undefined {
    const { maxStreamsPerConnection } = this.#limits;
    return connectionWithRoom(connections, STREAMS_PER_SYMBOL, maxStreamsPerConnection);
  }

  protected lookUp(symbols: readonly string[]): Promise<ReadonlyMap<string, Listing>> {
    return this.#listings(symbols, 'usual');
  }

  async #listings(
    symbols: readonly string[],
    urgency: 'urgent' | 'usual',
  ): Promise<ReadonlyMap<string, Listing>> {
    const found = new Map<string, Listing>();
    if (symbols.length > MAX_SINGLE_INSTRUMENTS) {
      await this.#find(found, ACTIVE_PATH, { symbols, urgency });
    }
    // What the list leaves out is asked for by itself: it holds only what is traded now.
    for (const symbol of symbols.filter((one) => !found.has(one))) {
      await this.#find(found, instrumentPath(symbol), { symbols: [symbol], urgency });
      if (!found.has(symbol))
        found.set(symbol, { unlisted: `The exchange does not list ${symbol}` });
    }
    return found;
  }

  async #find(
    found: Map<string, Listing>,
    path: string,
    { symbols, urgency }: { readonly symbols: readonly string[]; readonly urgency: Urgency },
  ): Promise<void> {
    const { body } = await this.#get(path, urgency);
    const wanted = new Set(symbols);
    const listed = this.counted(() => parseInstruments(parseExactJson(body), wanted));
    for (const [symbol, listing] of listed) found.set(symbol, listing);
  }

  #scaleOf(symbol: string): Scale {
    return this.feeds.get(symbol)?.scale ?? DEFAULT_SCALE;
  }

  #get(path: string, urgency: Urgency, signal?: AbortSignal) {
    return this.#rest.get({
      path,
      weight: 1,
      signal: AbortSignal.any([this.closing.signal, ...(signal ? [signal] : [])]),
      urgency,
      maxWaitMs: urgency === 'usual' ? MAX_PATIENT_WAIT_MS : MAX_URGENT_WAIT_MS,
    });
  }
}
