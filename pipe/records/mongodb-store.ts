/**
 * Records in MongoDB, which needs no transactions. A batch is written down as one document (`control`, `pending/…`)
 * before its records are, and removed after them: what a killed process left half done, the next writer completes.
 * Of two that write at once, each keeps what it finds, and the one that comes second with other content gets an error.
 */

import { randomUUID } from 'node:crypto';
import { MongoServerError } from 'mongodb';
import type { Filter } from 'mongodb';
import { DUPLICATE_KEY, MongoConnection } from '../../logger/archive/mongodb/connection.ts';
import type { StoredDocument } from '../../logger/archive/mongodb/connection.ts';
import { mongoLocation } from '../../logger/archive/mongodb/location.ts';
import {
  ConflictError,
  DuplicateRecordError,
  InvalidArgumentError,
  LimitExceededError,
} from '../../logger/errors.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import type { StoreAccess } from './lmdb-store.ts';
import { documentOf } from './mongodb-documents.ts';
import type { RecordDocument } from './mongodb-documents.ts';
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
  RECORD_KINDS,
  assertNextNumber,
  batchTexts,
  overStored,
  recordOf,
  storedText,
} from './stored-records.ts';
import type { RecordKind, RecordOf, StoredText } from './stored-records.ts';

type Connection = MongoConnection<RecordKind | 'control'>;

const LAYOUT = { _id: 'layout', version: 1 };
const HALTED = 'halted';
const PENDING = 'pending/';
const ANY_PENDING = { _id: { $gte: PENDING, $lt: `${PENDING}~` } };
/** Records that are read at once. */
const PAGE = 256;
/** Below MongoDB's 16 MB for a document. */
const MAX_BATCH_BYTES = 15_000_000;

/**
 * @param uri may name the database in its path.
 * @throws InvalidArgumentError for a bad address, or if there is nothing to read or to halt;
 *   ArchiveUnavailableError.
 */
export async function openMongoStore(
  uri: string,
  access: StoreAccess,
  clock: Clock,
): Promise<RecordStore> {
  const location = mongoLocation(uri);
  const connection: Connection = new MongoConnection(location, clock, {
    isReader: access === 'read',
  });
  const store = new MongoStore(connection, access);
  try {
    await store.prepare(`mongodb://${location.shown}/${location.database}`);
    return store;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

class MongoStore implements RecordStore {
  readonly #connection: Connection;
  readonly #access: StoreAccess;
  readonly #pendingId = PENDING + randomUUID();
  /** One batch after the other. */
  #lastPut: Promise<void> = Promise.resolve();
  /** A batch was begun, and its end is not known. */
  #isUnsure = false;

  constructor(connection: Connection, access: StoreAccess) {
    this.#connection = connection;
    this.#access = access;
  }

  /** @param shown for messages. */
  async prepare(shown: string): Promise<void> {
    if (this.#access === 'write') await this.#create();
    const layout = await this.#call('layout', 'control', (all) => all.findOne({ _id: LAYOUT._id }));
    if (!layout) throw new InvalidArgumentError(`There are no records of strategies in ${shown}`);
    if (layout['version'] !== LAYOUT.version) {
      throw new ConflictError(
        `The records in ${shown} have a layout that this version does not know: use a later one`,
      );
    }
    if (this.#access === 'write') await this.#completePending(ANY_PENDING);
  }

  async #create(): Promise<void> {
    for (const kind of RECORD_KINDS) {
      await this.#call('createIndex', kind, (all) =>
        all.createIndex({ strategy: 1, order: 1, _id: 1 }),
      );
    }
    const { _id, version } = LAYOUT;
    await this.#call('layout', 'control', (all) =>
      all.updateOne({ _id }, { $setOnInsert: { version } }, { upsert: true }),
    );
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
    for await (const run of this.#inOrder('runs', strategy)) runs.push(run);
    return runs;
  }

  async feeTable(id: string): Promise<StoredFeeTable | null> {
    const text = (await this.#textsOf('fee_tables', [id])).get(id);
    return text === undefined ? null : recordOf('fee_tables', id, text);
  }

  opportunities(strategy: string, range: TimeRange): AsyncGenerator<OpportunityRecord> {
    return this.#inOrder('opportunities', strategy, range);
  }

  decisions(strategy: string, range: TimeRange): AsyncGenerator<DecisionRecord> {
    return this.#inOrder('decisions', strategy, range);
  }

  ledger(strategy: string): AsyncGenerator<LedgerEntry> {
    return this.#inOrder('paper_ledger', strategy);
  }

  results(strategy: string, range: TimeRange): AsyncGenerator<ResultRecord> {
    return this.#inOrder('results', strategy, range);
  }

  async halted(): Promise<string | null> {
    const found = await this.#call('halted', 'control', (all) => all.findOne({ _id: HALTED }));
    return found ? String(found['reason']) : null;
  }

  async setHalted(reason: string | null): Promise<void> {
    const document = { reason: reason?.replaceAll(/\s+/g, ' ').trim() };
    await this.#call<unknown>('setHalted', 'control', (all) =>
      reason === null
        ? all.deleteOne({ _id: HALTED })
        : all.replaceOne({ _id: HALTED }, document, { upsert: true }),
    );
  }

  async close(): Promise<void> {
    await this.#lastPut;
    await this.#connection.close();
  }

  async #store(records: readonly StoredText[]): Promise<void> {
    if (this.#access !== 'write') throw new ConflictError('These records are not open for writing');
    const put = this.#lastPut.then(() => this.#storeNow(records));
    this.#lastPut = put.catch(() => undefined);
    await put;
  }

  /** Nothing is written of a batch that is rejected. */
  async #storeNow(records: readonly StoredText[]): Promise<void> {
    const bytes = records.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    if (bytes > MAX_BATCH_BYTES) {
      throw new LimitExceededError(`A batch has ${bytes} bytes, more than ${MAX_BATCH_BYTES}`);
    }
    if (this.#isUnsure) await this.#completePending({ _id: this.#pendingId });
    const needed = await this.#needed(records);
    // One document is written whole or not at all.
    if (needed.length < 2) return this.#write(needed);
    const pending = { records: needed };
    const _id = this.#pendingId;
    this.#isUnsure = true;
    await this.#call('pending', 'control', (all) =>
      all.replaceOne({ _id }, pending, { upsert: true }),
    );
    await this.#write(needed);
    await this.#call('pending', 'control', (all) => all.deleteOne({ _id }));
    this.#isUnsure = false;
  }

  /** Those that change something. @throws DuplicateRecordError, ConflictError */
  async #needed(records: readonly StoredText[]): Promise<StoredText[]> {
    const stored = new Map<RecordKind, Map<string, string>>();
    for (const kind of new Set(records.map((each) => each.kind))) {
      const ids = records.filter((each) => each.kind === kind).map(({ id }) => id);
      stored.set(kind, await this.#textsOf(kind, ids));
    }
    const lastNumbers = new Map<string, number>();
    const needed: StoredText[] = [];
    for (const each of records) {
      const { kind, id, strategy, order, text } = each;
      const texts = stored.get(kind) as Map<string, string>;
      const was = texts.get(id);
      if (was !== undefined && overStored(was, each) === 'keep') continue;
      if (was === undefined && kind === 'paper_ledger') {
        const last = lastNumbers.get(strategy) ?? (await this.#lastNumber(strategy));
        assertNextNumber(each, last);
        lastNumbers.set(strategy, order);
      }
      texts.set(id, text);
      needed.push(each);
    }
    return needed;
  }

  /** @param which of the batches that were begun. */
  async #completePending(which: Filter<StoredDocument>): Promise<void> {
    const begun = await this.#call('pending', 'control', (all) => all.find(which).toArray());
    for (const { _id, records } of begun) {
      const needed = await this.#neededUnlessOvertaken(records as readonly StoredText[]);
      await this.#write(needed);
      await this.#call('pending', 'control', (all) => all.deleteOne({ _id }));
    }
    this.#isUnsure = false;
  }

  /** Nothing of a batch that nobody has acknowledged, and that another writer has overtaken. */
  async #neededUnlessOvertaken(records: readonly StoredText[]): Promise<readonly StoredText[]> {
    try {
      return await this.#needed(records);
    } catch (error) {
      if (error instanceof DuplicateRecordError || error instanceof ConflictError) return [];
      throw error;
    }
  }

  /** In their order, so that a record never comes before what it refers to. May be repeated. */
  async #write(records: readonly StoredText[]): Promise<void> {
    let at = 0;
    while (at < records.length) {
      const { kind } = records[at] as StoredText;
      let end = at + 1;
      while (records[end]?.kind === kind) end++;
      const run = records.slice(at, end);
      if (!(await this.#insertAll(kind, run))) for (const each of run) await this.#writeOne(each);
      at = end;
    }
  }

  /** @returns false if one of them is there already. */
  async #insertAll(kind: RecordKind, records: readonly StoredText[]): Promise<boolean> {
    return this.#call('insert', kind, async (all) => {
      try {
        await all.insertMany(records.map(documentOf), { ordered: true });
        return true;
      } catch (error) {
        if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
        throw error;
      }
    });
  }

  async #writeOne(record: StoredText): Promise<void> {
    const { kind, id } = record;
    for (;;) {
      const was = (await this.#textsOf(kind, [id])).get(id);
      if (was === undefined) {
        if (await this.#insertAll(kind, [record])) return;
      } else {
        if (overStored(was, record) === 'keep') return;
        const { matchedCount } = await this.#call('replace', kind, (all) =>
          all.replaceOne({ _id: id, record: was }, documentOf(record)),
        );
        if (matchedCount === 1) return;
      }
    }
  }

  async #textsOf(kind: RecordKind, ids: readonly string[]): Promise<Map<string, string>> {
    const found = await this.#call('find', kind, (all) =>
      all.find<RecordDocument>({ _id: { $in: [...ids] } }).toArray(),
    );
    return new Map(found.map(({ _id, record }) => [_id, record]));
  }

  async #lastNumber(strategy: string): Promise<number> {
    const [last] = await this.#call('find', 'paper_ledger', (all) =>
      all.find<RecordDocument>({ strategy }).sort({ order: -1 }).limit(1).toArray(),
    );
    return last?.order ?? 0;
  }

  /** Page by page: what is written meanwhile is read as well. */
  async *#inOrder<Kind extends RecordKind>(
    kind: Kind,
    strategy: string,
    range?: TimeRange,
  ): AsyncGenerator<RecordOf[Kind]> {
    const inRange = range && { order: { $gte: range.fromUs, $lt: range.toUs } };
    let behind: object = {};
    for (;;) {
      const page = await this.#call('find', kind, (all) =>
        all
          .find<RecordDocument>({ $and: [{ strategy }, inRange ?? {}, behind] })
          .sort({ order: 1, _id: 1 })
          .limit(PAGE)
          .toArray(),
      );
      for (const { _id, record } of page) yield recordOf(kind, _id, record);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      const { order, _id } = last;
      behind = { $or: [{ order: { $gt: order } }, { order, _id: { $gt: _id } }] };
    }
  }

  #call<T>(
    what: string,
    name: RecordKind | 'control',
    call: (all: ReturnType<Connection['collection']>) => Promise<T>,
  ): Promise<T> {
    return this.#connection.within(what, () => call(this.#connection.collection(name)));
  }
}
