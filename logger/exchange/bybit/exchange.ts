/**
 * Bybit spot behind the `Exchange` port: L2 deltas and trades over connections of 200 symbols. The full book
 * has its image by REST; a windowed topic brings it in the stream.
 */

import { ExchangeRejectedError } from '../../errors.ts';
import type { Scale } from '../../market/decimal.ts';
import type { BookSnapshot } from '../../market/events.ts';
import type {
  BookProbe,
  Exchange,
  FeedListener,
  Instrument,
  SequenceRule,
  SnapshotRequest,
} from '../exchange.ts';
import { PublicExchange } from '../public-exchange.ts';
import type { ExchangeOptions, Listing } from '../streaming-exchange.ts';
import { BYBIT_CANDLES } from './candles.ts';
import { BybitFeed } from './feed.ts';
import { DEFAULT_SCALE, instrumentPath, parseInstruments } from './instruments.ts';
import { BYBIT_LIMITS } from './limits.ts';
import type { BybitLimits } from './limits.ts';
import { bybitProtocol } from './protocol.ts';
import {
  BAN_MS,
  BAN_STATUSES,
  SLOW_DOWN_CODES,
  isRejection,
  isUnlisted,
  reasonOf,
} from './rejections.ts';
import { fullRule, windowedRule } from './sequencer.ts';
import {
  FULL_DEPTH,
  TICKERS_PATH,
  bookPath,
  fullBookPath,
  parseSnapshot,
  parseTickers,
  parseTop,
} from './snapshot.ts';
import { BOOK_TOPICS, feedOf } from './topics.ts';
import type { BybitFeedName } from './topics.ts';

export interface BybitOptions extends ExchangeOptions {
  readonly feed: BybitFeedName;
  /** Other limits than the exchange's own: for tests. */
  readonly limits?: Partial<BybitLimits>;
}

export function createBybit(options: BybitOptions): Exchange {
  return new BybitExchange(options);
}

/** The topic that `GET /v5/market/orderbook` is numbered as. */
const REST_WINDOW = 1000;

class BybitExchange extends PublicExchange<BybitLimits> {
  readonly name = 'bybit';
  readonly level = 'L2';
  readonly proof = 'sequence';
  readonly rule: SequenceRule;
  readonly isWindowed: boolean;
  readonly snapshotDepths: readonly number[];
  readonly probesInBatches = true;
  readonly candles = this.candlesBy(BYBIT_CANDLES);
  readonly feed: string;
  /** Levels a side of a windowed topic; null: the full book. */
  readonly #window: number | null;

  constructor(options: BybitOptions) {
    const limits = { ...BYBIT_LIMITS, ...options.limits };
    const feed = feedOf(options.feed);
    const { window, paceMs } = BOOK_TOPICS[options.feed];
    super(options, {
      exchange: 'bybit',
      feed,
      limits,
      protocol: () => bybitProtocol(feed),
      path: '/v5/public/spot',
      joinWithinMs: paceMs + limits.quietAfterMs,
      defaultScale: DEFAULT_SCALE,
      rejections: {
        banStatuses: BAN_STATUSES,
        banMs: BAN_MS,
        slowDownCodes: SLOW_DOWN_CODES,
        isRejection,
        reasonOf,
        isUnlisted,
      },
    });
    this.feed = feed;
    this.isWindowed = window !== null;
    this.snapshotDepths = window === null ? [FULL_DEPTH] : [];
    this.rule = window === null ? fullRule : windowedRule;
    this.#window = window;
  }

  async snapshot(
    symbol: string,
    signal: AbortSignal,
    { urgency = 'usual' }: SnapshotRequest = {},
  ): Promise<BookSnapshot> {
    const feed = this.openFeed(symbol, BybitFeed);
    const path = this.#snapshotPath(symbol, urgency === 'spare');
    if (path === null) return await this.imageOf(feed, signal);
    const answer = await this.get(path, urgency, signal);
    const { receiveTimeUs } = answer;
    const depth = this.#window ?? FULL_DEPTH;
    const context = { scale: feed.scale, receiveTimeUs, depth };
    const numbered = this.counted(() => {
      const parsed = parseSnapshot(answer.body, symbol, context);
      feed.check(parsed);
      return parsed;
    });
    feed.raiseScale(numbered.snapshot.scale);
    return numbered.snapshot;
  }

  async probe(
    symbols: readonly string[],
    depth: 'prices' | 'sequence',
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, BookProbe>> {
    const scaleOf = (symbol: string): Scale => this.scaleOf(symbol);
    if (depth === 'prices') {
      const { body, receiveTimeUs } = await this.get(TICKERS_PATH, 'probe', signal);
      return this.counted(() => parseTickers(body, { symbols, scaleOf, receiveTimeUs }));
    }
    return this.probeEach(symbols, (symbol) => this.#top(symbol, scaleOf(symbol), signal));
  }

  protected createFeed(instrument: Instrument, listener: FeedListener): BybitFeed {
    return new BybitFeed(instrument, { listener, wireErrors: this.wireErrors });
  }

  /**
   * null: the stream brings the image. What a check compares a windowed book with must not cost it its
   * stream.
   */
  #snapshotPath(symbol: string, isSpare: boolean): string | null {
    if (this.#window === null) return fullBookPath(symbol);
    if (!isSpare) return null;
    if (this.#window === REST_WINDOW) return bookPath(symbol, REST_WINDOW);
    throw new ExchangeRejectedError(`${this.feed} has no snapshot beside its stream`);
  }

  /** The sequence is unknown where no answer of the REST API is numbered as the topic. */
  async #top(symbol: string, scale: Scale, signal: AbortSignal): Promise<BookProbe> {
    const path = this.#window === null ? fullBookPath(symbol) : bookPath(symbol, 1);
    const { body, receiveTimeUs } = await this.get(path, 'probe', signal);
    const top = this.counted(() => parseTop(body, symbol, { scale, receiveTimeUs }));
    const isNumberedSo = this.#window === null || this.#window === REST_WINDOW;
    return isNumberedSo ? top : { ...top, sequence: null };
  }

  /** Few symbols are asked for one by one; of more, those that the whole list does not have. */
  protected async listings(
    symbols: readonly string[],
    urgency: 'urgent' | 'usual',
  ): Promise<ReadonlyMap<string, Listing>> {
    const found = new Map<string, Listing>();
    const ask = async (symbol: string | null): Promise<ReadonlyMap<string, Instrument>> => {
      const { body } = await this.get(instrumentPath(symbol), urgency);
      return this.counted(() => parseInstruments(body));
    };
    if (symbols.length > this.limits.maxSingleLookUps) {
      const all = await ask(null);
      for (const symbol of symbols) {
        const instrument = all.get(symbol);
        if (instrument) found.set(symbol, instrument);
      }
    }
    for (const symbol of symbols) {
      if (found.has(symbol)) continue;
      const instrument = (await ask(symbol)).get(symbol);
      found.set(symbol, instrument ?? { unlisted: `Bybit lists no spot symbol ${symbol}` });
    }
    return found;
  }
}
