/** What the orders of decisions really did, by the ledger and the results. */

import { ZERO, addExact, formatExact, negateExact, parseExact } from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';
import type { DecisionRecord, LedgerEntry, RecordStore, ResultRecord } from '../records/records.ts';
import type { DecisionInputs } from '../strategy/arbitrage/question.ts';
import type { Booked } from './report.ts';

/** Of those that were taken. */
export async function bookedOf(
  store: RecordStore,
  strategy: string,
  decisions: readonly DecisionRecord[],
): Promise<ReadonlyMap<string, Booked>> {
  const taken = decisions.filter(({ verdict }) => verdict === 'taken');
  const ledgers = new Map<string | null, LedgerEntry[]>(taken.map(({ id }) => [id, []]));
  if (ledgers.size === 0) return new Map();
  for await (const entry of store.ledger(strategy)) ledgers.get(entry.decision)?.push(entry);
  const results = new Map<string, ResultRecord>();
  const always = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };
  for await (const result of store.results(strategy, always)) {
    if (ledgers.has(result.decision)) results.set(result.decision, result);
  }
  return new Map(
    taken.map((decision) => [
      decision.id,
      booked(decision, ledgers.get(decision.id) ?? [], results.get(decision.id) ?? null),
    ]),
  );
}

function booked(
  { evaluation: { buy, sell }, inputs }: DecisionRecord,
  ledger: readonly LedgerEntry[],
  result: ResultRecord | null,
): Booked {
  const { base, quote } = (inputs as unknown as DecisionInputs).direction;
  const sum = (wanted: Partial<LedgerEntry>): Exact =>
    ledger
      .filter((entry) =>
        Object.entries(wanted).every(([name, value]) => entry[name as 'coin'] === value),
      )
      .reduce((all, { amount }) => addExact(all, parseExact(amount)), ZERO);
  return {
    bought: formatExact(sum({ kind: 'buy', coin: base })),
    cost: formatExact(negateExact(sum({ venue: buy.venue, coin: quote }))),
    sold: formatExact(negateExact(sum({ kind: 'sell', coin: base }))),
    net: formatExact(sum({ venue: sell.venue, coin: quote })),
    result: result && {
      atUs: result.atUs,
      profit: result.result,
      rest: result.rest,
      worth: result.worth,
      hasFailed: result.hasFailed,
    },
  };
}
