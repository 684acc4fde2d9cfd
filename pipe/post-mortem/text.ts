/** A post-mortem as text for people: totals first, then one paragraph for each opportunity. */

import { formatTimeUs } from '../../logger/market/time.ts';
import { directionOf } from './totals.ts';
import { duration, notSearchedText, plural } from './page/markup.ts';
import { because, bookedText, leg, limit, outcome, transfer } from './page/opportunity-table.ts';
import type { NamedSum, PostMortem, ReportedOpportunity, Sum } from './report.ts';

export function* textOf(report: PostMortem): Generator<string> {
  const { strategy, fromUs, toUs, feeTable, totals, opportunities } = report;
  const table = feeTable.isRecorded ? 'the fees of the live run' : 'other fees than the live run';
  yield `Post-mortem of ${strategy}, ${formatTimeUs(fromUs)} to ${formatTimeUs(toUs)}, under ${table} (${feeTable.id.slice(0, 12)})`;
  yield* recomputation(report);
  for (const venue of report.notSearched) yield notSearchedText(venue);
  for (const sum of totals.all) yield `All: ${sumText(sum)}`;
  if (opportunities.length === 0) yield 'No opportunities.';
  yield* sums('By pair', totals.byPair);
  yield* sums('By direction', totals.byDirection);
  yield* sums('By reason', totals.byReason);
  yield* sums('By day', totals.byDay);
  for (const opportunity of opportunities) yield* paragraph(opportunity);
}

function* recomputation({ recomputation }: PostMortem): Generator<string> {
  const { decisions, equal, different, skipped, differences } = recomputation;
  yield `${plural(decisions, 'decision')} recorded: ${equal} the same to the last digit when made again from the archive, ${different} different`;
  for (const { reason, decisions: count } of skipped) yield `  ${count} not made again: ${reason}`;
  for (const { decision, field, recorded, recomputed } of differences) {
    yield `  ${decision}: ${field} is ${recorded} in the record, ${recomputed} by the archive`;
  }
}

function* sums(heading: string, rows: readonly NamedSum[]): Generator<string> {
  if (rows.length === 0) return;
  yield `${heading}:`;
  for (const sum of rows) yield `  ${sum.name}: ${sumText(sum)}`;
}

function sumText(sum: Sum): string {
  const { taken, rejected, missed, predicted, booked, unbooked, realised, unknown } = sum;
  const { leftOut, quote } = sum;
  const open = unbooked > 0 ? ` (${unbooked} without a result)` : '';
  const gap = unknown > 0 ? ` (${unknown} unknown)` : '';
  return (
    `${taken} taken, ${rejected} rejected, ${missed} missed; predicted ${predicted} ${quote}, ` +
    `booked ${booked} ${quote}${open}, ` +
    `at the later books ${realised} ${quote}${gap}; predicted, not taken ${leftOut} ${quote}`
  );
}

function* paragraph(opportunity: ReportedOpportunity): Generator<string> {
  const { fromUs, pair, verdict, predicted, best, quote, reasons, books, breakEven } = opportunity;
  const { fee } = breakEven;
  const highest =
    fee.state === 'known'
      ? `${fee.isAtLeast ? 'at least ' : ''}${fee.fraction} on each trade`
      : because(fee);
  yield '';
  yield `${formatTimeUs(fromUs)}  ${pair} ${directionOf(opportunity)}  ${verdict}  (${opportunity.id})`;
  yield `  lasted ${duration(opportunity.lifetimeUs)}, ended: ${opportunity.end}`;
  yield `  predicted: ${predicted.profit} ${quote} (${predicted.bps} bps) with ${predicted.size}, limited by ${predicted.limitedBy}; at best ${best.profit} ${quote}`;
  for (const { reason, detail } of reasons) yield `  ${reason}: ${detail}`;
  if (opportunity.booked !== null) yield `  booked: ${bookedText(opportunity.booked, quote)}`;
  yield `  at the later books: ${outcome(opportunity.atLatency, quote)}`;
  yield `  by transfer: ${transfer(opportunity.byTransfer, quote)}`;
  yield `  break-even: latency ${limit(breakEven.latency)}; fee ${highest}; transfer ${limit(breakEven.transfer)}`;
  yield `  bought from ${leg(books.buy)}`;
  yield `  sold to ${leg(books.sell)}`;
}
