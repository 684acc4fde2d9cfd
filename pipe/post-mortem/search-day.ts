/**
 * Looks for opportunities of one day between two venues: what headers say of the best prices, those prices where that
 * does not rule a profit out, then full books where they could pay.
 */

import { feesOf } from '../fees/lookup.ts';
import type { Venue } from '../market/venue.ts';
import { withLater } from './later/examine.ts';
import type { Asked, WithLater } from './later/examine.ts';
import { RunningTasks } from './later/running-tasks.ts';
import { Lane, NEAR_US, takeUpTo } from './lane.ts';
import { Detector } from './missed.ts';
import type { Missed, SearchedUnder } from './missed.ts';
import type { PastVenues, Span } from './past-venues.ts';
import { candidates, merged } from './tops/candidates.ts';
import type { DirectionFactors } from './tops/candidates.ts';
import { DAY_US } from './tops/day-tops.ts';
import { possibleStretches } from './tops/possible.ts';
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
): Promise<WithLater[]> {
  const found: WithLater[] = [];
  for (const stretch of await stretchesOf({ past, tops }, options, day)) {
    found.push(...(await detect(past, day.couple, options, stretch)));
  }
  return found;
}

async function stretchesOf(
  { past, tops }: { readonly past: PastVenues; readonly tops: TopsSource },
  options: SearchOptions,
  { couple: [first, second], dayUs }: CoupleDay,
): Promise<readonly Span[]> {
  const [there, back] = [factorsOf(options, first, second), factorsOf(options, second, first)];
  if (there === null && back === null) return [];
  const endUs = dayUs + DAY_US;
  const asked = { fromUs: Math.max(dayUs, options.fromUs), toUs: Math.min(endUs, options.toUs) };
  const [firstBounds, secondBounds] = [
    await past.topBounds(first, asked),
    await past.topBounds(second, asked),
  ];
  const possible = [
    ...(there ? possibleStretches(firstBounds, secondBounds, there) : []),
    ...(back ? possibleStretches(secondBounds, firstBounds, back) : []),
  ];
  if (possible.length === 0) return [];
  const [firstTops, secondTops] = [
    await tops.dayOf(first, dayUs, possible),
    await tops.dayOf(second, dayUs, possible),
  ];
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
): Promise<WithLater[]> {
  const lanes: Lane[] = [];
  for (const venue of venues) lanes.push(new Lane(past, venue, await past.endUs(venue)));
  const [first, second] = lanes as [Lane, Lane];
  const running = new RunningTasks([first.book, second.book], Math.min(first.endUs, second.endUs));
  const onBegin = ({ task }: Asked): void => running.add(task);
  const detectors = [
    new Detector({ buy: first.book, sell: second.book }, options, onBegin),
    new Detector({ buy: second.book, sell: first.book }, options, onBegin),
  ];
  const found: Missed[] = [];
  const keep = (one: Missed | null): void => {
    if (one !== null) found.push(one);
  };
  try {
    for (const lane of lanes) await lane.open(fromUs);
    // What would have come of them is seen on the way, which may lead further than the stretch.
    for (let isOver = false; ;) {
      const nextUs = Math.min(first.nextUs, second.nextUs);
      running.beforeNext(nextUs);
      if (!isOver) {
        for (const detector of detectors) keep(detector.beforeNext(Math.min(nextUs, toUs)));
        isOver = nextUs >= toUs;
        if (isOver) for (const detector of detectors) keep(detector.finish(toUs));
      }
      if (isOver && running.isEmpty) break;
      if (nextUs === Infinity) {
        running.end();
        break;
      }
      running.at(nextUs, await takeUpTo(lanes, nextUs));
      if (!isOver && (nextUs >= fromUs || isStanding(lanes, fromUs))) {
        for (const detector of detectors) keep(detector.at(Math.max(nextUs, fromUs)));
      }
    }
  } finally {
    for (const lane of lanes) await lane.close();
  }
  const all: WithLater[] = [];
  for (const { decided, asked } of found) all.push(await withLater(past, decided, asked));
  return all;
}

/** Both venues stand as they did at that moment. */
function isStanding(lanes: readonly Lane[], us: number): boolean {
  return lanes.every(({ nextUs }) => nextUs > us);
}
