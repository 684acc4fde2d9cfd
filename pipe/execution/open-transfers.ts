/** Transfers that earlier runs left open, according to their records. The next run goes on with them. */

import { ZERO, addExact, formatExact, negateExact, parseExact } from '../market/exact.ts';
import type { DecisionRecord, LedgerEntry, RecordStore } from '../records/records.ts';
import type { OpenTransfer } from '../strategy/strategy.ts';

/** Of what left a venue: what has not arrived, and what has and was not sold. What has a result is done. */
export async function openTransfers(
  store: RecordStore,
  strategy: string,
): Promise<readonly OpenTransfer[]> {
  const open = new Map<string | null, LedgerEntry[]>();
  for await (const { decision, kind } of store.ledger(strategy)) {
    if (kind === 'withdrawal') open.set(decision, []);
    if (kind === 'sell') open.delete(decision);
  }
  const always = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  for await (const { decision } of store.results(strategy, always)) open.delete(decision);
  // Most of the time: decisions are by far the most of a store.
  if (open.size === 0) return [];
  for await (const entry of store.ledger(strategy)) open.get(entry.decision)?.push(entry);
  const found = new Map<string, OpenTransfer>();
  for await (const decision of store.decisions(strategy, always)) {
    const { id, opportunity } = decision;
    const ledger = open.get(id);
    const before = found.get(opportunity);
    if (ledger) found.set(opportunity, openTransferOf(decision, ledger));
    else if (before) found.set(opportunity, { ...before, lastNumber: numberOf(id) });
  }
  return [...found.values()];
}

function openTransferOf(decision: DecisionRecord, ledger: readonly LedgerEntry[]): OpenTransfer {
  const { delayMs } = decision.expected['transfer'] as { readonly delayMs: number };
  const of = (kind: LedgerEntry['kind']): LedgerEntry[] =>
    ledger.filter((entry) => entry.kind === kind);
  const [withdrawals, fees] = [of('withdrawal'), of('transfer-fee')];
  const { coin, venue, atUs } = withdrawals[0] as LedgerEntry;
  return {
    decision,
    lastNumber: numberOf(decision.id),
    ledger,
    hasArrived: of('deposit').length > 0,
    transfer: {
      decision: decision.id,
      coin,
      from: venue,
      to: decision.evaluation.sell.venue,
      amount: takenBy([...withdrawals, ...fees]),
      fee: takenBy(fees),
      arrivesUs: atUs + delayMs * 1000,
    },
  };
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('/') + 1));
}

function takenBy(entries: readonly LedgerEntry[]): string {
  const sum = entries.reduce((all, { amount }) => addExact(all, parseExact(amount)), ZERO);
  return formatExact(negateExact(sum));
}
