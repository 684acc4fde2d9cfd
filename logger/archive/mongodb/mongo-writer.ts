/**
 * Records into MongoDB, in order, each once. A record's id comes from its data, so writing it again
 * finds it there: with the same checksum that is success, with another one somebody else's record
 * has its place, and nothing more of that security is written.
 */

import { Long, MongoBulkWriteError } from 'mongodb';
import type { AnyBulkWriteOperation, Document, Filter } from 'mongodb';
import { ArchiveUnavailableError, DuplicateRecordError } from '../../errors.ts';
import type { Store } from '../transfer/replicator.ts';
import type { SecurityDocument, Shipment } from '../transfer/spool.ts';
import type { CollectionName, MongoConnection, StoredDocument } from './connection.ts';
import { dateOf, documentsOf, gapDocument, securityFields } from './documents.ts';

/** The server's code for a key that is there already. */
const DUPLICATE_KEY = 11_000;
/** A message to the server holds 48 MB at most; a document 16 MiB. */
const MESSAGE_MAX_BYTES = 16 * 1024 * 1024;

const INDEXES: readonly (readonly [CollectionName, Document])[] = [
  ['base_images', { security: 1, fromUs: 1 }],
  ['base_images', { security: 1, exchangeToUs: 1 }],
  ['base_images', { security: 1, lastSequence: 1 }],
  ['blocks', { security: 1, fromUs: 1 }],
  ['gaps', { security: 1, fromUs: 1 }],
];

export class MongoWriter implements Store {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  /**
   * Makes collections and indexes where they are missing.
   * @throws ConfigError for a database name that the server refuses; ArchiveUnavailableError.
   */
  async prepare(): Promise<void> {
    for (const [name, keys] of INDEXES) {
      await this.#connection.within(`createIndex on ${name}`, () =>
        this.#connection.collection(name).createIndex(keys as Record<string, 1>),
      );
    }
  }

  /**
   * Resolves when a majority of the servers has all of it in its journal, but for securities that
   * met a foreign record.
   * @returns those, with the error each.
   * @throws ArchiveUnavailableError: any part of it may be there; write it again.
   */
  async write(shipments: readonly Shipment[]): Promise<ReadonlyMap<string, DuplicateRecordError>> {
    const conflicts = new Map<string, DuplicateRecordError>();
    const insert = (name: CollectionName, documents: StoredDocument[]): Promise<void> =>
      this.#insert(name, documents, conflicts);
    await insert(
      'gaps',
      shipments.flatMap(({ gaps }) => gaps.map(gapDocument)),
    );
    await insert(
      'base_images',
      shipments.flatMap(({ images }) => images.flatMap(documentsOf)),
    );
    await insert(
      'blocks',
      shipments.flatMap(({ blocks }) => blocks.flatMap(documentsOf)),
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
    let waiting = documents;
    while (waiting.length > 0) {
      waiting = waiting.filter(({ security }) => !conflicts.has(String(security)));
      const message = waiting.slice(0, countWithin(waiting, MESSAGE_MAX_BYTES));
      if (message.length === 0) return;
      const index = await this.#insertUntilDuplicate(name, message);
      const duplicate = message[index];
      if (duplicate !== undefined) {
        const conflict = await this.#conflictOf(name, duplicate);
        if (conflict) conflicts.set(String(duplicate['security']), conflict);
      }
      waiting = waiting.slice(Math.min(index + 1, message.length));
    }
  }

  /** @returns where the first document stands that is there already; their number: none is. */
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

  /** null: what is there is what was to be written. */
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
      // On one server, and not yet on a majority: nothing can be said of it.
      throw new ArchiveUnavailableError(`MongoDB has not yet made ${document._id} durable`, {
        retryable: true,
      });
    }
    if (stored['checksum'] === document['checksum']) return null;
    // What a full spool gave up may have been written before, and not been acknowledged: the gap that
    // was told then is as true.
    if (name === 'gaps' && document['cause'] === 'spool') return null;
    return new DuplicateRecordError(
      `MongoDB holds another record as ${document._id} (written by ${String(stored['writer'] ?? 'nobody known')})`,
      { context: { security: document['security'], record: document._id } },
    );
  }
}

/** Travels through the deadline, which maps every foreign error. */
class FoundDuplicate extends DuplicateRecordError {
  readonly index: number;

  constructor(index: number) {
    super('A key is there already');
    this.index = index;
  }
}

function duplicateIndex(error: unknown): number | null {
  if (!(error instanceof MongoBulkWriteError) || error.code !== DUPLICATE_KEY) return null;
  // What came before the duplicate is not acknowledged then.
  if (error.result.getWriteConcernError() !== undefined) return null;
  const [first] = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  return first?.index ?? null;
}

/** How many of the documents fit into a message: at least one. */
function countWithin(documents: readonly StoredDocument[], maxBytes: number): number {
  let bytes = 0;
  const end = documents.findIndex(({ body }) => {
    bytes += 1024 + (body instanceof Uint8Array ? body.byteLength : 0);
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
