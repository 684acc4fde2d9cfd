/** A store of records in memory, with what it was given in order. */

import { canonicalJson } from '../../pipe/market/plain-json.ts';
import type {
  DecisionRecord,
  LedgerEntry,
  OpportunityRecord,
  RecordStore,
  ResultRecord,
  RunRecord,
  StoredFeeTable,
  TimeRange,
} from '../../pipe/records/records.ts';
import { RECORD_KINDS, overStored, storedText } from '../../pipe/records/stored-records.ts';
import type { RecordKind, StoredText } from '../../pipe/records/stored-records.ts';

export class MemoryRecords implements RecordStore {
  readonly #records = new Map<RecordKind, Map<string, StoredText>>();
  haltReason: string | null = null;
  /** Fails each write. */
  failure: Error | null = null;

  putRun(run: RunRecord): Promise<void> {
    return this.#put([storedText('runs', run)]);
  }

  putFeeTable(table: StoredFeeTable): Promise<void> {
    return this.#put([storedText('fee_tables', table)]);
  }

  put(batch: Parameters<RecordStore['put']>[0]): Promise<void> {
    return this.#put([
      ...(batch.opportunities ?? []).map((record) => storedText('opportunities', record)),
      ...(batch.decisions ?? []).map((record) => storedText('decisions', record)),
      ...(batch.ledger ?? []).map((record) => storedText('paper_ledger', record)),
      ...(batch.results ?? []).map((record) => storedText('results', record)),
    ]);
  }

  runs(): Promise<readonly RunRecord[]> {
    return Promise.resolve(this.all('runs'));
  }

  feeTable(id: string): Promise<StoredFeeTable | null> {
    const all = this.all<StoredFeeTable & { id: string }>('fee_tables');
    return Promise.resolve(all.find((table) => table.id === id) ?? null);
  }

  async *opportunities(): AsyncIterable<OpportunityRecord> {
    yield* this.all<OpportunityRecord>('opportunities');
  }

  async *decisions(): AsyncIterable<DecisionRecord> {
    yield* this.all<DecisionRecord>('decisions');
  }

  async *ledger(): AsyncIterable<LedgerEntry> {
    yield* this.all<LedgerEntry>('paper_ledger');
  }

  async *results(_: string, { fromUs, toUs }: TimeRange): AsyncIterable<ResultRecord> {
    for (const result of this.all<ResultRecord>('results')) {
      if (result.atUs >= fromUs && result.atUs < toUs) yield result;
    }
  }

  halted(): Promise<string | null> {
    return Promise.resolve(this.haltReason);
  }

  setHalted(reason: string | null): Promise<void> {
    this.haltReason = reason;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  all<T>(kind: RecordKind): T[] {
    const records = [...(this.#records.get(kind)?.values() ?? [])];
    records.sort((a, b) => a.order - b.order);
    return records.map(({ text }) => JSON.parse(text) as T);
  }

  /** Everything, for comparison. */
  text(): string {
    return RECORD_KINDS.flatMap((kind) =>
      this.all(kind).map((record) => canonicalJson(record)),
    ).join('\n');
  }

  async #put(records: readonly StoredText[]): Promise<void> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
    for (const record of records) {
      const own = this.#records.get(record.kind) ?? new Map<string, StoredText>();
      this.#records.set(record.kind, own);
      const stored = own.get(record.id);
      if (stored === undefined || overStored(stored.text, record) === 'replace') {
        own.set(record.id, record);
      }
    }
  }
}
