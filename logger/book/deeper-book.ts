/**
 * A book with more of the exchange's own: what lies behind its horizon is taken from another that is known
 * further out, at the same sequence. Behind both horizons stay the levels that the exchange has named. Pure.
 */

import { compareScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { Horizon, LevelCounts, LevelSides, Levels } from '../market/events.ts';
import { BookCounts } from './level-counts.ts';

export type LevelContent = LevelSides & { readonly scale: Scale; readonly horizon: Horizon };

/** How much further out a horizon must be, as a share of its distance from the top, to be worth an image. */
const WORTHWHILE_SHARE = 0.25;

/**
 * Has numbers of orders if both have them.
 *
 * @param theirs at the same sequence and scale, and the same inside both horizons.
 * @returns null where that is hardly more than `ours`.
 */
export function deeperBook(ours: LevelContent, theirs: LevelContent): LevelContent | null {
  const bids = deeperSide(ours.bids, ours.horizon.bid, theirs.bids, theirs.horizon.bid, -1);
  const asks = deeperSide(ours.asks, ours.horizon.ask, theirs.asks, theirs.horizon.ask, 1);
  if (bids === null && asks === null) return null;
  const sides = { bids: bids ?? ours.bids, asks: asks ?? ours.asks };
  const counts = countsOf(sides, ours, theirs);
  return {
    level: 'L2',
    scale: ours.scale,
    ...sides,
    ...(counts && { counts }),
    horizon: {
      bid: bids === null ? ours.horizon.bid : theirs.horizon.bid,
      ask: asks === null ? ours.horizon.ask : theirs.horizon.ask,
    },
  };
}

function countsOf(
  { bids, asks }: Pick<LevelContent, 'bids' | 'asks'>,
  ours: LevelContent,
  theirs: LevelContent,
): LevelCounts | undefined {
  const counts = new BookCounts();
  const isKnown = [theirs, ours].every((side) => counts.set(side.bids, side.asks, side.counts));
  return isKnown ? counts.of(bids, asks) : undefined;
}

/** @param sign 1 if prices grow away from the top, else -1. */
function deeperSide(
  ours: Levels,
  ourEdge: ScaledInt | null,
  theirs: Levels,
  theirEdge: ScaledInt | null,
  sign: 1 | -1,
): Levels | null {
  if (ourEdge === null) return null;
  if (theirEdge === null) return theirs;
  const top = theirs[0] ?? theirEdge;
  const [reach, theirReach] = [distance(top, ourEdge, sign), distance(top, theirEdge, sign)];
  if (theirReach <= reach * (1 + WORTHWHILE_SHARE)) return null;
  const at = firstBehind(theirs, theirEdge, sign);
  return [...theirs.slice(0, at), ...ours.slice(firstBehind(ours, theirEdge, sign))];
}

/** Negative where the top itself lies behind the edge. Rounded: it only says what is worthwhile. */
function distance(top: ScaledInt, edge: ScaledInt, sign: 1 | -1): number {
  return (Number(edge) - Number(top)) * sign;
}

function firstBehind(levels: Levels, edge: ScaledInt, sign: 1 | -1): number {
  let at = 0;
  while (at < levels.length && compareScaled(levels[at] as ScaledInt, edge) * sign <= 0) at += 2;
  return at;
}
