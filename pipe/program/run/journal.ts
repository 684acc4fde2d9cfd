/**
 * What a strategy leaves behind, on its way to the store: in order, one commit at a time. It numbers the movements
 * of money, of all pairs together, and keeps the balances that they make.
 */

import { addExact, formatExact, parseExact, ZERO } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type {
  DecisionRecord,
  LedgerEntry,
  OpportunityRecord,
  RecordStore,
  ResultRecord,
} from '../../records/records.ts';

export interface RecordBatch {
  readonly opportunities?: readonly OpportunityRecord[];
  readonly decisions?: readonly DecisionRecord[];
  readonly ledger?: readonly LedgerEntry[];
  readonly results?: readonly ResultRecord[];
}

export class RecordJournal {
  readonly #store: RecordStore;
  readonly #onStored: (batch: RecordBatch) => void;
  readonly #onFailed: (error: unknown) => void;
  readonly #balances = new Map<string, Exact>();
  #lastNumber = 0;
  #waiting: RecordBatch[] = [];
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  private constructor(
    store: RecordStore,
    onStored: (batch: RecordBatch) => void,
    onFailed: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#onStored = onStored;
    this.#onFailed = onFailed;
  }

  /** With the balances that the strategy left behind. */
  static async open(
    store: RecordStore,
    strategy: string,
    deps: {
      readonly onStored: (batch: RecordBatch) => void;
      /** Nothing is stored after it. */
      readonly onFailed: (error: unknown) => void;
    },
  ): Promise<RecordJournal> {
    const journal = new RecordJournal(store, deps.onStored, deps.onFailed);
    for await (const entry of store.ledger(strategy)) {
      journal.#lastNumber = entry.number;
      journal.#balances.set(keyOf(entry), parseExact(entry.balance));
    }
    return journal;
  }

  /** null: nothing was ever moved there. */
  balance(venue: string, coin: string): string | null {
    const balance = this.#balances.get(keyOf({ venue, coin }));
    return balance === undefined ? null : formatExact(balance);
  }

  /** Takes a batch at once, and commits it with all of the same turn; `flushed` says when it is stored. */
  add(batch: RecordBatch): void {
    const { ledger = [] } = batch;
    this.#waiting.push({ ...batch, ledger: ledger.map((entry) => this.#numbered(entry)) });
    this.#writing ??= this.#write();
  }

  /** Resolves when everything so far is stored. @throws whatever kept it from that. */
  async flushed(): Promise<void> {
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  #numbered(entry: LedgerEntry): LedgerEntry {
    const key = keyOf(entry);
    const balance = addExact(this.#balances.get(key) ?? ZERO, parseExact(entry.amount));
    this.#balances.set(key, balance);
    return { ...entry, number: ++this.#lastNumber, balance: formatExact(balance) };
  }

  async #write(): Promise<void> {
    try {
      // What was bought and its withdrawal come in one turn: a kill must not part them.
      await Promise.resolve();
      while (this.#waiting.length > 0 && !this.#failure) {
        const batch = joined(this.#waiting);
        this.#waiting = [];
        await this.#store.put(batch);
        this.#onStored(batch);
      }
    } catch (error) {
      this.#failure = { error };
      this.#onFailed(error);
    } finally {
      this.#writing = undefined;
    }
  }
}

function joined(batches: readonly RecordBatch[]): Required<RecordBatch> {
  return {
    opportunities: batches.flatMap(({ opportunities = [] }) => opportunities),
    decisions: batches.flatMap(({ decisions = [] }) => decisions),
    ledger: batches.flatMap(({ ledger = [] }) => ledger),
    results: batches.flatMap(({ results = [] }) => results),
  };
}

function keyOf({ venue, coin }: Pick<LedgerEntry, 'venue' | 'coin'>): string {
  return `${venue} ${coin}`;
}
