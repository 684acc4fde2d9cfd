/**
 * Writes records to MongoDB, in order, each once. A record's id comes from its data, so a repeated
 * write finds it: with the same checksum that is success, with a different one another logger's
 * record is in its place, and nothing more of that security is written.
 */

import { Long, MongoBulkWriteError } from 'mongodb';
import type { AnyBulkWriteOperation, Document, Filter } from 'mongodb';
import { ArchiveUnavailableError, DuplicateRecordError } from '../../errors.ts';
import type { RecordBatch } from '../batch.ts';
import type { SecurityDocument } from '../target.ts';
import type { Store } from '../transfer/replicator.ts';
import { DUPLICATE_KEY } from './connection.ts';
import type { CollectionName, MongoConnection, StoredDocument } from './connection.ts';
import { dateOf, documentsOf, gapDocument, securityFields } from './documents.ts';
import { MongoCandles } from './mongo-candles.ts';
import { MongoInstruments } from './mongo-instruments.ts';

/** The server accepts messages of 48 MB and documents of 16 MiB. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Estimated size of a document's fields without its body. */
const FIELDS_BYTES = 1024;

const INDEXES: readonly (readonly [CollectionName, Document])[] = [
  ['base_images', { security: 1, fromUs: 1 }],
  ['base_images', { security: 1, exchangeToUs: 1 }],
  ['base_images', { security: 1, lastSequence: 1 }],
  ['blocks', { security: 1, fromUs: 1 }],
  ['gaps', { security: 1, fromUs: 1 }],
];

export class MongoWriter implements Store {
  readonly candles: MongoCandles;
  readonly instruments: MongoInstruments;
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
    this.candles = new MongoCandles(connection);
    this.instruments = new MongoInstruments(connection);
  }

  /**
   * Creates missing collections and indexes.
   * @throws ConfigError for a database name that the server rejects; ArchiveUnavailableError.
   */
  async prepare(): Promise<void> {
    for (const [name, keys] of INDEXES) {
      await this.#connection.within(`createIndex on ${name}`, () =>
        this.#connection.collection(name).createIndex(keys as Record<string, 1>),
      );
    }
  }

  /**
   * Resolves when a majority of the servers has everything in its journal, except for securities with a
   * conflict.
   * @throws ArchiveUnavailableError: any part may be stored; write it again.
   */
  async write(batches: readonly RecordBatch[]): Promise<ReadonlyMap<string, DuplicateRecordError>> {
    const conflicts = new Map<string, DuplicateRecordError>();
    const insert = (name: CollectionName, documents: StoredDocument[]): Promise<void> =>
      this.#insert(name, documents, conflicts);
    await insert(
      'gaps',
      batches.flatMap(({ gaps }) => gaps.map(gapDocument)),
    );
    await insert(
      'base_images',
      batches.flatMap(({ images }) => images.flatMap(documentsOf)),
    );
    await insert(
      'blocks',
      batches.flatMap(({ blocks }) => blocks.flatMap(documentsOf)),
    );
    return conflicts;
  }

  async writeSecurities(documents: readonly SecurityDocument[]): Promise<void> {
    if (documents.length === 0) return;
    const operations = documents.map((document): AnyBulkWriteOperation<StoredDocument> => ({
      updateOne: {
        filter: { _id: document.state.security },
        update: { $set: securityValues(document) },
        upsert: true,
      },
    }));
    await this.#connection.within('bulkWrite on securities', () =>
      this.#connection.collection('securities').bulkWrite(operations),
    );
  }

  ping(): Promise<void> {
    return this.#connection.ping();
  }

  async #insert(
    name: CollectionName,
    documents: readonly StoredDocument[],
    conflicts: Map<string, DuplicateRecordError>,
  ): Promise<void> {
    let rest = documents;
    while (rest.length > 0) {
      rest = rest.filter(({ security }) => !conflicts.has(String(security)));
      const message = rest.slice(0, countWithin(rest, MAX_MESSAGE_BYTES));
      if (message.length === 0) return;
      const index = await this.#insertUntilDuplicate(name, message);
      const duplicate = message[index];
      if (duplicate !== undefined) {
        const conflict = await this.#conflictOf(name, duplicate);
        if (conflict) conflicts.set(String(duplicate['security']), conflict);
      }
      rest = rest.slice(Math.min(index + 1, message.length));
    }
  }

  /**
   * @returns the index of the first document that exists already; the number of documents if none
   * does.
   */
  async #insertUntilDuplicate(
    name: CollectionName,
    documents: readonly StoredDocument[],
  ): Promise<number> {
    try {
      await this.#connection.within(`insert into ${name}`, async () => {
        try {
          await this.#connection.collection(name).insertMany([...documents], { ordered: true });
        } catch (error) {
          const index = duplicateIndex(error);
          if (index === null) throw error;
          throw new FoundDuplicate(index);
        }
      });
      return documents.length;
    } catch (error) {
      if (error instanceof FoundDuplicate) return error.index;
      throw error;
    }
  }

  /** null if the stored document is the one to be written. */
  async #conflictOf(
    name: CollectionName,
    document: StoredDocument,
  ): Promise<DuplicateRecordError | null> {
    const stored = await this.#connection.within(`find in ${name}`, () =>
      this.#connection.collection(name).findOne({ _id: document._id } as Filter<StoredDocument>, {
        projection: { checksum: 1, writer: 1 },
        readConcern: { level: 'majority' },
      }),
    );
    if (stored === null) {
      // It exists on one server and not yet on a majority.
      throw new ArchiveUnavailableError(`MongoDB has not made ${document._id} durable yet`, {
        retryable: true,
      });
    }
    if (stored['checksum'] === document['checksum']) return null;
    // What a full spool dropped may have been written before without acknowledgement; the gap that was
    // recorded then is equally true.
    if (name === 'gaps' && document['cause'] === 'spool') return null;
    return new DuplicateRecordError(
      `MongoDB holds a different record as ${document._id} (written by ${String(stored['writer'] ?? 'an unknown writer')})`,
      { context: { security: document['security'], record: document._id } },
    );
  }
}

/** Passes through `MongoConnection.within`, which maps all errors but our own. */
class FoundDuplicate extends DuplicateRecordError {
  readonly index: number;

  constructor(index: number) {
    super('The key exists already');
    this.index = index;
  }
}

function duplicateIndex(error: unknown): number | null {
  if (!(error instanceof MongoBulkWriteError) || error.code !== DUPLICATE_KEY) return null;
  // Then the documents before the duplicate are not acknowledged.
  if (error.result.getWriteConcernError() !== undefined) return null;
  const [first] = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  return first?.index ?? null;
}

/** The number of documents that fit into a message, at least one. */
function countWithin(documents: readonly StoredDocument[], maxBytes: number): number {
  let bytes = 0;
  const end = documents.findIndex(({ body }) => {
    bytes += FIELDS_BYTES + (body instanceof Uint8Array ? body.byteLength : 0);
    return bytes > maxBytes;
  });
  return end === -1 ? documents.length : Math.max(1, end);
}

function securityValues({ state, totals, end }: SecurityDocument): Document {
  const { images, blocks, gaps, storedBytes, lastImageUs } = totals;
  const values: Document = {
    ...securityFields(state.security),
    wanted: state.wanted,
    feed: state.feed,
    totals: {
      images,
      blocks,
      gaps,
      storedBytes: Long.fromNumber(storedBytes),
      lastImageUs: lastImageUs === null ? null : Long.fromNumber(lastImageUs),
    },
  };
  if (end === null) return values;
  const { mark, openGap } = end;
  return {
    ...values,
    mark: mark && {
      epoch: Long.fromNumber(mark.epoch),
      us: Long.fromNumber(mark.us),
      at: dateOf(mark.us),
    },
    openGap: openGap && {
      epoch: Long.fromNumber(openGap.epoch),
      fromUs: Long.fromNumber(openGap.fromUs),
      from: dateOf(openGap.fromUs),
      cause: openGap.cause,
      firstMissing: openGap.firstMissing === null ? null : Long.fromNumber(openGap.firstMissing),
    },
  };
}
