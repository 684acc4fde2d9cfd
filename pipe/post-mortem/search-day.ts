/** Looks for opportunities of one day between two venues: best prices first, then full books where those could pay. */

import { feesOf } from '../fees/lookup.ts';
import type { Venue } from '../market/venue.ts';
import { Lane, NEAR_US } from './lane.ts';
import { Detector } from './missed.ts';
import type { Found, SearchedUnder } from './missed.ts';
import type { PastVenues, Span } from './past-venues.ts';
import { candidates, merged } from './tops/candidates.ts';
import type { DirectionFactors } from './tops/candidates.ts';
import { DAY_US } from './tops/day-tops.ts';
import type { TopsSource } from './tops/tops-cache.ts';

export interface SearchOptions extends Span, SearchedUnder {}

export interface CoupleDay {
  readonly couple: readonly [Venue, Venue];
  /** Where the UTC day begins. */
  readonly dayUs: number;
}

/** Both ways, in order of time. */
export async function searchDay(
  { past, tops }: { readonly past: PastVenues; readonly tops: TopsSource },
  options: SearchOptions,
  day: CoupleDay,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const stretch of await stretchesOf(tops, options, day)) {
    found.push(...(await detect(past, day.couple, options, stretch)));
  }
  return found;
}

async function stretchesOf(
  tops: TopsSource,
  options: SearchOptions,
  { couple: [first, second], dayUs }: CoupleDay,
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
    // With the moment that ends it, which says why.
    toUs: Math.min(toUs + 1, endUs, options.toUs),
  }));
  return merged(
    inRange.filter(({ fromUs, toUs }) => fromUs < toUs),
    NEAR_US,
  );
}

/** null: the fees are not known, so nothing can be said. */
function factorsOf({ table }: SearchOptions, buy: Venue, sell: Venue): DirectionFactors | null {
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
  options: SearchOptions,
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
