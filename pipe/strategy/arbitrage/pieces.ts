/**
 * Both books walked together, cut where a level ends: within a piece, one ask is bought and one bid is sold
 * to. All in integers of common decimals; sizes are counted in lots of the buy.
 */

import { ceilDivide, floorDivide, powerOfTen, valueAt } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { Evaluation } from '../../records/records.ts';
import { LevelWalk, sizeDecimalsOf } from '../book-side.ts';
import type { BookSide, WalkLevel } from '../book-side.ts';
import type { TradeTerms } from './terms.ts';
import type { Staircase } from './weighted-floor.ts';

/** What a size is capped by; null: not by this. */
export interface Caps {
  /** What walking the asks may come to. */
  readonly maxNotional: Exact | null;
  /** What may be paid, and what may be sold. */
  readonly quoteBalance: Exact | null;
  readonly baseBalance: Exact | null;
}

export const NO_CAPS: Caps = Object.freeze({
  maxNotional: null,
  quoteBalance: null,
  baseBalance: null,
});

/** Sizes from `from` to `to` lots of the buy; none where `from` is larger. */
export interface Piece {
  readonly from: bigint;
  readonly to: bigint;
  /** The profit of `from + x` lots is `constant` and this line at x. */
  readonly line: Staircase;
  readonly constant: bigint;
  /** A largerExact size would bring more if all that arrives could be sold. */
  readonly isRising: boolean;
  /** At least `boundFactor` × the profit of so many lots. */
  boundAt(lots: bigint): bigint;
  readonly boundFactor: bigint;
}

/** The terms as integers. */
interface Integers {
  readonly priceDecimals: number;
  readonly sizeDecimals: number;
  readonly moneyDecimals: number;
  readonly buyLot: bigint;
  readonly sellLot: bigint;
  /** Of the money that is walked, at the same decimals. */
  readonly paid: bigint;
  readonly sellKept: bigint;
  /** Of n lots, `rise × n - offset` over `run` lots of the sale arrive. */
  readonly rise: bigint;
  readonly offset: bigint;
  readonly run: bigint;
  /** Of the size, the money that is walked on each side. */
  readonly minLots: bigint;
  readonly minSoldLots: bigint;
  readonly minBuyNotional: bigint;
  readonly minSellNotional: bigint;
  readonly maxNotional: bigint | null;
  readonly maxPaidNotional: bigint | null;
  readonly maxSoldLots: bigint | null;
}

export function integersOf(
  terms: TradeTerms,
  asks: BookSide,
  bids: BookSide,
  caps: Caps,
): Integers {
  const { buy, sell, withdrawal } = terms;
  const flat = withdrawal?.fee ?? { value: 0n, exponent: 0 };
  const priceDecimals = Math.max(asks.scale.priceExponent, bids.scale.priceExponent);
  const sizeDecimals = Math.max(
    sizeDecimalsOf(asks),
    sizeDecimalsOf(bids),
    buy.lot.exponent,
    sell.lot.exponent,
    flat.exponent,
  );
  const notionalDecimals = priceDecimals + sizeDecimals;
  const factorDecimals = Math.max(buy.paid.exponent, sell.kept.exponent);
  const paid = valueAt(buy.paid, factorDecimals);
  const buyLot = valueAt(buy.lot, sizeDecimals);
  const sellLot = valueAt(sell.lot, sizeDecimals);
  // Of each unit of base, `kept` over `whole` remain.
  const kept = buy.kept.value * (withdrawal?.kept.value ?? 1n);
  const whole = powerOfTen(buy.kept.exponent + (withdrawal?.kept.exponent ?? 0));
  const cap = (amount: Exact | null, exponent: number): bigint | null =>
    amount && floorUnits(amount, exponent);
  const quote = cap(caps.quoteBalance, notionalDecimals + factorDecimals);
  const base = cap(caps.baseBalance, sizeDecimals);
  return {
    priceDecimals,
    sizeDecimals,
    moneyDecimals: notionalDecimals + factorDecimals,
    buyLot,
    sellLot,
    paid,
    sellKept: valueAt(sell.kept, factorDecimals),
    rise: kept * buyLot,
    offset: valueAt(flat, sizeDecimals) * whole,
    run: whole * sellLot,
    minLots: minLotsOf(terms, buyLot, sizeDecimals),
    minSoldLots: ceilDivide(ceilUnits(sell.minSize, sizeDecimals), sellLot),
    minBuyNotional: ceilUnits(buy.minNotional, notionalDecimals),
    minSellNotional: ceilUnits(sell.minNotional, notionalDecimals),
    maxNotional: cap(caps.maxNotional, notionalDecimals),
    maxPaidNotional: quote === null ? null : floorDivide(quote, paid),
    maxSoldLots: base === null ? null : floorDivide(base, sellLot),
  };
}

/** For the smallest buy and the smallest withdrawal. */
function minLotsOf({ buy, withdrawal }: TradeTerms, buyLot: bigint, exponent: number): bigint {
  const least = ceilDivide(ceilUnits(buy.minSize, exponent), buyLot);
  if (withdrawal === null) return least;
  const { kept } = buy;
  const received = ceilUnits(withdrawal.min, exponent + kept.exponent);
  const sent = ceilDivide(received, kept.value * buyLot);
  return sent > least ? sent : least;
}

function floorUnits(amount: Exact, exponent: number): bigint {
  if (amount.exponent <= exponent) return valueAt(amount, exponent);
  return floorDivide(amount.value, powerOfTen(amount.exponent - exponent));
}

function ceilUnits(amount: Exact, exponent: number): bigint {
  return -floorUnits({ value: -amount.value, exponent: amount.exponent }, exponent);
}

/** A level with the sizes and the money up to its start and its end. */
interface Reached {
  readonly price: bigint;
  readonly from: bigint;
  readonly to: bigint;
  readonly notional: bigint;
}

export class Pieces {
  readonly #terms: Integers;
  readonly #asks: LevelWalk;
  readonly #bids: LevelWalk;
  #ask: Reached | null;
  #bid: Reached | null;
  #end: Evaluation['limitedBy'] = 'none';

  constructor(terms: Integers, asks: BookSide, bids: BookSide) {
    this.#terms = terms;
    this.#asks = new LevelWalk(asks, terms.priceDecimals, terms.sizeDecimals);
    this.#bids = new LevelWalk(bids, terms.priceDecimals, terms.sizeDecimals);
    this.#ask = after(null, this.#asks.next());
    this.#bid = after(null, this.#bids.next());
  }

  /** What kept the walk from going on, where `next` is null. */
  get end(): Evaluation['limitedBy'] {
    return this.#end;
  }

  next(): Piece | null {
    if (this.#end !== 'none') return null;
    const [ask, bid] = [this.#ask, this.#bid];
    if (ask === null || bid === null) {
      this.#end = (ask === null ? this.#asks : this.#bids).end;
      return null;
    }
    const { buyLot, sellLot } = this.#terms;
    const askEnd = floorDivide(ask.to, buyLot);
    const bidEnd = this.#lastLots(floorDivide(bid.to, sellLot));
    const levelEnd = askEnd < bidEnd ? askEnd : bidEnd;
    const { cap, cause } = this.#cap(ask);
    const to = cap !== null && cap < levelEnd ? cap : levelEnd;
    const piece = this.#piece(ask, bid, to);
    if (to < levelEnd) {
      this.#end = piece.isRising ? cause : 'edge';
    } else {
      if (askEnd <= bidEnd) this.#ask = after(ask, this.#asks.next());
      if (bidEnd <= askEnd) this.#bid = after(bid, this.#bids.next());
    }
    return piece;
  }

  #piece(ask: Reached, bid: Reached, to: bigint): Piece {
    const { buyLot, sellLot, paid, sellKept, rise, offset, run } = this.#terms;
    const from = this.#from(ask, bid);
    const slope = -ask.price * buyLot * paid;
    const step = bid.price * sellLot * sellKept;
    // The profit of no lots if this piece began there.
    const origin =
      (bid.notional - bid.price * bid.from) * sellKept -
      (ask.notional - ask.price * ask.from) * paid;
    return {
      from,
      to,
      line: { slope, step, rise, offset: rise * from - offset, run },
      constant: origin + slope * from,
      isRising: step * rise + slope * run > 0n,
      boundAt: (lots) => (origin + slope * lots) * run + step * (rise * lots - offset),
      boundFactor: run,
    };
  }

  /** The fewest lots in these levels that are allowed. */
  #from(ask: Reached, bid: Reached): bigint {
    const { buyLot, sellLot, minLots, minSoldLots, minBuyNotional, minSellNotional } = this.#terms;
    const soldLots = largest(
      ceilDivide(bid.from, sellLot),
      minSoldLots,
      ceilDivide(minSellNotional - bid.notional + bid.price * bid.from, bid.price * sellLot),
    );
    return largest(
      1n,
      ceilDivide(ask.from, buyLot),
      minLots,
      ceilDivide(minBuyNotional - ask.notional + ask.price * ask.from, ask.price * buyLot),
      this.#firstLots(soldLots),
    );
  }

  /** The most lots in this ask's level that are allowed, and by what; null: it ends before. */
  #cap(ask: Reached): { cap: bigint | null; cause: Evaluation['limitedBy'] } {
    const { buyLot, maxNotional, maxPaidNotional, maxSoldLots } = this.#terms;
    const lotsFor = (notional: bigint): bigint =>
      floorDivide(notional - ask.notional + ask.price * ask.from, ask.price * buyLot);
    const byNotional = maxNotional === null ? null : lotsFor(maxNotional);
    const byQuote = maxPaidNotional === null ? null : lotsFor(maxPaidNotional);
    const byBase = maxSoldLots === null ? null : this.#lastLots(maxSoldLots);
    const balance = byQuote === null || (byBase !== null && byBase < byQuote) ? byBase : byQuote;
    return byNotional === null || (balance !== null && balance < byNotional)
      ? { cap: balance, cause: 'balance' }
      : { cap: byNotional, cause: 'notional' };
  }

  /** The fewest lots of which so many lots of the sale arrive, and the most of which no more arrive. */
  #firstLots(soldLots: bigint): bigint {
    const { rise, offset, run } = this.#terms;
    return ceilDivide(soldLots * run + offset, rise);
  }

  #lastLots(soldLots: bigint): bigint {
    return this.#firstLots(soldLots + 1n) - 1n;
  }
}

function after(reached: Reached | null, level: WalkLevel | null): Reached | null {
  if (level === null) return null;
  const { price, size } = level;
  if (reached === null) return { price, from: 0n, to: size, notional: 0n };
  const from = reached.to;
  const notional = reached.notional + reached.price * (reached.to - reached.from);
  return { price, from, to: from + size, notional };
}

function largest(...values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (b > a ? b : a));
}
