/**
 * Bitfinex v2 behind the `Exchange` port: a window of the book and trades, public, over connections of 12
 * symbols. Each connection counts its messages, so a segment lasts as long as one, and the image comes in the
 * stream. `secondOpinion` compares with REST what the exchange's checksums do not reach.
 */

import { ExchangeRejectedError } from '../../errors.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type { BookLevel } from '../../market/security.ts';
import type {
  BookProbe,
  Exchange,
  FeedListener,
  Instrument,
  SnapshotRequest,
} from '../exchange.ts';
import { PublicExchange } from '../public-exchange.ts';
import { spanRule } from '../span-rule.ts';
import type { ExchangeOptions, Listing } from '../streaming-exchange.ts';
import { parseExactJson } from '../wire/exact-json.ts';
import { BOOKS } from './books.ts';
import type { BitfinexFeedName, BookKind } from './books.ts';
import { BITFINEX_CANDLES } from './candles.ts';
import { BitfinexFeed } from './feed.ts';
import { DEFAULT_SCALE, PAIRS_PATH, parsePairs } from './instruments.ts';
import { BITFINEX_LIMITS } from './limits.ts';
import type { BitfinexLimits } from './limits.ts';
import { bitfinexProtocol } from './protocol.ts';
import { BAN_MS, BAN_STATUSES, reasonOf } from './rejections.ts';
import { bookPath, COMPARED, parseBook, parseTickers, parseTop, tickersPath } from './snapshot.ts';

export interface BitfinexOptions extends ExchangeOptions {
  readonly feed: BitfinexFeedName;
  /** Other limits than the exchange's own: for tests. */
  readonly limits?: Partial<BitfinexLimits>;
}

export function createBitfinex(options: BitfinexOptions): Exchange {
  return new BitfinexExchange(options);
}

class BitfinexExchange extends PublicExchange<BitfinexLimits> {
  readonly name = 'bitfinex';
  readonly level: BookLevel;
  readonly proof = 'sequence';
  readonly feed: string;
  readonly rule = spanRule;
  readonly isNumberedByConnection = true;
  readonly isWindowed = true;
  readonly probesInBatches = true;
  readonly candles = this.candlesBy(BITFINEX_CANDLES);
  /** P0 only: what moves cannot be told apart in a list of orders. */
  readonly secondOpinion?: NonNullable<Exchange['secondOpinion']>;
  readonly #book: BookKind;

  constructor(options: BitfinexOptions) {
    const book = BOOKS[options.feed];
    super(options, {
      exchange: 'bitfinex',
      feed: book.feed,
      limits: { ...BITFINEX_LIMITS, ...options.limits },
      protocol: () => bitfinexProtocol(book),
      path: '/ws/2',
      defaultScale: DEFAULT_SCALE,
      // Of a symbol that is not listed a book is empty, or rejected in words that are not documented.
      rejections: { banStatuses: BAN_STATUSES, banMs: BAN_MS, reasonOf, isUnlisted: () => false },
    });
    this.level = book.level;
    this.feed = book.feed;
    this.#book = book;
    if (book.level === 'L2') {
      this.secondOpinion = (...question) => this.#opinion(...question);
    }
  }

  async snapshot(
    symbol: string,
    signal: AbortSignal,
    { urgency = 'usual' }: SnapshotRequest = {},
  ): Promise<BookSnapshot> {
    const feed = this.openFeed(symbol, BitfinexFeed);
    // What a check compares with must not cost the book its stream.
    if (urgency === 'spare') {
      throw new ExchangeRejectedError(`${this.feed} has no snapshot beside its stream`);
    }
    return await this.imageOf(feed, signal);
  }

  async probe(
    symbols: readonly string[],
    depth: 'prices' | 'sequence',
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, BookProbe>> {
    const scaleOf = (symbol: string): Scale => this.scaleOf(symbol);
    if (depth === 'prices') {
      const { body, receiveTimeUs } = await this.get(tickersPath(symbols), 'probe', signal);
      return this.counted(() => parseTickers(parseExactJson(body), { scaleOf, receiveTimeUs }));
    }
    return this.probeEach(symbols, async (symbol) => {
      const path = bookPath(symbol, this.#book, 1);
      const { body, receiveTimeUs } = await this.get(path, 'probe', signal);
      const context = { scale: scaleOf(symbol), receiveTimeUs };
      return this.counted(() => parseTop(parseExactJson(body), this.#book, context));
    });
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): BitfinexFeed {
    return new BitfinexFeed(instrument, { listener, wireErrors: this.wireErrors });
  }

  /** One request brings all pairs. */
  protected async listings(
    symbols: readonly string[],
    urgency: 'urgent' | 'usual',
  ): Promise<ReadonlyMap<string, Listing>> {
    const { body } = await this.get(PAIRS_PATH, urgency);
    const listed = this.counted(() => parsePairs(parseExactJson(body)));
    return new Map(
      symbols.map((symbol) => [
        symbol,
        listed.get(symbol) ?? { unlisted: `Bitfinex lists no pair ${symbol}` },
      ]),
    );
  }

  async #opinion(symbol: string, signal: AbortSignal, isSpare: boolean): Promise<BookSnapshot> {
    const path = bookPath(symbol, this.#book, COMPARED);
    const { body, receiveTimeUs } = await this.get(path, isSpare ? 'spare' : 'usual', signal);
    const context = { scale: this.scaleOf(symbol), receiveTimeUs };
    return this.counted(() => parseBook(parseExactJson(body), this.#book, context));
  }
}
