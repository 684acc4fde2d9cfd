/**
 * The candles in MongoDB. The collection is made with the first of them. Every write can be repeated, and
 * several loggers may write the same candles: what is over stays as it is.
 */

import { Long, MongoBulkWriteError } from 'mongodb';
import type { AnyBulkWriteOperation, Collection, Document, Filter, Sort } from 'mongodb';
import { ArchiveUnavailableError } from '../../errors.ts';
import { TIMEFRAMES } from '../../candles/timeframe.ts';
import { MAX_CANDLES, candleRank, expiryUs } from '../candle-store.ts';
import type { CandleEntry, CandleRange, CandleSeries, CandleStore } from '../candle-store.ts';
import { candleDocument, candleId, candleOf } from './candle-documents.ts';
import { DUPLICATE_KEY } from './connection.ts';
import type { MongoConnection, StoredDocument } from './connection.ts';

const RUNNING = ['open', 'early'];
const COMPARABLE = ['final', 'incomplete', 'checked', 'differs'];
/** A reply of the server takes about half a megabyte for each thousand. */
const MAX_OPERATIONS = 1_000;

export class MongoCandles implements CandleStore {
  readonly #connection: MongoConnection;
  #isPrepared = false;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  /** Resolves when a majority of the servers has all of it in its journal. In case of an error, any part may be stored. */
  async put(batch: readonly CandleEntry[]): Promise<void> {
    if (batch.length === 0) return;
    await this.#prepare();
    for (let rest = batch; rest.length > 0;) {
      const count = countWithOwnKeys(rest);
      await this.#write(rest.slice(0, count));
      rest = rest.slice(count);
    }
  }

  async lastEndUs(series: CandleSeries): Promise<number | null> {
    const isOver = { ...filterOf(series), state: { $nin: RUNNING } };
    const [last] = await this.#find(isOver, { fromUs: -1 }, 1);
    return last === undefined ? null : last.toUs;
  }

  async between(
    series: CandleSeries,
    { fromUs, toUs }: CandleRange,
    limit = MAX_CANDLES,
  ): Promise<readonly CandleEntry[]> {
    const within = { $gte: bound(fromUs), $lt: bound(toUs) };
    const found = await this.#find({ ...filterOf(series), fromUs: within }, { fromUs: 1 }, limit);
    if (found[0]?.fromUs === fromUs || fromUs >= toUs) return found;
    const earlier = { ...filterOf(series), fromUs: { $lt: bound(fromUs) } };
    const [before] = await this.#find(earlier, { fromUs: -1 }, 1);
    if (before?.type !== 'gap' || before.toUs <= fromUs) return found;
    return [{ ...before, fromUs }, ...found].slice(0, limit);
  }

  /** See `pruneCandles`. @returns how many were deleted. */
  async prune(security: string, beforeUs: number, isFinished: boolean): Promise<number> {
    const old = TIMEFRAMES.map((timeframe) => ({
      source: 'trades',
      timeframe,
      toUs: { $lte: bound(expiryUs(timeframe, beforeUs)) },
    }));
    const filter = isFinished ? { security } : { security, $or: old };
    const { deletedCount } = await this.#connection.within('delete in candles', () =>
      this.#connection.collection('candles').deleteMany(filter as Filter<StoredDocument>),
    );
    return deletedCount;
  }

  async #prepare(): Promise<void> {
    if (this.#isPrepared) return;
    await this.#connection.within('createIndex on candles', () =>
      this.#connection.collection('candles').createIndex({ security: 1, timeframe: 1, fromUs: 1 }),
    );
    this.#isPrepared = true;
  }

  async #write(entries: readonly CandleEntry[]): Promise<void> {
    const states = await this.#statesOf(entries);
    const fresh = entries.filter((entry) => !states.has(candleId(entry, entry.fromUs)));
    const known = entries.filter((entry) => states.has(candleId(entry, entry.fromUs)));
    const changes = known.flatMap((entry) =>
      changesOf(entry, String(states.get(candleId(entry, entry.fromUs)))),
    );
    await this.#connection.within('write to candles', async () => {
      const collection = this.#connection.collection('candles');
      if (fresh.length > 0) await insert(collection, fresh.map(candleDocument));
      if (changes.length > 0) await collection.bulkWrite(changes);
      const covered = entries.flatMap(coveredBy);
      if (covered.length > 0) await collection.bulkWrite(covered);
    });
  }

  /** Of those that a majority of the servers has. */
  async #statesOf(entries: readonly CandleEntry[]): Promise<ReadonlyMap<string, unknown>> {
    const ids = entries.map((entry) => candleId(entry, entry.fromUs));
    const found = await this.#connection.within('find in candles', () =>
      this.#connection
        .collection('candles')
        .find(
          { _id: { $in: ids } },
          {
            projection: { state: 1 },
            batchSize: MAX_OPERATIONS,
            readConcern: { level: 'majority' },
          },
        )
        .toArray(),
    );
    return new Map(found.map((document) => [document._id, document['state']]));
  }

  async #find(filter: Document, sort: Sort, limit: number): Promise<CandleEntry[]> {
    const documents = await this.#connection.within('find in candles', () =>
      this.#connection
        .collection('candles')
        .find(filter as Filter<StoredDocument>, { sort, limit, batchSize: limit })
        .toArray(),
    );
    return documents.map(candleOf);
  }
}

async function insert(
  collection: Collection<StoredDocument>,
  documents: StoredDocument[],
): Promise<void> {
  try {
    await collection.insertMany(documents, { ordered: true });
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || error.code !== DUPLICATE_KEY) throw error;
    throw new ArchiveUnavailableError('Another logger writes the same candles to MongoDB', {
      retryable: true,
    });
  }
}

/** The filter holds whatever another logger did since: only what is running is replaced. */
function changesOf(entry: CandleEntry, state: string): AnyBulkWriteOperation<StoredDocument>[] {
  const document = candleDocument(entry);
  const { _id, security, fromUs } = document;
  const key = { _id, security, fromUs } as Filter<StoredDocument>;
  if (RUNNING.includes(state)) {
    const replacement = document as Omit<StoredDocument, '_id'>;
    return [{ replaceOne: { filter: { ...key, state: { $in: RUNNING } }, replacement } }];
  }
  const isCompared = entry.type === 'candle' && candleRank(entry) === 3 && state !== entry.state;
  if (!isCompared || !COMPARABLE.includes(state)) return [];
  const filter = { ...key, state: { $in: COMPARABLE } };
  return [{ updateOne: { filter, update: { $set: { state: entry.state } } } }];
}

/** What was early when it was not known yet that nothing was recorded. */
function coveredBy(entry: CandleEntry): AnyBulkWriteOperation<StoredDocument>[] {
  if (entry.type !== 'gap') return [];
  const inside = { $gt: bound(entry.fromUs), $lt: bound(entry.toUs) };
  const filter = { ...filterOf(entry), fromUs: inside, state: { $in: RUNNING } };
  return [{ deleteMany: { filter } }];
}

/** How many of them can be written at once: each key only once. */
function countWithOwnKeys(entries: readonly CandleEntry[]): number {
  const ids = new Set<string>();
  for (const entry of entries.slice(0, MAX_OPERATIONS)) {
    const id = candleId(entry, entry.fromUs);
    if (ids.has(id)) break;
    ids.add(id);
  }
  return ids.size;
}

function filterOf({ security, timeframe, source }: CandleSeries): Document {
  return { security, timeframe, source };
}

function bound(us: number): Long {
  const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;
  return Long.fromNumber(Math.min(Math.max(us, MIN_SAFE_INTEGER), MAX_SAFE_INTEGER));
}
