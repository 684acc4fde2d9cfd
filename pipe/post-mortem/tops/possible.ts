/**
 * Where a profit is not ruled out by what the headers of blocks say of the best prices: only there have they to be
 * read. The same comparison as in `candidates.ts`, on the best prices of whole blocks.
 */

import type { TopSpan } from '../../../logger/reader/top-bounds.ts';
import type { Span } from '../past-venues.ts';
import type { DirectionFactors } from './candidates.ts';

/** Twice that of `candidates`: a price that is rounded in another way must not make a difference. */
const MARGIN = 2e-9;

/** Stretches in order; those that meet are one. */
export function possibleStretches(
  buy: readonly TopSpan[],
  sell: readonly TopSpan[],
  factors: DirectionFactors,
): Span[] {
  const found: { fromUs: number; toUs: number }[] = [];
  let [buyAt, sellAt] = [0, 0];
  for (;;) {
    const [bought, sold] = [buy[buyAt], sell[sellAt]];
    if (bought === undefined || sold === undefined) return found;
    const fromUs = Math.max(bought.fromUs, sold.fromUs);
    const toUs = Math.min(bought.toUs, sold.toUs);
    if (fromUs < toUs && canPay(bought.bounds, sold.bounds, factors)) {
      const last = found.at(-1);
      if (last?.toUs === fromUs) last.toUs = toUs;
      else found.push({ fromUs, toUs });
    }
    if (bought.toUs <= toUs) buyAt++;
    if (sold.toUs <= toUs) sellAt++;
  }
}

function canPay(
  buy: TopSpan['bounds'],
  sell: TopSpan['bounds'],
  { paid, received }: DirectionFactors,
): boolean {
  if (buy === null || sell === null) return false;
  if (buy === undefined || sell === undefined) return true;
  return Number(sell.maxBid) * received * (1 + MARGIN) > Number(buy.minAsk) * paid;
}
