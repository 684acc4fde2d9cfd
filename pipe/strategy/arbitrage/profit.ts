/**
 * What one size brings, bought on one venue and sold on the other: the formula, step by step, in exact
 * decimals. `best-size.ts` finds the size for which it is highest.
 */

import {
  ZERO,
  addExact,
  compareExact,
  divideRounded,
  floorToLot,
  formatExact,
  largerExact,
  multiplyExact,
  subtractExact,
} from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import { NO_FIGURES } from '../../records/records.ts';
import type { Figures } from '../../records/records.ts';
import { LevelWalk, sizeDecimalsOf } from '../book-side.ts';
import type { BookSide } from '../book-side.ts';
import type { TradeTerms } from './terms.ts';

/** A part of a level. */
export interface WalkedLevel {
  readonly price: Exact;
  readonly size: Exact;
}

/** An order of some size that takes the best levels, one after the other. */
export interface Walked {
  readonly levels: readonly WalkedLevel[];
  /** The sum of price × size. */
  readonly notional: Exact;
  /** The last level's price; zero where nothing is walked. */
  readonly worst: Exact;
}

/** What a size brings; the names are those of `Evaluation`. */
export interface SizeResult {
  readonly size: Exact;
  readonly bought: Walked;
  readonly cost: Exact;
  readonly received: Exact;
  readonly transferred: Exact;
  readonly sold: Exact;
  readonly sale: Walked;
  readonly net: Exact;
  readonly profit: Exact;
}

/** null: not so much is known to be there. */
export function walk(side: BookSide, size: Exact): Walked | null {
  const walked = walkUpTo(side, size);
  return walked.end === null ? walked : null;
}

/** As much as there is; `end`: what kept it from being all. */
export function walkUpTo(
  side: BookSide,
  size: Exact,
): Walked & { readonly end: LevelWalk['end'] | null } {
  const priceDecimals = side.scale.priceExponent;
  const sizeDecimals = Math.max(sizeDecimalsOf(side), size.exponent);
  const levels: WalkedLevel[] = [];
  let left: Exact = size;
  let notional: Exact = ZERO;
  let worst: Exact = ZERO;
  const walk = new LevelWalk(side, priceDecimals, sizeDecimals);
  while (left.value > 0n) {
    const level = walk.next();
    if (level === null) return { levels, notional, worst, end: walk.end };
    const there = { value: level.size, exponent: sizeDecimals };
    const taken = compareExact(there, left) < 0 ? there : left;
    worst = { value: level.price, exponent: priceDecimals };
    levels.push({ price: worst, size: taken });
    notional = addExact(notional, multiplyExact(worst, taken));
    left = subtractExact(left, taken);
  }
  return { levels, notional, worst, end: null };
}

/** null: not so much is known to be there to buy, or to sell to. */
export function profitOf(
  terms: TradeTerms,
  asks: BookSide,
  bids: BookSide,
  size: Exact,
): SizeResult | null {
  const bought = walk(asks, size);
  if (bought === null) return null;
  const cost = multiplyExact(bought.notional, terms.buy.paid);
  const received = multiplyExact(size, terms.buy.kept);
  const transferred = afterWithdrawal(terms, received);
  const sold = floorToLot(transferred, terms.sell.lot);
  const sale = walk(bids, sold);
  if (sale === null) return null;
  const net = multiplyExact(sale.notional, terms.sell.kept);
  const profit = subtractExact(net, cost);
  return { size, bought, cost, received, transferred, sold, sale, net, profit };
}

function afterWithdrawal({ withdrawal }: TradeTerms, amount: Exact): Exact {
  if (withdrawal === null) return amount;
  return largerExact(subtractExact(multiplyExact(amount, withdrawal.kept), withdrawal.fee), ZERO);
}

/** As it is recorded; null: no size brings a profit. */
export function figuresOf(result: SizeResult | null): Figures {
  if (result === null || result.size.value === 0n) return NO_FIGURES;
  const { profit, cost } = result;
  const bps = divideRounded(multiplyExact(profit, { value: 10_000n, exponent: 0 }), cost, 2);
  return {
    size: formatExact(result.size),
    cost: formatExact(cost),
    received: formatExact(result.received),
    transferred: formatExact(result.transferred),
    sold: formatExact(result.sold),
    revenue: formatExact(result.sale.notional),
    net: formatExact(result.net),
    profit: formatExact(profit),
    bps: formatExact(bps),
  };
}
