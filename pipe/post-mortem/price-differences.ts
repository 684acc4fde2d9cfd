/** The best prices of both venues around the most important opportunities. */

import { formatExact, parseExact, subtractExact } from '../market/exact.ts';
import type { Venue } from '../market/venue.ts';
import { mostImportant } from './importance.ts';
import type { PriceDifference, ReportedOpportunity } from './report.ts';
import { DAY_US, pricesAt, rowAt } from './tops/day-tops.ts';
import type { DayTops } from './tops/day-tops.ts';
import type { TopsSource } from './tops/tops-cache.ts';

const MAX_CHARTS = 8;
const MAX_POINTS = 4000;
const LEAST_US = 1_000_000;
const MOST_US = 60_000_000;

export async function priceDifferences(
  tops: TopsSource,
  opportunities: readonly ReportedOpportunity[],
  venueOf: (venue: string, security: string) => Venue,
): Promise<PriceDifference[]> {
  const all: PriceDifference[] = [];
  for (const opportunity of mostImportant(opportunities, MAX_CHARTS)) {
    const { id, books, fromUs, toUs } = opportunity;
    const aroundUs = Math.min(MOST_US, Math.max(LEAST_US, 2 * (toUs - fromUs)));
    const span = { fromUs: fromUs - aroundUs, toUs: Math.min(toUs, fromUs + MOST_US) + aroundUs };
    const points: { us: number; difference: string | null }[] = [];
    for (let day = Math.floor(span.fromUs / DAY_US) * DAY_US; day < span.toUs; day += DAY_US) {
      const within = {
        fromUs: Math.max(day, span.fromUs),
        toUs: Math.min(day + DAY_US, span.toUs),
      };
      const [buy, sell] = [
        await tops.dayOf(venueOf(books.buy.venue, books.buy.security), day, [within]),
        await tops.dayOf(venueOf(books.sell.venue, books.sell.security), day, [within]),
      ];
      points.push(...pointsOf(buy, sell, within));
    }
    all.push({ opportunity: id, points: points.slice(0, MAX_POINTS) });
  }
  return all;
}

function pointsOf(
  buy: DayTops,
  sell: DayTops,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): { us: number; difference: string | null }[] {
  const times = new Set([fromUs, toUs - 1]);
  for (const tops of [buy, sell]) {
    for (let row = rowAt(tops, fromUs) + 1; row < tops.rows; row++) {
      const us = tops.times[row] as number;
      if (us >= toUs) break;
      times.add(us);
    }
  }
  return [...times]
    .sort((a, b) => a - b)
    .map((us) => {
      const ask = pricesAt(buy, rowAt(buy, us))?.ask;
      const bid = pricesAt(sell, rowAt(sell, us))?.bid;
      if (ask === undefined || bid === undefined) return { us, difference: null };
      return { us, difference: formatExact(subtractExact(parseExact(bid), parseExact(ask))) };
    });
}
