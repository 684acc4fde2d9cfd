/** Cumulative results: by pair, direction, reason and day. Pure. */

import { formatTimeUs } from '../../logger/market/time.ts';
import { ZERO, addExact, compareExact, formatExact, parseExact } from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';
import type { NamedSum, ReportedOpportunity, Sum, Totals } from './report.ts';

export function totalsOf(opportunities: readonly ReportedOpportunity[]): Totals {
  const sumsBy = (names: (opportunity: ReportedOpportunity) => readonly string[]): MovingSum[] => {
    const sums = new Sums();
    for (const opportunity of opportunities) {
      for (const name of names(opportunity)) sums.add(name, opportunity);
    }
    return sums.inOrder();
  };
  const by = (names: (opportunity: ReportedOpportunity) => readonly string[]): NamedSum[] =>
    sumsBy(names).map((sum) => ({ name: sum.name, ...plainSum(sum) }));
  return {
    all: sumsBy(() => ['']).map(plainSum),
    byPair: by(({ pair }) => [pair]),
    byDirection: by((opportunity) => [directionOf(opportunity)]),
    byReason: by(({ reasons }) => [...new Set(reasons.map(({ reason }) => reason))]),
    byDay: by(({ fromUs }) => [formatTimeUs(fromUs).slice(0, 10)]),
  };
}

export function directionOf({ buy, sell }: Pick<ReportedOpportunity, 'buy' | 'sell'>): string {
  return `${buy} → ${sell}`;
}

interface MovingSum {
  readonly name: string;
  readonly quote: string;
  readonly counts: Record<ReportedOpportunity['verdict'], number>;
  predicted: Exact;
  booked: Exact;
  unbooked: number;
  realised: Exact;
  unknown: number;
  leftOut: Exact;
}

class Sums {
  readonly #sums = new Map<string, MovingSum>();

  add(name: string, opportunity: ReportedOpportunity): void {
    const { quote, verdict, predicted, booked, atLatency } = opportunity;
    const sum = this.#of(name, quote);
    sum.counts[verdict]++;
    const result = booked?.result ?? null;
    if (result !== null) sum.booked = addExact(sum.booked, parseExact(result.profit));
    else if (verdict === 'taken') sum.unbooked++;
    const profit = parseExact(predicted.profit);
    if (verdict !== 'taken') {
      if (compareExact(profit, ZERO) > 0) sum.leftOut = addExact(sum.leftOut, profit);
      return;
    }
    sum.predicted = addExact(sum.predicted, profit);
    if (atLatency.state !== 'known') sum.unknown++;
    else sum.realised = addExact(sum.realised, parseExact(atLatency.profit));
  }

  /** In order of their names, then of their coins. */
  inOrder(): MovingSum[] {
    return [...this.#sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  }

  #of(name: string, quote: string): MovingSum {
    const key = `${name}\n${quote}`;
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      const counts = { taken: 0, rejected: 0, missed: 0 };
      sum = {
        name,
        quote,
        counts,
        predicted: ZERO,
        booked: ZERO,
        unbooked: 0,
        realised: ZERO,
        unknown: 0,
        leftOut: ZERO,
      };
      this.#sums.set(key, sum);
    }
    return sum;
  }
}

function plainSum(sum: MovingSum): Sum {
  const { taken, rejected, missed } = sum.counts;
  return {
    quote: sum.quote,
    opportunities: taken + rejected + missed,
    taken,
    rejected,
    missed,
    predicted: formatExact(sum.predicted),
    booked: formatExact(sum.booked),
    unbooked: sum.unbooked,
    realised: formatExact(sum.realised),
    unknown: sum.unknown,
    leftOut: formatExact(sum.leftOut),
  };
}
