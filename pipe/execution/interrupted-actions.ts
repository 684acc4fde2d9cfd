/** Actions that a kill interrupted: their orders have moved money, and no record says what they came to. */

import type { LedgerEntry, RecordStore, TimeRange } from '../records/records.ts';
import type { InterruptedAction } from '../strategy/strategy.ts';

/** A decision is so much older than what its orders move, at most. */
const ORDERS_US = 3_600_000_000;

/** Of those that moved money in a range. What was on its way goes on instead: `open-transfers.ts`. */
export async function interruptedActions(
  store: RecordStore,
  strategy: string,
  { fromUs, toUs }: TimeRange,
): Promise<readonly InterruptedAction[]> {
  const interrupted = new Map<string, LedgerEntry[]>();
  const sent = new Set<string>();
  for await (const entry of store.ledger(strategy)) {
    const { decision, atUs, kind } = entry;
    if (decision !== null && kind === 'withdrawal') sent.add(decision);
    if (decision === null || atUs < fromUs || atUs >= toUs) continue;
    if (kind === 'buy' || kind === 'sell' || kind === 'fee') {
      interrupted.set(decision, [...(interrupted.get(decision) ?? []), entry]);
    }
  }
  for (const decision of sent) interrupted.delete(decision);
  for await (const { decision } of store.results(strategy, { fromUs, toUs })) {
    interrupted.delete(decision);
  }
  if (interrupted.size === 0) return [];
  const found: InterruptedAction[] = [];
  const range = { fromUs: Math.max(0, fromUs - ORDERS_US), toUs };
  for await (const decision of store.decisions(strategy, range)) {
    const ledger = interrupted.get(decision.id);
    if (ledger) found.push({ decision, ledger });
  }
  return found;
}
