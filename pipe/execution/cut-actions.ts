/** Actions of which a kill has left a part: their orders have moved money, and nothing says what they came to. */

import type { LedgerEntry, RecordStore, TimeRange } from '../records/records.ts';
import type { CutAction } from '../strategy/strategy.ts';

/** A decision is so much older than what its orders move, at most. */
const ORDERS_US = 3_600_000_000;

/** Of those that moved money in a range. What was on its way goes on instead: `open-transfers.ts`. */
export async function cutActions(
  store: RecordStore,
  strategy: string,
  { fromUs, toUs }: TimeRange,
): Promise<readonly CutAction[]> {
  const cut = new Map<string, LedgerEntry[]>();
  const sent = new Set<string>();
  for await (const entry of store.ledger(strategy)) {
    const { decision, atUs, kind } = entry;
    if (decision !== null && kind === 'withdrawal') sent.add(decision);
    if (decision === null || atUs < fromUs || atUs >= toUs) continue;
    if (kind === 'buy' || kind === 'sell' || kind === 'fee') {
      cut.set(decision, [...(cut.get(decision) ?? []), entry]);
    }
  }
  for (const decision of sent) cut.delete(decision);
  for await (const { decision } of store.results(strategy, { fromUs, toUs })) cut.delete(decision);
  if (cut.size === 0) return [];
  const found: CutAction[] = [];
  const range = { fromUs: Math.max(0, fromUs - ORDERS_US), toUs };
  for await (const decision of store.decisions(strategy, range)) {
    const ledger = cut.get(decision.id);
    if (ledger) found.push({ decision, ledger });
  }
  return found;
}
