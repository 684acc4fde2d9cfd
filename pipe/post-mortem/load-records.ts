/** What a strategy left behind, of a range. */

import type { FeeTable } from '../fees/fee-table.ts';
import type {
  DecisionRecord,
  OpportunityRecord,
  RecordStore,
  RunRecord,
} from '../records/records.ts';
import type { DecidedUnder } from './recompute.ts';

export interface LoadOptions {
  readonly strategy: string;
  readonly fromUs: number | null;
  readonly toUs: number | null;
}

export class Loaded {
  /** In order of time, and never none. */
  readonly runs: readonly RunRecord[];
  readonly opportunities: readonly OpportunityRecord[];
  readonly decisions: readonly DecisionRecord[];
  readonly #tables: ReadonlyMap<string, FeeTable>;
  readonly #byOpportunity = new Map<string, DecisionRecord[]>();
  /** Of a direction. */
  readonly #byDirection = new Map<string, OpportunityRecord[]>();

  constructor(
    runs: readonly RunRecord[],
    tables: ReadonlyMap<string, FeeTable>,
    opportunities: readonly OpportunityRecord[],
    decisions: readonly DecisionRecord[],
  ) {
    this.runs = runs;
    this.#tables = tables;
    this.opportunities = opportunities;
    this.decisions = decisions;
    for (const one of decisions) push(this.#byOpportunity, one.opportunity, one);
    for (const one of opportunities) push(this.#byDirection, directionKey(one), one);
  }

  get firstUs(): number {
    const [run] = this.runs;
    return Math.min(run?.startedUs ?? Infinity, this.opportunities[0]?.fromUs ?? Infinity);
  }

  get lastUs(): number {
    return this.opportunities.reduce((us, { toUs }) => Math.max(us, toUs), this.firstUs);
  }

  tableOf({ feeTable }: RunRecord): FeeTable {
    return this.#tables.get(feeTable) ?? { exchanges: {} };
  }

  decisionsOf({ id }: OpportunityRecord): readonly DecisionRecord[] {
    return this.#byOpportunity.get(id) ?? [];
  }

  /** The run that made it; null: its run, or its table, is not there. */
  underOf({ atUs }: DecisionRecord): DecidedUnder | null {
    const run = this.runs.findLast(({ startedUs }) => startedUs <= atUs) ?? this.runs[0];
    const table = run && this.#tables.get(run.feeTable);
    return run && table ? { run, table } : null;
  }

  /** Something of that time and direction is recorded. */
  overlaps(opportunity: OpportunityRecord): boolean {
    const recorded = this.#byDirection.get(directionKey(opportunity)) ?? [];
    return recorded.some(
      ({ fromUs, toUs }) => fromUs <= opportunity.toUs && opportunity.fromUs <= toUs,
    );
  }
}

/** null: the strategy never ran. */
export async function loadRecords(
  store: RecordStore,
  { strategy, fromUs, toUs }: LoadOptions,
): Promise<Loaded | null> {
  const runs = [...(await store.runs(strategy))].sort((a, b) => a.startedUs - b.startedUs);
  if (runs.length === 0) return null;
  const tables = new Map<string, FeeTable>();
  for (const { feeTable } of runs) {
    const stored = await store.feeTable(feeTable);
    if (stored !== null) tables.set(feeTable, stored.table as FeeTable);
  }
  const range = { fromUs: fromUs ?? 0, toUs: toUs ?? Number.MAX_SAFE_INTEGER };
  const opportunities: OpportunityRecord[] = [];
  for await (const one of store.opportunities(strategy, range)) opportunities.push(one);
  const decisions: DecisionRecord[] = [];
  for await (const one of store.decisions(strategy, range)) decisions.push(one);
  return new Loaded(runs, tables, opportunities, decisions);
}

function directionKey({ pair, buy, sell }: OpportunityRecord): string {
  return `${pair}\n${buy}\n${sell}`;
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
