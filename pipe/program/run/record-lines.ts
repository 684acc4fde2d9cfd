/** What was stored, as lines for people. Pure. */

import { formatTimeUs } from '../../../logger/market/time.ts';
import { addExact, compareExact, formatExact, parseExact, ZERO } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type {
  DecisionRecord,
  LedgerEntry,
  OpportunityRecord,
  ResultRecord,
} from '../../records/records.ts';
import { isSale } from '../../strategy/arbitrage/sale.ts';
import type { RecordBatch } from './journal.ts';
import { restText } from '../../records/rest-text.ts';
import type { OrderRequest, OrderResult } from '../../strategy/strategy.ts';

/** What is stored, as lines: what is not taken has the one that says why, and none at its end. */
export class RecordLines {
  readonly #taken = new Set<string>();

  *of({ opportunities = [], decisions = [], ledger = [], results = [] }: RecordBatch) {
    for (const decision of decisions) {
      if (decision.verdict === 'taken' && !isSale(decision)) this.#taken.add(decision.opportunity);
      yield decisionLine(decision);
    }
    yield* movementLines(ledger);
    for (const result of results) yield resultLine(result);
    for (const one of opportunities) {
      if (one.end !== 'running' && this.#taken.delete(one.id)) yield opportunityLine(one);
    }
  }
}

function decisionLine(decision: DecisionRecord): string {
  const { atUs, pair, verdict, reasons, evaluation } = decision;
  const { buy, sell, size, profit, bps } = evaluation;
  const why = reasons.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
  const how = isSale(decision) ? 'sell what has arrived on' : `buy ${buy.venue}, sell`;
  const what = `${pair} ${how} ${sell.venue}: size ${size}, profit ${profit} (${bps} bps)`;
  return `${formatTimeUs(atUs)}  ${verdict}  ${what}${why === '' ? '' : `: ${why}`}`;
}

function opportunityLine(opportunity: OpportunityRecord): string {
  const { fromUs, toUs, pair, buy, sell, end, best } = opportunity;
  const milliseconds = Math.round((toUs - fromUs) / 1000);
  return `${formatTimeUs(toUs)}  ended  ${pair} buy ${buy}, sell ${sell}: ${end} after ${milliseconds} ms, best profit ${best.profit} (${best.bps} bps)`;
}

export function resultLine(record: ResultRecord): string {
  const { atUs, pair, quote, money, result } = record;
  const rest = restText(record);
  const parts = rest === '' ? '' : `: ${money} paid and got, ${rest}`;
  return `${formatTimeUs(atUs)}  result  ${pair}: ${result} ${quote}${parts}`;
}

/** An order of which less than all was filled. */
export interface Unfilled extends Pick<OrderRequest, 'decision' | 'side' | 'size' | 'limit'> {
  readonly atUs: number;
  readonly venue: string;
  readonly pair: string;
  readonly filled: string;
  readonly error: string | null;
}

/** null: all of it was filled. The ledger has nothing of what was not. */
export function unfilledOf({ request, atUs, fills, error }: OrderResult): Unfilled | null {
  const { decision, side, size, limit, venue } = request;
  const filled = fills.reduce((sum, fill) => addExact(sum, parseExact(fill.size)), ZERO);
  if (error === null && compareExact(filled, parseExact(size)) >= 0) return null;
  const order = { decision, side, size, limit, venue: venue.name, pair: venue.pair };
  return { ...order, atUs, filled: formatExact(filled), error };
}

export function unfilledLine(unfilled: Unfilled): string {
  const { atUs, venue, pair, side, size, limit, filled, error } = unfilled;
  const price = compareExact(parseExact(limit), ZERO) === 0 ? 'any price' : `${limit} or better`;
  const why = error ?? 'the book holds no more at that price';
  return `${formatTimeUs(atUs)}  unfilled  ${venue}: ${side} ${size} ${pair} at ${price}: ${filled} filled (${why})`;
}

/** One line for what an order or a transfer moved on a venue, whatever the number of its fills. */
export function movementLines(ledger: readonly LedgerEntry[]): readonly string[] {
  const groups = new Map<string, LedgerEntry[]>();
  for (const entry of ledger) {
    const key = JSON.stringify([entry.atUs, entry.venue, entry.decision, entry.fill]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map(movementLine);
}

function movementLine(entries: readonly LedgerEntry[]): string {
  const [{ atUs, dueUs, venue, kind, fill }] = entries as [LedgerEntry, ...LedgerEntry[]];
  const sums = new Map<string, Exact>();
  for (const { coin, kind: of, amount } of entries) {
    const what = of === kind ? coin : `${coin} (${of})`;
    sums.set(what, addExact(sums.get(what) ?? ZERO, parseExact(amount)));
  }
  const amounts = [...sums].map(
    ([what, sum]) => `${sum.value > 0n ? '+' : ''}${formatExact(sum)} ${what}`,
  );
  const by = fill === null ? '' : ` (${fill})`;
  const late = dueUs === undefined ? '' : ` (late: due ${formatTimeUs(dueUs)})`;
  return `${formatTimeUs(atUs)}  ${kind}  ${venue}: ${amounts.join(', ')}${by}${late}`;
}
