/** Which opportunities are shown where not all can be. */

import { compareExact, parseExact } from '../market/exact.ts';
import type { ReportedOpportunity } from './report.ts';

/** What was taken, then by the profit of the best moment; returned in order of time. */
export function mostImportant(
  opportunities: readonly ReportedOpportunity[],
  limit: number,
): readonly ReportedOpportunity[] {
  if (opportunities.length <= limit) return opportunities;
  const ranked = opportunities.map((opportunity, place) => ({
    opportunity,
    place,
    isTaken: opportunity.verdict === 'taken',
    profit: parseExact(opportunity.best.profit),
  }));
  ranked.sort(
    (a, b) =>
      Number(b.isTaken) - Number(a.isTaken) ||
      compareExact(b.profit, a.profit) ||
      a.place - b.place,
  );
  return ranked
    .slice(0, limit)
    .sort((a, b) => a.place - b.place)
    .map(({ opportunity }) => opportunity);
}
