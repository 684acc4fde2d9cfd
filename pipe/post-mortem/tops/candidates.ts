/**
 * Where a profit is possible at all: bought at the best ask and sold at the best bid, after the fees of both
 * trades, while neither book is crossed. Every size pays at least the best ask and gets at most the best bid, so
 * outside of these stretches no size brings anything. Compared as floating-point numbers with a margin: a stretch too many is only work.
 */

import type { Span } from '../past-venues.ts';
import { KINDS, timeOf } from './day-tops.ts';
import type { DayTops } from './day-tops.ts';

/** Far more than rounding can be. */
const MARGIN = 1e-9;

export interface DirectionFactors {
  /** What is paid for each unit of quote that is bought for, and received for each that is sold for. */
  readonly paid: number;
  readonly received: number;
}

/**
 * Stretches of a day, in order.
 * @param endUs where the last row ends.
 */
export function* candidates(
  buy: DayTops,
  sell: DayTops,
  { paid, received }: DirectionFactors,
  endUs: number,
): Generator<Span> {
  const askUnit = paid / 10 ** buy.priceExponent;
  const bidUnit = (received / 10 ** sell.priceExponent) * (1 + MARGIN);
  let [buyRow, sellRow] = [-1, -1];
  let fromUs: number | null = null;
  for (;;) {
    const nextUs = Math.min(timeOf(buy, buyRow + 1), timeOf(sell, sellRow + 1));
    if (nextUs === Infinity) break;
    while (timeOf(buy, buyRow + 1) === nextUs) buyRow++;
    while (timeOf(sell, sellRow + 1) === nextUs) sellRow++;
    const isPossible =
      buyRow >= 0 && sellRow >= 0 && canPay(buy, buyRow, askUnit, sell, sellRow, bidUnit);
    if (isPossible) {
      fromUs ??= nextUs;
    } else if (fromUs !== null) {
      yield { fromUs, toUs: nextUs };
      fromUs = null;
    }
  }
  if (fromUs !== null) yield { fromUs, toUs: endUs };
}

const [BOTH, LARGE] = [KINDS.indexOf('both'), KINDS.indexOf('large')];

function canPay(
  buy: DayTops,
  buyRow: number,
  askUnit: number,
  sell: DayTops,
  sellRow: number,
  bidUnit: number,
): boolean {
  const [buyKind, sellKind] = [buy.kinds[buyRow], sell.kinds[sellRow]];
  if (isCrossed(buy, buyRow) || isCrossed(sell, sellRow)) return false;
  if (buyKind === BOTH && sellKind === BOTH) {
    return (sell.bids[sellRow] as number) * bidUnit > (buy.asks[buyRow] as number) * askUnit;
  }
  const isKnown = (kind: number | undefined): boolean => kind === BOTH || kind === LARGE;
  return isKnown(buyKind) && isKnown(sellKind);
}

/** Never traded. */
function isCrossed({ kinds, bids, asks }: DayTops, row: number): boolean {
  return kinds[row] === BOTH && (bids[row] as number) >= (asks[row] as number);
}

/** The union of stretches, where those that are near are one. */
export function merged(spans: readonly Span[], nearUs: number): Span[] {
  const union: { fromUs: number; toUs: number }[] = [];
  for (const { fromUs, toUs } of [...spans].sort((a, b) => a.fromUs - b.fromUs)) {
    const last = union.at(-1);
    if (last !== undefined && fromUs <= last.toUs + nearUs) last.toUs = Math.max(last.toUs, toUs);
    else union.push({ fromUs, toUs });
  }
  return union;
}
