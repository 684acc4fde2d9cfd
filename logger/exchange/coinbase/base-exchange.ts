/**
 * What Coinbase's two feeds share: products by REST, the request budget, signing, and secrets that
 * stay out of logs and errors.
 */

import { UnknownSecurityError } from '../../errors.ts';
import { exchangeCandles } from '../candles.ts';
import type { BookProbe, Exchange, Instrument } from '../exchange.ts';
import { LoginGate } from '../feed/login-gate.ts';
import { RequestBudget } from '../rest/request-budget.ts';
import { RestClient } from '../rest/rest-client.ts';
import {
  MAX_PATIENT_WAIT_MS,
  MAX_URGENT_WAIT_MS,
  StreamingExchange,
  withoutTrailingSlash,
} from '../streaming-exchange.ts';
import type { ExchangeOptions, Listing } from '../streaming-exchange.ts';
import { TokenBucket } from '../token-bucket.ts';
import { parseJson, wireError } from '../wire/fields.ts';
import { WireErrors } from '../wire/wire-errors.ts';
import { COINBASE_CANDLES } from './candles.ts';
import { parseProduct, parseProducts } from './instruments.ts';
import { COINBASE_LIMITS } from './limits.ts';
import type { CoinbaseLimits } from './limits.ts';
import { coinbaseProtocol } from './protocol.ts';
import type { CoinbaseChannels } from './protocol.ts';
import { isInAuction, parseTop } from './snapshot.ts';
import { redactSecrets, redactingTransport } from './secrets.ts';
import { signedFields, signedHeaders } from './sign.ts';
import type { Credentials } from './sign.ts';

export interface CoinbaseOptions extends ExchangeOptions {
  readonly fallback?: Exchange['fallback'];
  /** null: none; then the exchange rejects `full`. */
  readonly credentials: Credentials | null;
  /** Other limits than the exchange's own: for tests. */
  readonly limits?: Partial<CoinbaseLimits>;
}

export interface CoinbaseFeedOptions extends CoinbaseOptions {
  readonly feed: string;
  readonly channels: CoinbaseChannels;
}

/** Up to this many products are looked up one by one; more of them through the list of all products. */
const MAX_SINGLE_PRODUCTS = 10;

/** The part of a book's path that is requested with a signature. */
export const BOOK_PATH = '/book?level=3';

export abstract class CoinbaseExchange extends StreamingExchange {
  readonly name = 'coinbase';
  readonly feed: string;
  readonly fallback: Exchange['fallback'];
  readonly candles = exchangeCandles(COINBASE_CANDLES, {
    wireErrors: this.wireErrors,
    get: (path, weight, signal) =>
      this.rest.get({
        path,
        weight,
        signal: AbortSignal.any([signal, this.closing.signal]),
        urgency: 'spare',
        maxWaitMs: MAX_PATIENT_WAIT_MS,
      }),
  });
  protected readonly limits: CoinbaseLimits;
  protected readonly rest: RestClient;

  constructor(options: CoinbaseFeedOptions) {
    const { clock, log, feed, channels, credentials } = options;
    const redact = (text: string): string => redactSecrets(text, credentials);
    const limits = { ...COINBASE_LIMITS, ...options.limits };
    const budget = new RequestBudget(clock, limits.requests);
    super(
      {
        ...options,
        exchange: 'coinbase',
        login: new LoginGate({ ...options, exchange: 'coinbase', limits }),
        transport: redactingTransport(options.transport, redact),
        protocol: coinbaseProtocol(channels, {
          signed: () => (credentials ? signedFields(credentials, clock.nowUs()) : {}),
          redact,
        }),
        url: withoutTrailingSlash(options.wsUrl),
        limits,
        joinWithinMs: limits.joinWithinMs,
        wireErrors: new WireErrors('coinbase', log),
        connecting: new TokenBucket(clock, limits.connecting),
      },
      { budget, poll: limits },
    );
    this.feed = feed;
    this.fallback = options.fallback ?? null;
    this.limits = limits;
    this.rest = new RestClient({
      restUrl: withoutTrailingSlash(options.restUrl),
      transport: options.transport,
      budget,
      clock,
      log,
      timeoutMs: limits.requestTimeoutMs,
      maxBytes: limits.maxResponseBytes,
      headersOf: (path) =>
        credentials && path.includes(BOOK_PATH)
          ? signedHeaders(credentials, clock.nowUs(), path)
          : {},
      reasonOf: ({ message }) => ({
        code: null,
        reason: typeof message === 'string' ? redact(message) : null,
      }),
      isUnlisted: ({ status }) => status === 404,
    });
  }

  async instrument(symbol: string, signal: AbortSignal): Promise<Instrument> {
    return this.#product(symbol, 'urgent', signal);
  }

  async probe(
    symbols: readonly string[],
    _depth: 'prices' | 'sequence',
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, BookProbe>> {
    return this.probeEach(symbols, async (symbol) => {
      const feed = this.feeds.get(symbol);
      if (!feed) return undefined;
      const { top, receiveTimeUs } = await this.top(symbol, signal);
      const probe = this.counted(() => parseTop(top, { scale: feed.scale, receiveTimeUs }));
      // The message that ended it may have been lost.
      if (!isInAuction(top)) feed.setAuction(false);
      return probe;
    });
  }

  /** The best prices of a product: the smallest answer that shows whether there is an auction. */
  protected async top(
    symbol: string,
    signal: AbortSignal,
  ): Promise<{ readonly top: unknown; readonly receiveTimeUs: number }> {
    const { body, receiveTimeUs } = await this.rest.get({
      path: `/products/${encodeURIComponent(symbol)}/book?level=1`,
      weight: 1,
      signal: AbortSignal.any([signal, this.closing.signal]),
      urgency: 'probe',
      maxWaitMs: MAX_URGENT_WAIT_MS,
    });
    return { top: this.counted(() => parseJson(body)), receiveTimeUs };
  }

  protected async lookUp(symbols: readonly string[]): Promise<ReadonlyMap<string, Listing>> {
    const wanted = new Set(symbols);
    const found = new Map<string, Listing>();
    if (wanted.size > MAX_SINGLE_PRODUCTS) {
      const body = await this.#get('/products', 'usual');
      const listed = this.counted(() => parseProducts(parseJson(body), wanted));
      for (const [symbol, product] of listed) found.set(symbol, product);
    }
    // What the list leaves out is asked for by itself: the list may have been cut short.
    const left = symbols.filter((symbol) => !found.has(symbol));
    for (const symbol of left.slice(0, MAX_SINGLE_PRODUCTS)) {
      found.set(symbol, await this.#listing(symbol));
    }
    return found;
  }

  async #listing(symbol: string): Promise<Listing> {
    try {
      return await this.#product(symbol, 'usual');
    } catch (error) {
      if (!(error instanceof UnknownSecurityError)) throw error;
      return { unlisted: error.message };
    }
  }

  async #product(
    symbol: string,
    urgency: 'urgent' | 'usual',
    signal?: AbortSignal,
  ): Promise<Instrument> {
    try {
      const body = await this.#get(`/products/${encodeURIComponent(symbol)}`, urgency, signal);
      const product = this.counted(() => parseProduct(parseJson(body)));
      if (product.symbol === symbol) return product;
    } catch (error) {
      if (!(error instanceof UnknownSecurityError)) throw error;
      throw new UnknownSecurityError(`The exchange does not list ${symbol}: ${error.message}`, {
        cause: error,
      });
    }
    throw wireError('product', `The exchange answered for another product than ${symbol}`);
  }

  async #get(path: string, urgency: 'urgent' | 'usual', signal?: AbortSignal): Promise<string> {
    const answer = await this.rest.get({
      path,
      weight: 1,
      signal: AbortSignal.any([this.closing.signal, ...(signal ? [signal] : [])]),
      urgency,
      maxWaitMs: urgency === 'urgent' ? MAX_URGENT_WAIT_MS : MAX_PATIENT_WAIT_MS,
    });
    return answer.body;
  }
}
