/** What was stored, as lines for people. Pure. */

import { formatTimeUs } from '../../../logger/market/time.ts';
import type { DecisionRecord, OpportunityRecord } from '../../records/records.ts';

export function decisionLine({ atUs, pair, verdict, reasons, evaluation }: DecisionRecord): string {
  const { buy, sell, size, profit, bps } = evaluation;
  const why = reasons.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
  const what = `${pair} buy ${buy.venue}, sell ${sell.venue}: size ${size}, profit ${profit} (${bps} bps)`;
  return `${formatTimeUs(atUs)}  ${verdict}  ${what}${why === '' ? '' : `: ${why}`}`;
}

export function opportunityLine(opportunity: OpportunityRecord): string {
  const { fromUs, toUs, pair, buy, sell, end, best } = opportunity;
  const milliseconds = Math.round((toUs - fromUs) / 1000);
  return `${formatTimeUs(toUs)}  ended  ${pair} buy ${buy}, sell ${sell}: ${end} after ${milliseconds} ms, best profit ${best.profit} (${best.bps} bps)`;
}
