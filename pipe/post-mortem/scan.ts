/**
 * Looks for opportunities over a whole range: best prices first, which are kept by day, then full books where
 * those could pay.
 */

import type { FeeTable } from '../fees/fee-table.ts';
import { feesOf } from '../fees/lookup.ts';
import type { Venue } from '../market/venue.ts';
import type { ArbitrageSettings } from '../strategy/arbitrage/settings.ts';
import { Lane } from './lane.ts';
import { Detector } from './missed.ts';
import type { Found } from './missed.ts';
import type { PastVenues, Span } from './past-venues.ts';
import { candidates, merged } from './tops/candidates.ts';
import type { DirectionFactors } from './tops/candidates.ts';
import { DAY_US } from './tops/day-tops.ts';
import type { TopsSource } from './tops/tops-cache.ts';

/** To begin somewhere costs more than to read on for so long. */
const NEAR_US = 60_000_000;

export interface ScanDeps {
  readonly past: PastVenues;
  readonly tops: TopsSource;
  /** How far it is: days of two venues, of all that there are. */
  readonly onProgress: (done: number, total: number) => void;
}

export interface ScanOptions extends Span {
  readonly strategy: string;
  readonly table: FeeTable;
  readonly settings: ArbitrageSettings;
  /** Of any number of pairs. */
  readonly venues: readonly Venue[];
}

/** In order of time. */
export async function scan(deps: ScanDeps, options: ScanOptions): Promise<readonly Found[]> {
  const couples = couplesOf(options.venues);
  const days = daysOf(options);
  const found: Found[] = [];
  let done = 0;
  for (const [first, second] of couples) {
    for (const dayUs of days) {
      const stretches = await stretchesOf(deps, options, [first, second], dayUs);
      for (const stretch of stretches) {
        found.push(...(await detect(deps.past, [first, second], options, stretch)));
      }
      deps.onProgress(++done, couples.length * days.length);
    }
  }
  return joined(found);
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

async function stretchesOf(
  { tops }: ScanDeps,
  options: ScanOptions,
  [first, second]: readonly [Venue, Venue],
  dayUs: number,
): Promise<readonly Span[]> {
  const [there, back] = [factorsOf(options, first, second), factorsOf(options, second, first)];
  if (there === null && back === null) return [];
  const [firstTops, secondTops] = [await tops.dayOf(first, dayUs), await tops.dayOf(second, dayUs)];
  const endUs = dayUs + DAY_US;
  const all = [
    ...(there ? candidates(firstTops, secondTops, there, endUs) : []),
    ...(back ? candidates(secondTops, firstTops, back, endUs) : []),
  ];
  const inRange = all.map(({ fromUs, toUs }) => ({
    fromUs: Math.max(fromUs, options.fromUs),
    toUs: Math.min(toUs, options.toUs),
  }));
  return merged(
    inRange.filter(({ fromUs, toUs }) => fromUs < toUs),
    NEAR_US,
  );
}

/** null: the fees are not known, so nothing can be said. */
function factorsOf({ table }: ScanOptions, buy: Venue, sell: Venue): DirectionFactors | null {
  const [buyFees, sellFees] = [feesOf(table, buy.name), feesOf(table, sell.name)];
  if (buyFees === null || sellFees === null) return null;
  const isInQuote = buyFees.feeIn === 'quote';
  const buyFee = Number(buyFees.taker);
  return {
    paid: isInQuote ? 1 + buyFee : 1,
    received: (isInQuote ? 1 : 1 - buyFee) * (1 - Number(sellFees.taker)),
  };
}

async function detect(
  past: PastVenues,
  venues: readonly [Venue, Venue],
  options: ScanOptions,
  { fromUs, toUs }: Span,
): Promise<Found[]> {
  const lanes: Lane[] = [];
  for (const venue of venues) lanes.push(new Lane(past, venue, await past.endUs(venue)));
  const [first, second] = lanes as [Lane, Lane];
  const detectors = [
    new Detector({ buy: first.book, sell: second.book }, options),
    new Detector({ buy: second.book, sell: first.book }, options),
  ];
  const found: Found[] = [];
  const keep = (one: Found | null): void => {
    if (one !== null) found.push(one);
  };
  try {
    for (const lane of lanes) await lane.open(fromUs, toUs);
    for (;;) {
      const nextUs = Math.min(first.nextUs, second.nextUs);
      for (const detector of detectors) keep(detector.beforeNext(Math.min(nextUs, toUs)));
      if (nextUs === Infinity || nextUs >= toUs) break;
      for (const lane of lanes) while (lane.nextUs <= nextUs) await lane.take();
      if (nextUs >= fromUs || isStanding(lanes, fromUs)) {
        for (const detector of detectors) keep(detector.at(Math.max(nextUs, fromUs)));
      }
    }
    for (const detector of detectors) keep(detector.finish(toUs));
  } finally {
    for (const lane of lanes) await lane.close();
  }
  return found;
}

/** Both venues stand as they did at that moment. */
function isStanding(lanes: readonly Lane[], us: number): boolean {
  return lanes.every(({ nextUs }) => nextUs > us);
}

/** In order of time; what goes on at midnight is one. */
function joined(found: readonly Found[]): Found[] {
  const all: Found[] = [];
  const key = ({ opportunity }: Found): string =>
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

function byTime({ opportunity: a }: Found, { opportunity: b }: Found): number {
  return a.fromUs - b.fromUs || (a.id < b.id ? -1 : 1);
}

function union(before: Found, after: Found): Found {
  const [a, b] = [before.opportunity, after.opportunity];
  const best = Number(b.best.profit) > Number(a.best.profit) ? b.best : a.best;
  const evaluations = a.evaluations + b.evaluations;
  return { ...before, opportunity: { ...a, toUs: b.toUs, end: b.end, best, evaluations } };
}
