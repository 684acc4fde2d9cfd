/**
 * The simulated traders of a symbol: makers who quote around a slowly moving fair price, near the
 * best prices and far from them, and cancel and amend mostly near them; takers who chase the fair
 * price; bursts after it jumps. The same seed and the same order of calls give the same orders. Fair
 * price and distances are floats since they only steer decisions; orders are integers on the grid.
 */

import type { Random } from '../../logger/runtime/random.ts';
import { exponential, normal, pareto, uniformInt } from '../prng.ts';
import type { MatchingEngine } from './matching-engine.ts';
import { otherSide } from './order-events.ts';
import type { OrderEvent, OrderSide } from './order-events.ts';
import type { SymbolProfile } from './symbols.ts';
import { toUnits } from './units.ts';

/** With fewer levels on a side nobody takes or cancels, so that the book never empties. */
const MIN_LEVELS = 10;
/** How many orders away from the best price a cancel near it may reach. */
const MAX_CANCEL_RANK = 400;
/** With more resting orders per level, levels with several orders are thinned out. */
const MAX_ORDERS_PER_LEVEL = 3;
const THINNING_TRIES = 10;
/** However far the book is from the fair price, at most this share of actions takes. */
const MAX_TAKER_SHARE = 0.5;
/** Largest taker order, in typical sizes. */
const MAX_TAKER_SIZES = 40;
/** Time constant, in seconds, of the pull back to the start price. */
const REVERSION_SECONDS = 600;
const JUMP_CHANCE = 0.002;
const BURST_ACTIONS = 60;
/** Share of amended orders that move to another price. */
const MOVE_SHARE = 0.4;
/** How much faster actions follow each other in a burst. */
const BURST_HASTE = 25;

export class OrderFlow {
  readonly #engine: MatchingEngine;
  readonly #profile: SymbolProfile;
  readonly #random: Random;
  readonly #startPrice: number;
  readonly #typicalSize: number;
  readonly #edgeTicks: number;
  readonly #meanDelayUs: number;
  readonly #resting = new OrderPool();
  #fairPrice: number;
  #burstLeft = 0;

  /** @param eventsPerSecond mean number of actions. */
  constructor(
    engine: MatchingEngine,
    profile: SymbolProfile,
    options: { readonly random: Random; readonly eventsPerSecond: number },
  ) {
    this.#engine = engine;
    this.#profile = profile;
    this.#random = options.random;
    this.#startPrice = toUnits(profile.startPrice, 'startPrice');
    this.#typicalSize = toUnits(profile.typicalSize, 'typicalSize');
    this.#fairPrice = this.#startPrice;
    this.#edgeTicks = profile.depthLevels * profile.spacingTicks * 1.7;
    this.#meanDelayUs = 1_000_000 / options.eventsPerSecond;
  }

  /** Must be called for every event of the engine: it tracks the resting orders. */
  onEvent(event: OrderEvent): void {
    if (event.type === 'opened') this.#resting.add(event.orderId);
    else if (event.type === 'done') this.#resting.delete(event.orderId);
  }

  /** Fills the empty book to its usual depth. */
  fillBook(): void {
    for (const side of ['buy', 'sell'] as const) {
      let distance = 1;
      for (let i = 0; i < this.#profile.depthLevels; i++) {
        const price = this.#gridPrice(side, distance);
        if (price === undefined) break;
        this.#engine.limit({ side, price, size: this.#makerSize(distance) });
        const meanGap = this.#profile.spacingTicks * (0.2 + (1.6 * i) / this.#profile.depthLevels);
        distance += 1 + Math.floor(exponential(this.#random) * meanGap);
      }
    }
  }

  /** Time until the next action; moves the fair price by that time. */
  nextDelayUs(): number {
    const isBurst = this.#burstLeft > 0;
    if (isBurst) this.#burstLeft--;
    const mean = isBurst ? this.#meanDelayUs / BURST_HASTE : this.#meanDelayUs;
    const delayUs = 1 + Math.floor(exponential(this.#random) * mean);
    this.#moveFairPrice(delayUs / 1_000_000);
    return delayUs;
  }

  /** One action of one trader. */
  act(): void {
    const side: OrderSide = this.#random.next() < 0.5 ? 'buy' : 'sell';
    const other = otherSide(side);
    const shallow =
      Math.min(this.#engine.levelCount(side), this.#engine.levelCount(other)) < MIN_LEVELS;
    const draw = this.#random.next();
    if (this.#isCrowded() && this.#random.next() < 0.5) this.#thinOut();
    else if (!shallow && draw < this.#takerShare()) this.#take();
    else if (!shallow && draw > 0.97) this.#amend();
    else if (shallow || this.#random.next() < this.#placingChance(side)) this.#place(side);
    else this.#cancel(side);
  }

  #moveFairPrice(seconds: number): void {
    let step = this.#profile.volatility * Math.sqrt(seconds) * normal(this.#random);
    if (this.#random.next() < JUMP_CHANCE) {
      // The fat tail: a jump, followed by a burst.
      step += this.#profile.volatility * 4 * pareto(this.#random, 2) * Math.sign(step);
      this.#burstLeft = BURST_ACTIONS;
    }
    const pull = Math.log(this.#startPrice / this.#fairPrice) * (seconds / REVERSION_SECONDS);
    this.#fairPrice *= Math.exp(step + pull);
  }

  /** Higher in a book thinner than its target depth, lower in a fuller one. */
  #placingChance(side: OrderSide): number {
    const target = this.#profile.depthLevels;
    const want = ((target - this.#engine.levelCount(side)) / target) * 20;
    return 0.5 + 0.35 * Math.max(-1, Math.min(1, want));
  }

  #isCrowded(): boolean {
    return this.#engine.restingOrders > 2 * this.#profile.depthLevels * MAX_ORDERS_PER_LEVEL;
  }

  /** Grows while the book is away from the fair price. */
  #takerShare(): number {
    const away = Math.abs(this.#misprice());
    return Math.min(MAX_TAKER_SHARE, this.#profile.takerShare * (1 + 2 * Math.min(1, away / 4)));
  }

  /** Fair price above (+) or below (-) the middle of the book, in level spacings. */
  #misprice(): number {
    const bid = this.#engine.bestPrice('buy');
    const ask = this.#engine.bestPrice('sell');
    if (bid === undefined || ask === undefined) return 0;
    const spacing = this.#engine.grid.tickSize * this.#profile.spacingTicks;
    return (this.#fairPrice - (bid + ask) / 2) / spacing;
  }

  #take(): void {
    const buyChance = 0.5 + 0.45 * Math.tanh(this.#misprice());
    const side: OrderSide = this.#random.next() < buyChance ? 'buy' : 'sell';
    const best = this.#engine.bestPrice(otherSide(side));
    if (best === undefined) return;
    const sizes = Math.min(
      MAX_TAKER_SIZES,
      0.6 * exponential(this.#random) * pareto(this.#random, 1.6),
    );
    const size = this.#lots(sizes * this.#typicalSize);
    const style = this.#random.next();
    if (style < 0.6) this.#engine.market({ side, size });
    else this.#engine.limit({ side, price: this.#onGrid(best), size, immediate: style < 0.8 });
  }

  #place(side: OrderSide): void {
    let distance = Math.floor((pareto(this.#random, 0.6) - 1) * this.#profile.spacingTicks * 0.5);
    if (distance > this.#edgeTicks) distance = uniformInt(this.#random, Math.ceil(this.#edgeTicks));
    const price = this.#gridPrice(side, distance);
    if (price === undefined) return;
    this.#engine.limit({ side, price, size: this.#makerSize(distance) });
  }

  #cancel(side: OrderSide): void {
    if (this.#random.next() < 0.3) {
      const orderId = this.#resting.pick(this.#random);
      if (orderId !== undefined) this.#engine.cancel(orderId);
      return;
    }
    let rank = Math.min(MAX_CANCEL_RANK, Math.floor(pareto(this.#random, 0.7)) - 1);
    for (const order of this.#engine.orders(side)) {
      if (rank-- > 0) continue;
      this.#engine.cancel(order.id);
      return;
    }
  }

  /** Cancels an order at a price that has several, so that the level stays. */
  #thinOut(): void {
    for (let tries = 0; tries < THINNING_TRIES; tries++) {
      const orderId = this.#resting.pick(this.#random);
      const order = orderId === undefined ? undefined : this.#engine.order(orderId);
      if (!order || (order.previous === null && order.next === null)) continue;
      this.#engine.cancel(order.id);
      return;
    }
  }

  #amend(): void {
    const orderId = this.#resting.pick(this.#random);
    const order = orderId === undefined ? undefined : this.#engine.order(orderId);
    if (!order) return;
    const size = this.#lots(order.remaining * this.#random.next());
    if (this.#random.next() >= MOVE_SHARE) {
      this.#engine.reduce(order.id, size);
      return;
    }
    const price = this.#gridPrice(order.side, uniformInt(this.#random, this.#profile.spacingTicks));
    if (price !== undefined) this.#engine.move(order.id, price, size);
  }

  /** A maker's price: away from the fair price, and never crossing the other side's best. */
  #gridPrice(side: OrderSide, distanceTicks: number): number | undefined {
    const tick = this.#engine.grid.tickSize;
    const fair = this.#onGrid(this.#fairPrice);
    const wanted = side === 'buy' ? fair - distanceTicks * tick : fair + (1 + distanceTicks) * tick;
    const other = this.#engine.bestPrice(otherSide(side));
    let price = wanted;
    // Resting orders may be off a changed grid: round away from the other side.
    if (other !== undefined && side === 'buy') price = Math.min(wanted, below(other, tick));
    if (other !== undefined && side === 'sell') price = Math.max(wanted, above(other, tick));
    return price >= tick ? price : undefined;
  }

  #onGrid(price: number): number {
    const tick = this.#engine.grid.tickSize;
    return Math.max(tick, Math.round(price / tick) * tick);
  }

  /** Larger further out; a round amount now and then. */
  #makerSize(distanceTicks: number): number {
    const further = 1 + Math.log1p(distanceTicks / this.#profile.spacingTicks) / 3;
    const size = this.#typicalSize * Math.exp(0.9 * normal(this.#random)) * further;
    return this.#lots(this.#random.next() < 0.15 ? this.#typicalSize * Math.ceil(further) : size);
  }

  #lots(size: number): number {
    const lot = this.#engine.grid.lotSize;
    return Math.max(lot, Math.round(size / lot) * lot);
  }
}

/** The nearest price on the grid strictly below. */
function below(price: number, tick: number): number {
  return Math.ceil(price / tick) * tick - tick;
}

/** The nearest price on the grid strictly above. */
function above(price: number, tick: number): number {
  return Math.floor(price / tick) * tick + tick;
}

/** A set of order ids from which one can be picked at random in constant time. */
class OrderPool {
  readonly #ids: number[] = [];
  readonly #places = new Map<number, number>();

  add(id: number): void {
    this.#places.set(id, this.#ids.length);
    this.#ids.push(id);
  }

  delete(id: number): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.delete(id);
    const last = this.#ids.pop();
    if (last === undefined || last === id) return;
    this.#ids[place] = last;
    this.#places.set(last, place);
  }

  pick(random: Random): number | undefined {
    return this.#ids[uniformInt(random, this.#ids.length)];
  }
}
