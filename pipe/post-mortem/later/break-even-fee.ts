/** The highest fee with which a trade still pays, found exactly among hundred-millionths. Pure. */

import { formatExact } from '../../market/exact.ts';
import { bestSize } from '../../strategy/arbitrage/best-size.ts';
import type { Caps } from '../../strategy/arbitrage/pieces.ts';
import { tradeTerms } from '../../strategy/arbitrage/terms.ts';
import type { TradeCosts } from '../../strategy/arbitrage/terms.ts';
import type { BookSide } from '../../strategy/book-side.ts';
import type { BreakEven } from '../report.ts';
import { nothing } from './sides.ts';

const EXPONENT = 8;
/** 10 %: no exchange asks for more. */
const MAX_FEE = 10_000_000;

/** With the same fee on both trades, charged in the coins in which each exchange does. */
export function breakEvenFee(
  costs: TradeCosts,
  asks: BookSide,
  bids: BookSide,
  caps: Caps,
): BreakEven['fee'] {
  const pays = (fee: number): boolean =>
    bestSize(tradeTerms(withFee(costs, textOf(fee))), asks, bids, caps).result !== null;
  if (!pays(0)) return nothing('it does not pay without any fee');
  // What a size brings only falls with the fee.
  let [low, high] = [0, MAX_FEE + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (pays(middle)) low = middle;
    else high = middle;
  }
  return { state: 'known', fraction: textOf(low), isAtLeast: low === MAX_FEE };
}

function textOf(fee: number): string {
  return formatExact({ value: BigInt(fee), exponent: EXPONENT });
}

function withFee({ buy, sell, withdrawal }: TradeCosts, taker: string): TradeCosts {
  return {
    buy: { ...buy, fees: { ...buy.fees, taker } },
    sell: { ...sell, fees: { ...sell.fees, taker } },
    withdrawal,
  };
}
