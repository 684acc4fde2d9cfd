/**
 * One symbol's market over time: the engine, the order flow, and what is derived from the engine's
 * events (trades, top of book, diffs every 100 and 1000 ms, the true history). Time is passed in.
 * Actions and diff boundaries are processed in order, so a late timer only delays when events are
 * published: the same seed and start time give the same market. Knows no wire protocol.
 */

import { assertInvariant } from '../../logger/errors.ts';
import type { Random } from '../../logger/runtime/random.ts';
import { DiffCollector } from './diff-collector.ts';
import type { MarketDiff } from './diff-collector.ts';
import { BookHistory } from './history.ts';
import type { TrueBook } from './history.ts';
import type { Interval } from './intervals.ts';
import { MarketCandles } from './market-candles.ts';
import type { CandleRange, MarketCandle } from './market-candles.ts';
import type { MarketTrade } from './market-trade.ts';
import { Mirror } from './mirror.ts';
import { MatchingEngine } from './matching-engine.ts';
import type { Grid } from './matching-engine.ts';
import type { OrderEvent } from './order-events.ts';
import { OrderFlow } from './order-flow.ts';
import type { SymbolProfile } from './symbols.ts';
import { toUnits } from './units.ts';

export type { DiffPaceMs, MarketDiff } from './diff-collector.ts';

/** Trades kept for `recentTrades`. */
export const RECENT_TRADES = 1000;
/** After a longer pause of the process the time in excess is skipped: the market stood still. */
export const MAX_CATCH_UP_US = 5_000_000;

const SHORT_PACE_US = 100_000;
const LONG_PACE_US = 1_000_000;

/** Best price and size per side; 0 and 0 for an empty side. */
export interface MarketTop {
  readonly sequence: number;
  readonly bidPrice: number;
  readonly bidSize: number;
  readonly askPrice: number;
  readonly askSize: number;
}

export interface MarketListener {
  onOrderEvent?(event: OrderEvent, timeUs: number): void;
  onTrade?(trade: MarketTrade): void;
  /** After an action that changed a best price or size. */
  onTop?(top: MarketTop): void;
  onDiff?(diff: MarketDiff): void;
}

export interface MarketOptions {
  readonly profile: SymbolProfile;
  readonly random: Random;
  readonly startUs: number;
  readonly eventsPerSecond: number;
  readonly firstSequence: number;
  readonly firstTradeId: number;
}

/** A market that follows another, with prices that may differ for a while. */
interface Following {
  readonly market: Market;
  readonly mirror: Mirror;
  /** When the prices come together again. */
  skewedUntilUs: number;
}

export class Market {
  readonly profile: SymbolProfile;
  readonly engine: MatchingEngine;
  readonly history: BookHistory;
  readonly #options: MarketOptions;
  /** null: it follows another market. */
  readonly #orderFlow: OrderFlow | null;
  readonly #following: Following | null;
  readonly #followers: Market[] = [];
  readonly #listeners = new Set<MarketListener>();
  readonly #trades: MarketTrade[] = [];
  readonly #candles: MarketCandles;
  readonly #short: DiffCollector;
  readonly #long: DiffCollector;
  #top: MarketTop;
  #timeUs: number;
  #nextActionUs: number;
  #nextBoundaryUs: number;

  constructor(options: MarketOptions, followed: Market | null = null) {
    const { profile } = options;
    this.profile = profile;
    this.#options = options;
    this.#timeUs = options.startUs;
    this.#candles = new MarketCandles(profile, options.startUs);
    this.engine = new MatchingEngine({
      grid: gridOf(profile),
      firstSequence: options.firstSequence,
      firstTradeId: options.firstTradeId,
      onEvent: (event) => this.#onEvent(event),
    });
    this.#orderFlow = followed ? null : new OrderFlow(this.engine, profile, options);
    this.#short = new DiffCollector(this.engine, 100);
    this.#long = new DiffCollector(this.engine, 1000);
    this.#following = followed && this.#follow(followed);
    this.#orderFlow?.fillBook();
    this.#short.take(options.startUs);
    this.#long.take(options.startUs);
    this.#top = topOf(this.engine);
    this.history = new BookHistory(() => ({
      bids: this.engine.levels('buy'),
      asks: this.engine.levels('sell'),
    }));
    this.history.record(this.engine.sequence, options.startUs, []);
    this.#nextActionUs = options.startUs + (this.#orderFlow?.nextDelayUs() ?? Infinity);
    this.#nextBoundaryUs = boundaryAfter(options.startUs);
  }

  get isMirror(): boolean {
    return this.#following !== null;
  }

  /** A market of its own in which everything happens as in this one; to be opened before time passes. */
  mirror(): Market {
    const market = new Market(this.#options, this);
    this.#followers.push(market);
    return market;
  }

  /**
   * Moves all prices away from those of the market that it follows, by a whole number of ticks, until
   * `durationUs` from now: resting orders, and whatever comes.
   * @param bps of the middle price; 0 brings them together at once.
   * @throws InvalidArgumentError if a price would not stay above 0.
   */
  skew(bps: number, durationUs: number): void {
    const following = this.#following;
    assertInvariant(following !== null, 'Prices of a market that follows none were to be moved');
    const { bidPrice, askPrice } = following.market.top();
    const ticks = Math.round(((bidPrice + askPrice) * bps) / 20_000 / this.engine.grid.tickSize);
    following.mirror.moveTo(ticks * this.engine.grid.tickSize);
    following.skewedUntilUs = this.#timeUs + durationUs;
    this.#publishTop();
  }

  /** @returns a function that removes the listener. */
  listen(listener: MarketListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Processes everything due until `nowUs`. A market that follows another moves with that one. */
  advanceTo(nowUs: number): void {
    if (this.#following) return;
    const missedUs = nowUs - this.#timeUs - MAX_CATCH_UP_US;
    if (missedUs > 0) {
      this.#nextActionUs += missedUs;
      this.#nextBoundaryUs = boundaryAfter(this.#timeUs + missedUs);
    }
    for (;;) {
      const dueUs = Math.min(this.#nextActionUs, this.#nextBoundaryUs);
      if (dueUs > nowUs) break;
      this.#timeUs = dueUs;
      for (const follower of this.#followers) follower.#moveTimeTo(dueUs);
      if (dueUs === this.#nextBoundaryUs) this.#publish();
      else this.#act();
    }
    this.#timeUs = Math.max(this.#timeUs, nowUs);
    for (const follower of this.#followers) follower.#moveTimeTo(this.#timeUs);
  }

  /** New orders must be on this grid; resting ones stay. @throws InvalidArgumentError */
  changeGrid(grid: Partial<Grid>): void {
    if (this.#following) {
      this.#following.market.changeGrid(grid);
      return;
    }
    this.engine.changeGrid({ ...this.engine.grid, ...grid });
    for (const follower of this.#followers) follower.#useGrid(this.engine.grid);
  }

  /** The current book, also between two diffs. */
  book(depth?: number): TrueBook {
    return {
      sequence: this.engine.sequence,
      timeUs: this.#timeUs,
      bids: this.engine.levels('buy', depth),
      asks: this.engine.levels('sell', depth),
    };
  }

  top(): MarketTop {
    return this.#top;
  }

  /** Oldest first. */
  recentTrades(count: number): readonly MarketTrade[] {
    return this.#trades.slice(-count);
  }

  /** In order, with those of before the market was opened and the running one. */
  candles(interval: Interval, range: CandleRange): readonly MarketCandle[] {
    return this.#candles.between(interval, range, this.#timeUs);
  }

  #follow(market: Market): Following {
    const mirror = new Mirror(this.engine, market.engine);
    market.listen({ onOrderEvent: (event) => mirror.follow(event) });
    return { market, mirror, skewedUntilUs: 0 };
  }

  #moveTimeTo(us: number): void {
    this.#timeUs = us;
    const following = this.#following;
    if (!following || following.mirror.offset === 0 || us < following.skewedUntilUs) return;
    following.mirror.moveTo(0);
    this.#publishTop();
  }

  /** How far the prices are moved has to be on it, too. */
  #useGrid(grid: Grid): void {
    this.engine.changeGrid(grid);
    const mirror = this.#following?.mirror;
    mirror?.moveTo(Math.trunc(mirror.offset / grid.tickSize) * grid.tickSize);
    this.#publishTop();
  }

  #act(): void {
    if (!this.#orderFlow) return;
    this.#orderFlow.act();
    this.#nextActionUs = this.#timeUs + this.#orderFlow.nextDelayUs();
    this.#publishTop();
    for (const follower of this.#followers) follower.#publishTop();
  }

  #publishTop(): void {
    const top = topOf(this.engine);
    if (isSameTop(top, this.#top)) return;
    this.#top = top;
    for (const listener of this.#listeners) listener.onTop?.(top);
  }

  #publish(): void {
    const timeUs = this.#timeUs;
    this.#nextBoundaryUs = timeUs + SHORT_PACE_US;
    const taken = this.#short.take(timeUs);
    if (taken) {
      this.history.record(taken.diff.lastSequence, timeUs, taken.changes);
      for (const listener of this.#listeners) listener.onDiff?.(taken.diff);
    }
    const long = timeUs % LONG_PACE_US === 0 ? this.#long.take(timeUs) : undefined;
    if (long) for (const listener of this.#listeners) listener.onDiff?.(long.diff);
    for (const follower of this.#followers) follower.#publish();
  }

  #onEvent(event: OrderEvent): void {
    this.#orderFlow?.onEvent(event);
    this.#short.onEvent(event);
    this.#long.onEvent(event);
    for (const listener of this.#listeners) listener.onOrderEvent?.(event, this.#timeUs);
    if (event.type !== 'matched') return;
    const { tradeId, price, size, takerSide } = event;
    const trade = { tradeId, price, size, takerSide, timeUs: this.#timeUs };
    this.#trades.push(trade);
    if (this.#trades.length > RECENT_TRADES * 2) this.#trades.splice(0, RECENT_TRADES);
    this.#candles.add(trade);
    for (const listener of this.#listeners) listener.onTrade?.(trade);
  }
}

function gridOf(profile: SymbolProfile): Grid {
  return {
    tickSize: toUnits(profile.tickSize, 'tickSize'),
    lotSize: toUnits(profile.lotSize, 'lotSize'),
  };
}

function boundaryAfter(timeUs: number): number {
  return (Math.floor(timeUs / SHORT_PACE_US) + 1) * SHORT_PACE_US;
}

function topOf(engine: MatchingEngine): MarketTop {
  const bidPrice = engine.bestPrice('buy') ?? 0;
  const askPrice = engine.bestPrice('sell') ?? 0;
  return {
    sequence: engine.sequence,
    bidPrice,
    bidSize: engine.levelSize('buy', bidPrice),
    askPrice,
    askSize: engine.levelSize('sell', askPrice),
  };
}

function isSameTop(a: MarketTop, b: MarketTop): boolean {
  return (
    a.bidPrice === b.bidPrice &&
    a.bidSize === b.bidSize &&
    a.askPrice === b.askPrice &&
    a.askSize === b.askSize
  );
}
