/** Coins that had left a venue and had not arrived when a run ended: the next run lets them arrive. */

import { ZERO, addExact, formatExact, parseExact, subtractExact } from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';
import type { DecisionRecord, LedgerEntry, RecordStore } from '../records/records.ts';
import type { Transfer } from '../strategy/strategy.ts';

interface Sent {
  readonly coin: string;
  readonly from: string;
  readonly atUs: number;
  amount: Exact;
  fee: Exact;
}

export interface InFlight {
  readonly pair: string;
  readonly transfer: Transfer;
}

export async function transfersInFlight(
  store: RecordStore,
  strategy: string,
): Promise<readonly InFlight[]> {
  const withdrawn = new Withdrawn();
  for await (const entry of store.ledger(strategy)) withdrawn.add(entry);
  return withdrawn.transfers(store, strategy);
}

class Withdrawn {
  /** By decision. */
  readonly #sent = new Map<string, Sent>();

  add({ decision, kind, coin, venue, atUs, amount }: LedgerEntry): void {
    if (decision === null) return;
    if (kind === 'deposit') this.#sent.delete(decision);
    if (kind !== 'withdrawal' && kind !== 'transfer-fee') return;
    let sent = this.#sent.get(decision);
    if (!sent) {
      sent = { coin, from: venue, atUs, amount: ZERO, fee: ZERO };
      this.#sent.set(decision, sent);
    }
    const left = subtractExact(ZERO, parseExact(amount));
    sent.amount = addExact(sent.amount, left);
    if (kind === 'transfer-fee') sent.fee = addExact(sent.fee, left);
  }

  async transfers(store: RecordStore, strategy: string): Promise<InFlight[]> {
    if (this.#sent.size === 0) return [];
    const found: InFlight[] = [];
    const range = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
    for await (const decision of store.decisions(strategy, range)) {
      const sent = this.#sent.get(decision.id);
      if (sent) found.push({ pair: decision.pair, transfer: transferOf(decision, sent) });
    }
    return found;
  }
}

function transferOf({ id, evaluation, expected }: DecisionRecord, sent: Sent): Transfer {
  const { delayMs } = expected['transfer'] as { readonly delayMs: number };
  return {
    decision: id,
    coin: sent.coin,
    from: sent.from,
    to: evaluation.sell.venue,
    amount: formatExact(sent.amount),
    fee: formatExact(sent.fee),
    arrivesUs: sent.atUs + delayMs * 1000,
  };
}
