/** What an order would have been filled with at a book: on paper. Pure. */

import { ZERO, addExact, compareExact, formatExact, multiplyExact, parseExact, subtractExact } from '../market/exact.ts'; // prettier-ignore
import type { Exact } from '../market/exact.ts';
import { feesOf } from '../fees/lookup.ts';
import type { FeeTable } from '../fees/fee-table.ts';
import type { Venue } from '../market/venue.ts';
import { LevelWalk, sizeDecimalsOf } from '../strategy/book-side.ts';
import type { BookSide } from '../strategy/book-side.ts';
import type { Fill, OrderRequest, OrderResult } from '../strategy/strategy.ts';

/** Takes levels, best first, no worse than the limit, until the size is filled. */
export function fillsAt(
  side: BookSide,
  order: Pick<OrderRequest, 'side' | 'size' | 'limit'>,
): readonly Fill[] {
  const size = parseExact(order.size);
  const limit = parseExact(order.limit);
  const priceDecimals = side.scale.priceExponent;
  const sizeDecimals = Math.max(sizeDecimalsOf(side), size.exponent);
  const walk = new LevelWalk(side, priceDecimals, sizeDecimals);
  const fills: Fill[] = [];
  let left: Exact = size;
  while (left.value > 0n) {
    const level = walk.next();
    if (level === null) break;
    const price = { value: level.price, exponent: priceDecimals };
    const order_ = compareExact(price, limit);
    if (order.side === 'buy' ? order_ > 0 : order_ < 0) break;
    const there = { value: level.size, exponent: sizeDecimals };
    const taken = compareExact(there, left) < 0 ? there : left;
    fills.push({ price: formatExact(price), size: formatExact(taken) });
    left = subtractExact(left, taken);
  }
  return fills;
}

export interface Traded {
  readonly base: Exact;
  readonly quote: Exact;
}

export function tradedBy(fills: readonly Fill[]): Traded {
  return fills.reduce<Traded>(
    (sum, { price, size }) => ({
      base: addExact(sum.base, parseExact(size)),
      quote: addExact(sum.quote, multiplyExact(parseExact(price), parseExact(size))),
    }),
    { base: ZERO, quote: ZERO },
  );
}

/** @throws nothing: without fees in the table, none are charged, and no strategy trades there. */
export function feeOfFills(
  table: FeeTable,
  venue: Venue,
  side: 'buy' | 'sell',
  fills: readonly Fill[],
  liquidity: 'taker' | 'maker',
): OrderResult['fee'] {
  const fees = feesOf(table, venue.name);
  const traded = tradedBy(fills);
  const isInBase = fees?.feeIn === 'received' && side === 'buy';
  const amount = multiplyExact(
    isInBase ? traded.base : traded.quote,
    parseExact(fees?.[liquidity] ?? '0'),
  );
  return { coin: isInBase ? venue.base : venue.quote, amount: formatExact(amount) };
}
