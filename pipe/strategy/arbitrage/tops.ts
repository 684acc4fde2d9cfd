/**
 * The best prices of all venues of a pair, and between which of them there may be an edge. Exact, and cheap:
 * it runs for each event, and most events end here.
 */

import type { ScaledInt } from '../../../logger/market/decimal.ts';
import { powerOfTen } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { VenueBook } from '../../market/venue-book.ts';

export interface Top {
  bid: ScaledInt;
  ask: ScaledInt;
  exponent: number;
  /** Both sides have a price. */
  isComplete: boolean;
  isCrossed: boolean;
}

export function emptyTop(): Top {
  return { bid: 0, ask: 0, exponent: 0, isComplete: false, isCrossed: false };
}

export function readTop(top: Top, { book }: VenueBook): void {
  const bid = book?.best('bid');
  const ask = book?.best('ask');
  top.isComplete = bid !== undefined && ask !== undefined;
  if (!book || !bid || !ask) return;
  top.bid = bid[0];
  top.ask = ask[0];
  top.exponent = book.scale.priceExponent;
  top.isCrossed = bid[0] >= ask[0];
}

export function priceOf(top: Top, side: 'bid' | 'ask'): Exact {
  return { value: BigInt(top[side]), exponent: top.exponent };
}

/** Somebody pays more on `sell` than is asked on `buy`, before fees. */
export function hasEdge(buy: Top, sell: Top): boolean {
  if (!buy.isComplete || !sell.isComplete) return false;
  if (buy.exponent === sell.exponent) return sell.bid > buy.ask;
  return atExponent(sell.bid, sell.exponent, buy) > atExponent(buy.ask, buy.exponent, sell);
}

/** What remains of each unit of money: paid per unit walked, and kept of it, at the same decimals. */
export interface EdgeFactors {
  readonly paid: bigint;
  readonly kept: bigint;
}

/** The best prices pay after fees. */
export function hasNetEdge(buy: Top, sell: Top, { paid, kept }: EdgeFactors): boolean {
  return (
    BigInt(atExponent(sell.bid, sell.exponent, buy)) * kept >
    BigInt(atExponent(buy.ask, buy.exponent, sell)) * paid
  );
}

/** At the finer exponent of its own and the other's. */
function atExponent(price: ScaledInt, exponent: number, other: Top): ScaledInt {
  const shift = other.exponent - exponent;
  if (shift <= 0) return price;
  const shifted = Number(price) * Number(powerOfTen(shift));
  return Number.isSafeInteger(shifted) ? shifted : BigInt(price) * powerOfTen(shift);
}
