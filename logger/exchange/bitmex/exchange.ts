/**
 * BitMEX behind the `Exchange` port: `orderBookL2` and `trade`, public. The book has no sequence, so a
 * segment lasts as long as one connection, the snapshot is the one that the connection itself brings, and
 * `secondOpinion` compares with REST.
 */

import type { Scale } from '../../market/decimal.ts';
import type { BookSnapshot } from '../../market/events.ts';
import { connectionRule } from '../connection-rule.ts';
import type { BookProbe, Exchange, FeedListener, Instrument } from '../exchange.ts';
import { PublicExchange } from '../public-exchange.ts';
import type { Urgency } from '../rest/request-budget.ts';
import type { ExchangeOptions, Listing } from '../streaming-exchange.ts';
import { parseExactJson } from '../wire/exact-json.ts';
import { BITMEX_CANDLES } from './candles.ts';
import { BitmexFeed } from './feed.ts';
import { ACTIVE_PATH, instrumentPath, parseBestPrices, parseInstruments } from './instruments.ts';
import { BITMEX_LIMITS } from './limits.ts';
import type { BitmexLimits } from './limits.ts';
import { bitmexProtocol } from './protocol.ts';
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

class BitmexExchange extends PublicExchange<BitmexLimits> {
  readonly name = 'bitmex';
  readonly level = 'L2';
  readonly proof = 'connection';
  readonly feed = 'orderBookL2';
  readonly rule = connectionRule;
  readonly probesInBatches = 'preferred';
  readonly candles = this.candlesBy(BITMEX_CANDLES);

  constructor(options: BitmexOptions) {
    super(options, {
      exchange: 'bitmex',
      feed: 'orderBookL2',
      limits: { ...BITMEX_LIMITS, ...options.limits },
      protocol: (connecting) => bitmexProtocol((count) => connecting.lower(count)),
      path: '/realtime',
      rejections: { reasonOf, isUnlisted },
    });
  }

  async snapshot(symbol: string, signal: AbortSignal): Promise<BookSnapshot> {
    return await this.imageOf(this.openFeed(symbol, BitmexFeed), signal);
  }

  async secondOpinion(
    symbol: string,
    signal: AbortSignal,
    isSpare: boolean,
  ): Promise<BookSnapshot> {
    const path = bookPath(symbol, 0);
    const { body, receiveTimeUs } = await this.get(path, isSpare ? 'spare' : 'usual', signal);
    const context = { scale: this.scaleOf(symbol), receiveTimeUs };
    return this.counted(() => parseBook(parseExactJson(body), symbol, context));
  }

  async probe(
    symbols: readonly string[],
    depth: 'prices' | 'sequence',
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, BookProbe>> {
    if (depth === 'prices') {
      const { body, receiveTimeUs } = await this.get(ACTIVE_PATH, 'probe', signal);
      const scaleOf = (symbol: string): Scale => this.scaleOf(symbol);
      const wanted = new Set(symbols);
      return this.counted(() =>
        parseBestPrices(parseExactJson(body), wanted, { scaleOf, receiveTimeUs }),
      );
    }
    return this.probeEach(symbols, async (symbol) => {
      const { body, receiveTimeUs } = await this.get(bookPath(symbol, 1), 'probe', signal);
      const context = { scale: this.scaleOf(symbol), receiveTimeUs };
      return this.counted(() => parseTop(parseExactJson(body), symbol, context));
    });
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): BitmexFeed {
    return new BitmexFeed(instrument, { listener, wireErrors: this.wireErrors });
  }

  protected async listings(
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
    const { body } = await this.get(path, urgency);
    const wanted = new Set(symbols);
    const listed = this.counted(() => parseInstruments(parseExactJson(body), wanted));
    for (const [symbol, listing] of listed) found.set(symbol, listing);
  }
}
