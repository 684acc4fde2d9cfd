/** The instruments that are kept in MongoDB. The collection is made with the first of them. */

import { Long } from 'mongodb';
import type { Document, Filter } from 'mongodb';
import type { Contract } from '../../market/contract.ts';
import type { InstrumentStore, KeptInstrument } from '../instrument-store.ts';
import type { MongoConnection, StoredDocument } from './connection.ts';
import { dateOf, securityFields } from './documents.ts';
import { isRepeated } from './mongo-snapshots.ts';

/** Of a time in microseconds, so that ids sort. */
const TIME_DIGITS = 16;
/** The end of a range of ids with a common prefix and a slash: `0` is the character after `/`. */
const AFTER_SLASH = '0';

export class MongoInstruments implements InstrumentStore {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  async put(batch: readonly KeptInstrument[]): Promise<void> {
    if (batch.length === 0) return;
    await this.#connection.within('write to instruments', async () => {
      const collection = this.#connection.collection('instruments');
      try {
        await collection.insertMany(batch.map(documentOf), { ordered: false });
      } catch (error) {
        if (!isRepeated(error)) throw error;
      }
    });
  }

  async history(security: string): Promise<readonly KeptInstrument[]> {
    const documents = await this.#connection.within('find in instruments', () =>
      this.#connection
        .collection('instruments')
        .find(idsOf(security), { sort: { _id: 1 } })
        .toArray(),
    );
    return documents.map((document) => instrumentOf(security, document));
  }

  /** All of a security. @returns how many were deleted. */
  async prune(security: string): Promise<number> {
    const { deletedCount } = await this.#connection.within('delete in instruments', () =>
      this.#connection.collection('instruments').deleteMany(idsOf(security)),
    );
    return deletedCount;
  }
}

function idsOf(security: string): Filter<StoredDocument> {
  return { _id: { $gt: `${security}/`, $lt: security + AFTER_SLASH } };
}

function documentOf({ security, fromUs, facts }: KeptInstrument): StoredDocument {
  return {
    _id: `${security}/${String(fromUs).padStart(TIME_DIGITS, '0')}`,
    ...securityFields(security),
    from: dateOf(fromUs),
    fromUs: Long.fromNumber(fromUs),
    ...facts,
  };
}

function instrumentOf(security: string, document: Document): KeptInstrument {
  const text = (name: string): string | null => (document[name] as string | null) ?? null;
  return {
    security,
    fromUs: Number(document['fromUs']),
    facts: {
      base: String(document['base']),
      quote: String(document['quote']),
      tickSize: text('tickSize'),
      lotSize: text('lotSize'),
      minSize: text('minSize'),
      minNotional: text('minNotional'),
      contract: (document['contract'] as Contract | null) ?? null,
    },
  };
}
