/** Looks for opportunities over a whole range, day by day, between every two venues of a pair. */

import type { Venue } from '../market/venue.ts';
import type { WithLater } from './later/examine.ts';
import type { Span } from './past-venues.ts';
import type { CoupleDay, SearchOptions } from './search-day.ts';
import { DAY_US } from './tops/day-tops.ts';

export interface ScanOptions extends SearchOptions {
  /** Of any number of pairs. */
  readonly venues: readonly Venue[];
}

/** Searches days, so many at a time. */
export interface DaySearch {
  readonly width: number;
  search(options: SearchOptions, day: CoupleDay): Promise<readonly WithLater[]>;
}

/**
 * In order of time.
 * @param onProgress how far it is: days of two venues, of all that there are.
 */
export async function scan(
  days: DaySearch,
  { venues, ...options }: ScanOptions,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<readonly WithLater[]> {
  const all = couplesOf(venues).flatMap((couple) =>
    daysOf(options).map((dayUs) => ({ couple, dayUs })),
  );
  const found: (readonly WithLater[])[] = [];
  let [next, done] = [0, 0];
  const searchOn = async (): Promise<void> => {
    for (let at = next++; at < all.length; at = next++) {
      found[at] = await days.search(options, all[at] as CoupleDay);
      onProgress(++done, all.length);
    }
  };
  await Promise.all(Array.from({ length: days.width }, searchOn));
  return joined(found.flat());
}

/** Every two venues of the same pair. */
function couplesOf(venues: readonly Venue[]): (readonly [Venue, Venue])[] {
  const sorted = [...venues].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return sorted.flatMap((first, at) =>
    sorted
      .slice(at + 1)
      .filter(({ pair, name }) => pair === first.pair && name !== first.name)
      .map((second) => [first, second] as const),
  );
}

function keyOf({ pair, name, security }: Venue): string {
  return `${pair}\n${name}\n${security}`;
}

function daysOf({ fromUs, toUs }: Span): number[] {
  const days: number[] = [];
  for (let us = Math.floor(fromUs / DAY_US) * DAY_US; us < toUs; us += DAY_US) days.push(us);
  return days;
}

/** In order of time; what goes on at midnight is one. */
function joined(found: readonly WithLater[]): WithLater[] {
  const all: WithLater[] = [];
  const key = ({ opportunity }: WithLater): string =>
    `${opportunity.pair}\n${opportunity.buy}\n${opportunity.sell}`;
  for (const next of [...found].sort(byTime)) {
    const at = all.findLastIndex((one) => key(one) === key(next));
    const before = all[at];
    const isOne =
      before !== undefined &&
      before.opportunity.toUs === next.opportunity.fromUs &&
      next.opportunity.fromUs % DAY_US === 0;
    if (isOne) all[at] = union(before, next);
    else all.push(next);
  }
  return all;
}

function byTime({ opportunity: a }: WithLater, { opportunity: b }: WithLater): number {
  return a.fromUs - b.fromUs || (a.id < b.id ? -1 : 1);
}

function union(before: WithLater, after: WithLater): WithLater {
  const [a, b] = [before.opportunity, after.opportunity];
  const best = Number(b.best.profit) > Number(a.best.profit) ? b.best : a.best;
  const evaluations = a.evaluations + b.evaluations;
  return { ...before, opportunity: { ...a, toUs: b.toUs, end: b.end, best, evaluations } };
}
