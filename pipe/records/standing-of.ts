/** How a strategy stands, from its records alone: what is there, what is on its way, what the day has brought. */

import { addExact, formatExact, parseExact, ZERO } from '../market/exact.ts';
import type { DecisionRecord, RecordStore, ResultRecord, TimeRange } from './records.ts';

export interface StoredBalance {
  readonly venue: string;
  readonly coin: string;
  readonly balance: string;
}

/** In order of venues and coins. */
export async function balancesOf(
  store: RecordStore,
  strategy: string,
): Promise<readonly StoredBalance[]> {
  const all = new Map<string, StoredBalance>();
  for await (const { venue, coin, balance } of store.ledger(strategy)) {
    all.set(`${venue} ${coin}`, { venue, coin, balance });
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** What the actions that ended within a range brought. */
export interface ResultOf {
  readonly quote: string;
  readonly result: string;
  readonly actions: number;
  readonly failed: number;
}

export async function resultsOf(results: AsyncIterable<ResultRecord>): Promise<ResultOf[]> {
  const sums = new Map<string, ResultOf>();
  for await (const { quote, result, hasFailed } of results) {
    const before = sums.get(quote) ?? { quote, result: formatExact(ZERO), actions: 0, failed: 0 };
    sums.set(quote, {
      quote,
      result: formatExact(addExact(parseExact(before.result), parseExact(result))),
      actions: before.actions + 1,
      failed: before.failed + (hasFailed ? 1 : 0),
    });
  }
  return [...sums.values()].sort((a, b) => (a.quote < b.quote ? -1 : 1));
}

const HOUR_US = 3_600_000_000;

/** The newest ones, the oldest of them first. Looks back step by step: a store may have millions. */
export async function lastDecisions(
  store: RecordStore,
  strategy: string,
  { count, nowUs }: { readonly count: number; readonly nowUs: number },
): Promise<readonly DecisionRecord[]> {
  for (let backUs = HOUR_US; ; backUs *= 16) {
    const range: TimeRange = { fromUs: Math.max(0, nowUs - backUs), toUs: Number.MAX_SAFE_INTEGER };
    const last: DecisionRecord[] = [];
    for await (const decision of store.decisions(strategy, range)) {
      last.push(decision);
      if (last.length > count) last.shift();
    }
    if (last.length === count || range.fromUs === 0) return last;
  }
}
