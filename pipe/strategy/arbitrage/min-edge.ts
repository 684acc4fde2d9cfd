/** Whether two venues' best prices are far enough apart, before fees, to be examined. Exact. */

import { addExact, compareExact, multiplyExact, parseExact } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { ArbitrageSettings } from './settings.ts';

const ALL_BPS: Exact = { value: 10_000n, exponent: 0 };

export type IsWide = (ask: Exact, bid: Exact) => boolean;

/** The bid is at least so many basis points above the ask; null: any edge is enough, as for runs of earlier versions. */
export function isWideUnder({
  minEdgeBps = '0',
}: Pick<ArbitrageSettings, 'minEdgeBps'>): IsWide | null {
  if (minEdgeBps === '0') return null;
  const least = addExact(ALL_BPS, parseExact(minEdgeBps));
  return (ask, bid) => compareExact(multiplyExact(bid, ALL_BPS), multiplyExact(ask, least)) >= 0;
}
