/**
 * Coinbase Exchange behind the `Exchange` port. With a key: the `full` channel, single orders in the
 * exchange's numbering, with its book of level 3 by REST. Without one: the public `level2_batch` and
 * `matches`, which number nothing, and whose snapshots come in the stream. Which of the two is settled
 * when it is made; the archive tells both apart.
 */

import {
  ExchangeRefusedError,
  FeedClosedError,
  LoggerError,
  UnknownSecurityError,
  describeError,
} from '../../errors.ts';
import type { Proof } from '../../market/coverage.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { BookLevel } from '../../market/security.ts';
import type { Exchange, FeedListener, Instrument, SequenceRule } from '../exchange.ts';
import { parseJson, wireError } from '../fields.ts';
import type { Line } from '../line.ts';
import { LoginGate } from '../login-gate.ts';
import { Refusals } from '../refusals.ts';
import { RequestBudget } from '../request-budget.ts';
import { RestClient } from '../rest-client.ts';
import {
  PATIENT_WAIT_MAX_MS,
  StreamingExchange,
  URGENT_WAIT_MAX_MS,
  refusalText,
  withoutSlash,
} from '../streaming-exchange.ts';
import type { ExchangeOptions } from '../streaming-exchange.ts';
import { TokenBucket } from '../token-bucket.ts';
import { coinbaseDialect } from './dialect.ts';
import { FullSubscription } from './full-subscription.ts';
import { Level2Subscription } from './level2-subscription.ts';
import { COINBASE_LIMITS } from './limits.ts';
import type { CoinbaseLimits } from './limits.ts';
import { parseProduct, parseProducts } from './products.ts';
import { connectionRule, fullRule } from './sequencer.ts';
import { discreetTransport, withoutSecrets } from './secrets.ts';
import { signedFields, signedHeaders } from './sign.ts';
import type { Credentials } from './sign.ts';
import { parseOrderBook } from './snapshot.ts';
import type { CoinbaseFrame } from './wire.ts';

export interface CoinbaseOptions extends ExchangeOptions {
  readonly feed: 'full' | 'level2_batch';
  readonly fallback?: Exchange['fallback'];
  /** null: none; then `full` is refused by the exchange. */
  readonly credentials: Credentials | null;
  /** Other limits than the exchange's own: for tests. */
  readonly limits?: Partial<CoinbaseLimits>;
}

const CHANNELS = {
  full: ['full', 'heartbeat', 'auctionfeed'],
  level2_batch: ['level2_batch', 'matches', 'heartbeat'],
} as const;

const BOOK_PATH = '/book?level=3';

type CoinbaseSubscription = FullSubscription | Level2Subscription;

export function createCoinbase(options: CoinbaseOptions): Exchange {
  return new CoinbaseExchange(options);
}

class CoinbaseExchange extends StreamingExchange<CoinbaseFrame, CoinbaseSubscription> {
  readonly name = 'coinbase';
  readonly level: BookLevel;
  readonly feed: CoinbaseOptions['feed'];
  readonly proof: Proof;
  readonly rule: SequenceRule;
  readonly fallback: Exchange['fallback'];
  readonly #limits: CoinbaseLimits;
  readonly #rest: RestClient;

  constructor(options: CoinbaseOptions) {
    const { clock, log, feed } = options;
    // What is public is asked for as anybody would: a bad key can't get in its way.
    const credentials = feed === 'full' ? options.credentials : null;
    const discreet = (text: string): string => withoutSecrets(text, credentials);
    const limits = { ...COINBASE_LIMITS, ...options.limits };
    const budget = new RequestBudget(clock, limits.requests);
    super(
      {
        ...options,
        exchange: 'coinbase',
        feed,
        login: new LoginGate({ ...options, exchange: 'coinbase', limits }),
        transport: discreetTransport(options.transport, discreet),
        dialect: coinbaseDialect({
          channels: CHANNELS[feed],
          isSequenced: feed === 'full',
          signed: () => (credentials ? signedFields(credentials, clock.nowUs()) : {}),
          discreet,
        }),
        url: withoutSlash(options.wsUrl),
        limits,
        joinWithinMs: limits.joinWithinMs,
        refusals: new Refusals('coinbase', log),
        connecting: new TokenBucket(clock, limits.connecting),
      },
      { budget, poll: limits },
    );
    this.feed = feed;
    this.fallback = options.fallback ?? null;
    this.level = feed === 'full' ? 'L3' : 'L2';
    this.proof = feed === 'full' ? 'sequence' : 'connection';
    this.rule = feed === 'full' ? fullRule : connectionRule;
    this.#limits = limits;
    this.#rest = new RestClient({
      restUrl: withoutSlash(options.restUrl),
      transport: options.transport,
      budget,
      clock,
      timeoutMs: limits.requestTimeoutMs,
      maxBytes: limits.answerMaxBytes,
      headersOf: (path) =>
        credentials && path.includes(BOOK_PATH)
          ? signedHeaders(credentials, clock.nowUs(), path)
          : {},
      reasonOf: ({ message }) => ({
        code: null,
        reason: typeof message === 'string' ? discreet(message) : null,
      }),
    });
  }

  async instrument(symbol: string): Promise<Instrument> {
    const name = this.normalizeSymbol(symbol);
    try {
      const body = await this.#get(`/products/${encodeURIComponent(name)}`, 'urgent');
      const product = this.counted(() => parseProduct(parseJson(body)));
      if (product.symbol === name) return product;
      throw wireError('product', `The exchange answered for another product than ${name}`);
    } catch (error) {
      const isRefused = error instanceof ExchangeRefusedError;
      if (!isRefused || (error.context['status'] !== 404 && error.context['status'] !== 400)) {
        throw error;
      }
      throw new UnknownSecurityError(`${name}: ${refusalText(error)}`, { cause: error });
    }
  }

  async snapshot(symbol: string, signal: AbortSignal, isSpare = false): Promise<BookSnapshot> {
    const subscription = this.subscriptions.get(symbol);
    if (!subscription) throw new FeedClosedError(`${this.name}:${symbol} is not open`);
    return subscription instanceof FullSubscription
      ? this.#orderBook(subscription, signal, isSpare)
      : this.#streamedSnapshot(subscription, signal);
  }

  protected subscription(instrument: Instrument, listener: FeedListener): CoinbaseSubscription {
    const parts = { listener, refusals: this.refusals };
    if (this.feed === 'level2_batch') return new Level2Subscription(instrument, parts);
    return new FullSubscription(instrument, parts, (subscription) =>
      this.lineOf(subscription)?.replace(
        `Heartbeats of ${subscription.symbol} count on, and nothing else of it comes`,
      ),
    );
  }

  protected lineFor(lines: readonly Line<CoinbaseFrame>[]): Line<CoinbaseFrame> | undefined {
    const { fullConnectionsMax, streamsPerConnectionMax } = this.#limits;
    if (this.feed !== 'full') {
      return lines.find(({ streamCount }) => streamCount < streamsPerConnectionMax);
    }
    const empty = lines.find(({ streamCount }) => streamCount === 0);
    if (empty || lines.length < fullConnectionsMax) return empty;
    return leastBusy(lines);
  }

  protected async pollInstruments(): Promise<boolean> {
    try {
      const body = await this.#get('/products', 'usual');
      this.compare(this.counted(() => parseProducts(parseJson(body), this.subscriptions)));
      return true;
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      if (!this.closing.signal.aborted) {
        this.log.warning('Tick and lot sizes could not be looked up', {
          exchange: this.name,
          reason: describeError(error),
        });
      }
      return false;
    }
  }

  async #orderBook(
    subscription: FullSubscription,
    signal: AbortSignal,
    isSpare: boolean,
  ): Promise<BookSnapshot> {
    const { symbol } = subscription;
    const answer = await this.#rest.get({
      path: `/products/${encodeURIComponent(symbol)}${BOOK_PATH}`,
      weight: 1,
      signal: AbortSignal.any([signal, this.closing.signal]),
      urgency: isSpare ? 'spare' : 'usual',
      waitMaxMs: PATIENT_WAIT_MAX_MS,
      timeoutMs: this.#limits.bookTimeoutMs,
    });
    const { snapshot, isAuction } = this.counted(() =>
      parseOrderBook(parseJson(answer.body), {
        scale: subscription.scale,
        receiveTimeUs: answer.receiveTimeUs,
      }),
    );
    subscription.raiseScale(snapshot.scale);
    subscription.collect(isAuction);
    return snapshot;
  }

  /** The connection's own; if that is in use already, the streams are asked for afresh. */
  async #streamedSnapshot(
    subscription: Level2Subscription,
    signal: AbortSignal,
  ): Promise<BookSnapshot> {
    const late = new AbortController();
    const timer = this.clock.schedule(this.#limits.snapshotWithinMs, () => late.abort());
    const { isSpent } = subscription;
    const next = subscription.nextSnapshot(
      AbortSignal.any([signal, this.closing.signal, late.signal]),
    );
    if (isSpent) this.lineOf(subscription)?.renew(subscription);
    try {
      return await next;
    } finally {
      timer.cancel();
      if (late.signal.aborted) subscription.giveUpWaiting();
    }
  }

  async #get(path: string, urgency: 'urgent' | 'usual'): Promise<string> {
    const answer = await this.#rest.get({
      path,
      weight: 1,
      signal: this.closing.signal,
      urgency,
      waitMaxMs: urgency === 'urgent' ? URGENT_WAIT_MAX_MS : PATIENT_WAIT_MAX_MS,
    });
    return answer.body;
  }
}

/**
 * Counts a product that has not been measured yet as one of average business, so that many which are
 * opened at once do not all go where it was quiet a moment ago.
 */
function leastBusy(lines: readonly Line<CoinbaseFrame>[]): Line<CoinbaseFrame> | undefined {
  let frames = 0;
  let streams = 0;
  for (const { framesPerSecond, streamCount } of lines) {
    frames += framesPerSecond;
    streams += streamCount;
  }
  const average = frames / Math.max(1, streams);
  const load = ({ framesPerSecond, streamCount }: Line<CoinbaseFrame>): number =>
    framesPerSecond + streamCount * average;
  return [...lines].sort((a, b) => load(a) - load(b) || a.streamCount - b.streamCount)[0];
}
