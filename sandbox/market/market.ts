/**
 * One symbol's market over time: the engine, the order flow, and what is derived from the engine's
 * events (trades, top of book, diffs every 100 and 1000 ms, the true history). Time is passed in.
 * Actions and diff boundaries are processed in order, so a late timer only delays when events are
 * published: the same seed and start time give the same market. Knows no wire protocol.
 */

import type { Random } from '../../logger/runtime/random.ts';
import { BookHistory } from './history.ts';
import type { LevelChange, TrueBook } from './history.ts';
import type { Interval } from './intervals.ts';
import { MarketCandles } from './market-candles.ts';
import type { CandleRange, MarketCandle } from './market-candles.ts';
import type { MarketTrade } from './market-trade.ts';
import { MatchingEngine } from './matching-engine.ts';
import type { Grid } from './matching-engine.ts';
import { changedLevels } from './order-events.ts';
import type { OrderEvent, OrderSide } from './order-events.ts';
import { OrderFlow } from './order-flow.ts';
import type { SymbolProfile } from './symbols.ts';
import { toUnits } from './units.ts';

/** Trades kept for `recentTrades`. */
export const RECENT_TRADES = 1000;
/** After a longer pause of the process the time in excess is skipped: the market stood still. */
export const MAX_CATCH_UP_US = 5_000_000;

/** The two intervals of diffs. */
export type DiffPaceMs = 100 | 1000;
const SHORT_PACE_US = 100_000;
const LONG_PACE_US = 1_000_000;

/** Book changes of one interval, in engine units; levels flat: price, size …, best first. */
export interface MarketDiff {
  readonly paceMs: DiffPaceMs;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly timeUs: number;
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

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

export class Market {
  readonly profile: SymbolProfile;
  readonly engine: MatchingEngine;
  readonly history: BookHistory;
  readonly #orderFlow: OrderFlow;
  readonly #listeners = new Set<MarketListener>();
  readonly #trades: MarketTrade[] = [];
  readonly #candles: MarketCandles;
  readonly #short: DiffCollector;
  readonly #long: DiffCollector;
  #top: MarketTop;
  #timeUs: number;
  #nextActionUs: number;
  #nextBoundaryUs: number;

  constructor(options: MarketOptions) {
    const { profile } = options;
    this.profile = profile;
    this.#timeUs = options.startUs;
    this.#candles = new MarketCandles(profile, options.startUs);
    this.engine = new MatchingEngine({
      grid: gridOf(profile),
      firstSequence: options.firstSequence,
      firstTradeId: options.firstTradeId,
      onEvent: (event) => this.#onEvent(event),
    });
    this.#orderFlow = new OrderFlow(this.engine, profile, options);
    this.#short = new DiffCollector(this.engine, 100);
    this.#long = new DiffCollector(this.engine, 1000);
    this.#orderFlow.fillBook();
    this.#short.take(options.startUs);
    this.#long.take(options.startUs);
    this.#top = topOf(this.engine);
    this.history = new BookHistory(() => ({
      bids: this.engine.levels('buy'),
      asks: this.engine.levels('sell'),
    }));
    this.history.record(this.engine.sequence, options.startUs, []);
    this.#nextActionUs = options.startUs + this.#orderFlow.nextDelayUs();
    this.#nextBoundaryUs = boundaryAfter(options.startUs);
  }

  /** @returns a function that removes the listener. */
  listen(listener: MarketListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Processes everything due until `nowUs`. */
  advanceTo(nowUs: number): void {
    const missedUs = nowUs - this.#timeUs - MAX_CATCH_UP_US;
    if (missedUs > 0) {
      this.#nextActionUs += missedUs;
      this.#nextBoundaryUs = boundaryAfter(this.#timeUs + missedUs);
    }
    for (;;) {
      const dueUs = Math.min(this.#nextActionUs, this.#nextBoundaryUs);
      if (dueUs > nowUs) break;
      this.#timeUs = dueUs;
      if (dueUs === this.#nextBoundaryUs) this.#publish();
      else this.#act();
    }
    this.#timeUs = Math.max(this.#timeUs, nowUs);
  }

  /** New orders must be on this grid; resting ones stay. @throws InvalidArgumentError */
  changeGrid(grid: Partial<Grid>): void {
    this.engine.changeGrid({ ...this.engine.grid, ...grid });
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

  #act(): void {
    this.#orderFlow.act();
    this.#nextActionUs = this.#timeUs + this.#orderFlow.nextDelayUs();
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
    if (timeUs % LONG_PACE_US !== 0) return;
    const long = this.#long.take(timeUs);
    if (long) for (const listener of this.#listeners) listener.onDiff?.(long.diff);
  }

  #onEvent(event: OrderEvent): void {
    this.#orderFlow.onEvent(event);
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

/** Collects the levels that change during an interval; their sizes are read at its end. */
class DiffCollector {
  readonly #engine: MatchingEngine;
  readonly #paceMs: DiffPaceMs;
  readonly #touched = { buy: new Set<number>(), sell: new Set<number>() };
  #lastSequence: number;

  constructor(engine: MatchingEngine, paceMs: DiffPaceMs) {
    this.#engine = engine;
    this.#paceMs = paceMs;
    this.#lastSequence = engine.sequence;
  }

  onEvent(event: OrderEvent): void {
    const changed = changedLevels(event);
    if (!changed) return;
    for (const price of changed.prices) this.#touched[changed.side].add(price);
  }

  /**
   * The diff since the last one; undefined if nothing changed. A level that came and went within
   * the interval is included with size 0, as on the real exchange.
   */
  take(timeUs: number): { diff: MarketDiff; changes: LevelChange[] } | undefined {
    const lastSequence = this.#engine.sequence;
    if (lastSequence === this.#lastSequence) return undefined;
    const buys = [...this.#touched.buy].sort((a, b) => b - a);
    const sells = [...this.#touched.sell].sort((a, b) => a - b);
    this.#touched.buy.clear();
    this.#touched.sell.clear();
    const changes = [
      ...buys.map((price) => this.#change('buy', price)),
      ...sells.map((price) => this.#change('sell', price)),
    ];
    const flat = (side: OrderSide): number[] =>
      changes.flatMap((change) => (change.side === side ? [change.price, change.size] : []));
    const diff: MarketDiff = {
      paceMs: this.#paceMs,
      firstSequence: this.#lastSequence + 1,
      lastSequence,
      timeUs,
      bids: flat('buy'),
      asks: flat('sell'),
    };
    this.#lastSequence = lastSequence;
    return { diff, changes };
  }

  #change(side: OrderSide, price: number): LevelChange {
    return { side, price, size: this.#engine.levelSize(side, price) };
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
