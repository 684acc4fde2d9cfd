/** Records in a directory: LMDB. A batch is one commit. */

import type { Key } from 'lmdb';
import { ConflictError } from '../../logger/errors.ts';
import { readHalt, writeHalt } from './halt-file.ts';
import { holdsRecords, noRecordsIn, openRecordFile } from './lmdb-file.ts';
import type { Changes, RecordFile } from './lmdb-file.ts';
import type {
  DecisionRecord,
  LedgerEntry,
  OpportunityRecord,
  RecordStore,
  ResultRecord,
  RunRecord,
  StoredFeeTable,
  TimeRange,
} from './records.ts';
import {
  assertNextNumber,
  batchTexts,
  overStored,
  recordOf,
  storedText,
} from './stored-records.ts';
import type { RecordKind, RecordOf, StoredText } from './stored-records.ts';

/** Records that are read at once. */
const PAGE = 256;
/** Behind every safe integer, in the order of keys. */
const LAST = Number.POSITIVE_INFINITY;

/** `halt`: the kill switch alone, which may be set while another process writes. */
export type StoreAccess = 'read' | 'write' | 'halt';

/**
 * @throws InvalidArgumentError if there is nothing to read or to halt; ArchiveInUseError if another process
 *   writes it; ArchiveUnavailableError, ArchiveFullError.
 */
export async function openLmdbStore(
  directory: string,
  access: StoreAccess = 'write',
): Promise<RecordStore> {
  if (access !== 'halt') {
    return new LmdbStore(directory, await openRecordFile(directory, access));
  }
  if (!holdsRecords(directory)) throw noRecordsIn(directory);
  return new LmdbStore(directory, null);
}

class LmdbStore implements RecordStore {
  readonly #directory: string;
  readonly #opened: RecordFile | null;

  constructor(directory: string, file: RecordFile | null) {
    this.#directory = directory;
    this.#opened = file;
  }

  async putRun(run: RunRecord): Promise<void> {
    await this.#store([storedText('runs', run)]);
  }

  async putFeeTable(table: StoredFeeTable): Promise<void> {
    await this.#store([storedText('fee_tables', table)]);
  }

  async put(batch: Parameters<RecordStore['put']>[0]): Promise<void> {
    await this.#store(batchTexts(batch));
  }

  async runs(strategy: string): Promise<readonly RunRecord[]> {
    const runs: RunRecord[] = [];
    for await (const run of this.#inOrder('runs', strategy, { from: 0, to: LAST })) runs.push(run);
    return runs;
  }

  async feeTable(id: string): Promise<StoredFeeTable | null> {
    const text = this.#file.read(() => this.#file.get('fee_tables', id));
    return text === undefined ? null : recordOf('fee_tables', id, text);
  }

  opportunities(strategy: string, { fromUs, toUs }: TimeRange): AsyncGenerator<OpportunityRecord> {
    return this.#inOrder('opportunities', strategy, { from: fromUs, to: toUs });
  }

  decisions(strategy: string, { fromUs, toUs }: TimeRange): AsyncGenerator<DecisionRecord> {
    return this.#inOrder('decisions', strategy, { from: fromUs, to: toUs });
  }

  ledger(strategy: string): AsyncGenerator<LedgerEntry> {
    return this.#inOrder('paper_ledger', strategy, { from: 0, to: LAST });
  }

  results(strategy: string, { fromUs, toUs }: TimeRange): AsyncGenerator<ResultRecord> {
    return this.#inOrder('results', strategy, { from: fromUs, to: toUs });
  }

  halted(): Promise<string | null> {
    return readHalt(this.#directory);
  }

  async setHalted(reason: string | null): Promise<void> {
    await writeHalt(this.#directory, reason);
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }

  get #file(): RecordFile {
    if (this.#opened === null) throw new ConflictError('This store is open to be halted only');
    return this.#opened;
  }

  async #store(records: readonly StoredText[]): Promise<void> {
    if (records.length === 0) return;
    const file = this.#file;
    await file.commit((changes) => {
      for (const record of records) this.#storeOne(changes, record);
    });
  }

  #storeOne(changes: Changes, next: StoredText): void {
    const { kind, id, strategy, order, text } = next;
    const stored = this.#file.get(kind, id);
    if (stored !== undefined) {
      if (overStored(stored, next) === 'replace') changes.put(kind, id, text);
      return;
    }
    if (kind === 'paper_ledger') assertNextNumber(next, this.#lastNumber(strategy));
    changes.put(kind, id, text);
    changes.put('order', [kind, strategy, order, id], '');
  }

  #lastNumber(strategy: string): number {
    const [last] = this.#file.keys('order', {
      start: ['paper_ledger', strategy, LAST],
      end: ['paper_ledger', strategy, 0],
      reverse: true,
      limit: 1,
    });
    return last === undefined ? 0 : ((last as Key[])[2] as number);
  }

  /** Page by page: what is written meanwhile is read as well. */
  async *#inOrder<Kind extends RecordKind>(
    kind: Kind,
    strategy: string,
    { from, to }: { readonly from: number; readonly to: number },
  ): AsyncGenerator<RecordOf[Kind]> {
    const end: Key = [kind, strategy, to];
    let start: Key = [kind, strategy, from];
    for (let isFirst = true; ; isFirst = false) {
      const range = { start, end, limit: PAGE, exclusiveStart: !isFirst };
      const page = this.#file.read(() => {
        const keys = this.#file.keys('order', range) as [string, string, number, string][];
        return keys.map(([, , order, id]) => ({ order, id, text: this.#file.get(kind, id) ?? '' }));
      });
      for (const { id, text } of page) yield recordOf(kind, id, text);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      start = [kind, strategy, last.order, last.id];
    }
  }
}
