/** The snapshots that are kept in MongoDB. The collection is made with the first of them. */

import { Long, MongoBulkWriteError } from 'mongodb';
import type { Document, Filter } from 'mongodb';
import type { KeptSnapshot, SnapshotSeries, SnapshotStore } from '../snapshot-store.ts';
import { DUPLICATE_KEY } from './connection.ts';
import type { MongoConnection, StoredDocument } from './connection.ts';
import { dateOf, securityFields } from './documents.ts';

/** Of a time, or a cadence, in microseconds, so that ids sort. */
const TIME_DIGITS = 16;
const EVERY_DIGITS = 11;
const DEPTH_DIGITS = 5;

export class MongoSnapshots implements SnapshotStore {
  readonly #connection: MongoConnection;
  #isPrepared = false;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  async put(batch: readonly KeptSnapshot[]): Promise<void> {
    if (batch.length === 0) return;
    if (!this.#isPrepared) {
      await this.#connection.within('createIndex on snapshots', () =>
        this.#connection.collection('snapshots').createIndex({ security: 1, timeUs: 1 }),
      );
      this.#isPrepared = true;
    }
    await this.#connection.within('write to snapshots', async () => {
      const collection = this.#connection.collection('snapshots');
      try {
        await collection.insertMany(batch.map(documentOf), { ordered: false });
      } catch (error) {
        if (!isRepeated(error)) throw error;
      }
    });
  }

  async between(
    { security, everyUs, depth }: SnapshotSeries,
    { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
    limit: number,
  ): Promise<readonly KeptSnapshot[]> {
    const within = { $gte: bound(fromUs), $lt: bound(toUs) };
    const filter = { security, everyUs: Long.fromNumber(everyUs), depth, timeUs: within };
    const documents = await this.#connection.within('find in snapshots', () =>
      this.#connection
        .collection('snapshots')
        .find(filter as Filter<StoredDocument>, { sort: { timeUs: 1 }, limit, batchSize: limit })
        .toArray(),
    );
    return documents.map(snapshotOf);
  }

  /** @returns how many were deleted. */
  async prune(security: string, beforeUs: number): Promise<number> {
    const filter = { security, timeUs: { $lt: bound(beforeUs) } };
    const { deletedCount } = await this.#connection.within('delete in snapshots', () =>
      this.#connection.collection('snapshots').deleteMany(filter as Filter<StoredDocument>),
    );
    return deletedCount;
  }
}

/** Some were there already, and nothing else went wrong. */
export function isRepeated(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) return false;
  const errors = [error.writeErrors].flat();
  return errors.length > 0 && errors.every(({ code }) => code === DUPLICATE_KEY);
}

function documentOf(snapshot: KeptSnapshot): StoredDocument {
  const { security, everyUs, depth, timeUs, sequence, bids, asks, upticks, downticks } = snapshot;
  const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');
  const series = `${security}/${padded(everyUs, EVERY_DIGITS)}/${padded(depth, DEPTH_DIGITS)}`;
  return {
    _id: `${series}/${padded(timeUs, TIME_DIGITS)}`,
    ...securityFields(security),
    everyUs: Long.fromNumber(everyUs),
    depth,
    time: dateOf(timeUs),
    timeUs: Long.fromNumber(timeUs),
    sequence: sequence === null ? null : Long.fromNumber(sequence),
    bids,
    asks,
    upticks,
    downticks,
  };
}

function snapshotOf(document: Document): KeptSnapshot {
  const sequence: unknown = document['sequence'];
  return {
    security: String(document['security']),
    everyUs: Number(document['everyUs']),
    depth: Number(document['depth']),
    timeUs: Number(document['timeUs']),
    sequence: sequence === null ? null : Number(sequence),
    bids: document['bids'] as KeptSnapshot['bids'],
    asks: document['asks'] as KeptSnapshot['asks'],
    upticks: document['upticks'] as KeptSnapshot['upticks'],
    downticks: document['downticks'] as KeptSnapshot['downticks'],
  };
}

function bound(us: number): Long {
  const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;
  return Long.fromNumber(Math.min(Math.max(us, MIN_SAFE_INTEGER), MAX_SAFE_INTEGER));
}
