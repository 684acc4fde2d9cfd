/** Deletes old records from MongoDB. */

import { Long } from 'mongodb';
import type { Document, Filter } from 'mongodb';
import type { SecurityState } from '../archive.ts';
import { recordId } from '../record.ts';
import type { PrunableArchive } from '../retention.ts';
import type { Spool } from '../spool.ts';
import type { CollectionName, MongoConnection, StoredDocument } from './connection.ts';
import { gapId } from './documents.ts';
import type { MongoReader } from './mongo-reader.ts';

type Filters = Readonly<Record<'base_images' | 'blocks' | 'gaps', Document>>;

export interface MongoPrunerDeps {
  readonly connection: MongoConnection;
  readonly reader: MongoReader;
  readonly spool: Spool;
}

export class MongoPruner implements PrunableArchive {
  readonly #connection: MongoConnection;
  readonly #reader: MongoReader;
  readonly #spool: Spool;

  constructor(deps: MongoPrunerDeps) {
    this.#connection = deps.connection;
    this.#reader = deps.reader;
    this.#spool = deps.spool;
  }

  /** Only the securities that this logger knows: the database may hold those of others. */
  securities(): Promise<readonly SecurityState[]> {
    return this.#spool.securities();
  }

  /** Deletes everything that is old enough in one call per collection. */
  async prune({ security, wanted }: SecurityState, beforeUs: number): Promise<number> {
    const isAllOld = !wanted && ((await this.#spool.tail(security)).lastUs ?? 0) < beforeUs;
    const records = await this.#pruneRecords(security, isAllOld, beforeUs);
    const candles = await this.#reader.candles.prune(security, beforeUs, isAllOld);
    const snapshots = await this.#reader.snapshots.prune(security, beforeUs);
    const instruments = isAllOld ? await this.#reader.instruments.prune(security) : 0;
    return records + candles + snapshots + instruments;
  }

  async #pruneRecords(security: string, isAllOld: boolean, beforeUs: number): Promise<number> {
    const filters = await this.#filters(security, isAllOld, beforeUs);
    if (filters === null) return 0;
    // Images first: blocks without an image are not reachable while the rest is deleted.
    const images = await this.#delete('base_images', filters.base_images);
    const blocks = await this.#delete('blocks', filters.blocks);
    const gaps = await this.#delete('gaps', filters.gaps);
    const bytes = images.bytes + blocks.bytes;
    const deleted = { images: images.records, blocks: blocks.records, gaps: gaps.records, bytes };
    await this.#spool.countDeleted(security, deleted);
    return images.records + blocks.records;
  }

  async #filters(security: string, isAllOld: boolean, beforeUs: number): Promise<Filters | null> {
    if (isAllOld) {
      const all = { security };
      return { base_images: all, blocks: all, gaps: all };
    }
    const keep = await this.#reader.imageAt(security, { clock: 'receive', us: beforeUs });
    if (keep === null) return null;
    const { epoch, lastSequence } = keep.header;
    const behind = { ...keep.header, kind: 'image', lastSequence: lastSequence + 1 } as const;
    const gaps = [
      { epoch: { $lt: Long.fromNumber(epoch) } },
      { _id: gapId(security, epoch) },
      { epoch: Long.fromNumber(epoch), after: { $lt: Long.fromNumber(lastSequence) } },
    ];
    return {
      base_images: { security, _id: { $lt: recordId(keep.header) } },
      blocks: { security, _id: { $lt: recordId(behind) } },
      gaps: { security, $or: gaps },
    };
  }

  async #delete(
    name: CollectionName,
    filter: Document,
  ): Promise<{ readonly records: number; readonly bytes: number }> {
    const collection = this.#connection.collection(name);
    const [sum] = await this.#connection.within(`count in ${name}`, () =>
      collection
        .aggregate([
          { $match: name === 'gaps' ? filter : { ...filter, part: 0 } },
          { $group: { _id: null, records: { $sum: 1 }, bytes: { $sum: '$bytes' } } },
        ])
        .toArray(),
    );
    if (!sum) return { records: 0, bytes: 0 };
    await this.#connection.within(`delete in ${name}`, () =>
      collection.deleteMany(filter as Filter<StoredDocument>),
    );
    return { records: Number(sum['records']), bytes: Number(sum['bytes'] ?? 0) };
  }
}
