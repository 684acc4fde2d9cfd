/**
 * Reads records from MongoDB. Every look-up is one or two finds on an index: `_id` for a place in a
 * segment, `{security, …}` for a time. Filters include `security`, so that they reach one shard.
 */

import type { Document, Filter } from 'mongodb';
import { RecordCorruptError } from '../../errors.ts';
import { MAX_EXCHANGE_DISORDER_US, NO_TOTALS } from '../archive.ts';
import type {
  ArchiveReader,
  BlockRange,
  BlockRef,
  SegmentTail,
  GapRecord,
  KeySpan,
  OpenGap,
  Position,
  RecordHeader,
  SecurityState,
  SecurityTotals,
  StoredRecord,
} from '../archive.ts';
import { damagedRef, isBeyond } from '../block-refs.ts';
import type { HeaderKey } from '../block-refs.ts';
import { checkRecord, recordId, recordName, segmentId } from '../record.ts';
import type { CollectionName, MongoConnection, StoredDocument } from './connection.ts';
import { gapId, gapOf, headerOf, partId } from './documents.ts';
import { MongoCandles } from './mongo-candles.ts';
import { MongoInstruments } from './mongo-instruments.ts';
import { MongoSnapshots } from './mongo-snapshots.ts';

type Kind = RecordHeader['kind'];
/** The end of a range of ids with a common prefix and a slash: `0` is the character after `/`. */
const AFTER_SLASH = '0';
/** Documents per reply of the server; a body may have 8 MiB. */
const BATCH_HEADERS = 1000;
const BATCH_BODIES = 16;

const COLLECTION: Readonly<Record<Kind, CollectionName>> = {
  image: 'base_images',
  block: 'blocks',
};

export class MongoReader implements ArchiveReader {
  readonly kind = 'mongodb';
  readonly candles: MongoCandles;
  readonly snapshots: MongoSnapshots;
  readonly instruments: MongoInstruments;
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
    this.candles = new MongoCandles(connection);
    this.snapshots = new MongoSnapshots(connection);
    this.instruments = new MongoInstruments(connection);
  }

  async securities(): Promise<readonly SecurityState[]> {
    const found = await this.#find('securities', {}, { sort: { _id: 1 } });
    return found.map(({ _id, wanted, feed }) => ({
      security: _id,
      wanted: wanted === true,
      feed: String(feed ?? ''),
    }));
  }

  async totals(security: string): Promise<SecurityTotals> {
    const [document] = await this.#find('securities', { _id: security }, { limit: 1 });
    const totals = document?.['totals'] as Document | undefined;
    if (!totals) return NO_TOTALS;
    const lastImageUs: unknown = totals['lastImageUs'];
    return {
      images: Number(totals['images']),
      blocks: Number(totals['blocks']),
      gaps: Number(totals['gaps']),
      storedBytes: Number(totals['storedBytes']),
      lastImageUs: lastImageUs === null ? null : Number(lastImageUs),
    };
  }

  async tail(security: string): Promise<SegmentTail> {
    // Read first, so that the mark is never ahead of the records that are found.
    const [document] = await this.#find('securities', { _id: security }, { limit: 1 });
    const image = await this.#last('image', security);
    const none = { epoch: 0, lastSequence: null, lastUs: null, aliveUntilUs: null };
    if (image === null) return { ...none, journal: [], openGap: null };
    const { epoch } = image.header;
    const block = await this.#last('block', security, epoch);
    const mark = document?.['mark'] as Document | null | undefined;
    const aliveUntilUs = mark && Number(mark['epoch']) === epoch ? Number(mark['us']) : null;
    const openGap = openGapOf(document?.['openGap'], epoch);
    const lastUs = Math.max(
      image.header.toUs,
      block?.header.toUs ?? 0,
      aliveUntilUs ?? 0,
      openGap?.fromUs ?? 0,
    );
    const lastSequence = Math.max(
      image.header.lastSequence,
      block?.header.lastSequence ?? image.header.lastSequence,
    );
    return { epoch, lastSequence, lastUs, aliveUntilUs, journal: [], openGap };
  }

  async imageAt(security: string, position: Position): Promise<BlockRef | null> {
    const [field, bound] = indexFieldOf(position);
    const within = { security, part: 0, [field]: { $lte: bound } };
    const nearest = await this.#one('image', within, { [field]: -1 });
    if (nearest === null) return null;
    // Of several images with the same value, the last one.
    const same = { security, part: 0, [field]: Number(nearest[field]) };
    let found = this.#refOf('image', (await this.#one('image', same, { _id: -1 })) ?? nearest);
    if (found.damaged) return found;
    // A later segment may also qualify: the exchange's clock may differ a little between two
    // connections, and an exchange may restart its sequences.
    const slack = field === 'exchangeToUs' ? MAX_EXCHANGE_DISORDER_US : 0;
    // By sequence only sequenced segments are found; the others are skipped in one query.
    const kind = field === 'lastSequence' ? { proof: 'sequence' } : {};
    let next = await this.#segmentStart(security, found.header.epoch, kind);
    while (next !== null && !next.damaged) {
      const value = valueOf(next.header, field);
      if (value !== null && value > bound + slack) break;
      if (value !== null && value <= bound) {
        const { epoch } = next.header;
        const last = await this.#one('image', { ...within, epoch }, { [field]: -1 });
        found = last === null ? next : this.#refOf('image', last);
      }
      next = await this.#segmentStart(security, next.header.epoch, kind);
    }
    return found;
  }

  async segmentAfter(security: string, epoch: number): Promise<number | null> {
    const _id = { $gte: segmentId(security, epoch + 1), $lt: `${security}${AFTER_SLASH}` };
    const found = await Promise.all(
      (['image', 'block'] as const).map((kind) =>
        this.#one(kind, { security, part: 0, _id }, { _id: 1 }),
      ),
    );
    const epochs = found.flatMap((document) =>
      document === null ? [] : keyOf('image', document._id).epoch,
    );
    return epochs.length === 0 ? null : Math.min(...epochs);
  }

  segmentStart(security: string, afterEpoch: number): Promise<BlockRef | null> {
    return this.#segmentStart(security, afterEpoch, {});
  }

  async #segmentStart(
    security: string,
    afterEpoch: number,
    kind: Document,
  ): Promise<BlockRef | null> {
    const _id = { $gte: segmentId(security, afterEpoch + 1), $lt: `${security}${AFTER_SLASH}` };
    const found = await this.#one('image', { security, part: 0, ...kind, _id }, { _id: 1 });
    return found && this.#refOf('image', found);
  }

  async images(
    security: string,
    epoch: number,
    fromSequence: number,
    limit = 0,
  ): Promise<readonly BlockRef[]> {
    const _id = {
      $gte: idAt(security, epoch, fromSequence),
      $lt: `${segmentId(security, epoch)}${AFTER_SLASH}`,
    };
    const found = await this.#find(
      'base_images',
      { security, part: 0, _id },
      { sort: { _id: 1 }, projection: { body: 0 }, limit },
    );
    return found.map((document) => this.#refOf('image', document));
  }

  count({ kind, security, epoch, from, to }: KeySpan): Promise<number> {
    const _id = { $gte: idAt(security, epoch, from), $lte: idAt(security, epoch, to) };
    return this.#connection.within(`count in ${COLLECTION[kind]}`, () =>
      this.#connection.collection(COLLECTION[kind]).countDocuments({ security, part: 0, _id }),
    );
  }

  async blocks(security: string, epoch: number, range: BlockRange): Promise<readonly BlockRef[]> {
    const { afterSequence: after } = range;
    const limit = range.limit ?? Infinity;
    const projection: Document = range.withBodies ? {} : { body: 0 };
    const held = await this.#blockHolding(security, epoch, after, projection);
    const refs = held === null ? [] : [held];
    const _id = {
      $gte: idAt(security, epoch, after + 1),
      $lt: `${segmentId(security, epoch)}${AFTER_SLASH}`,
    };
    const cursor = this.#connection
      .collection('blocks')
      .find({ security, part: 0, _id } as Filter<StoredDocument>, {
        sort: { _id: 1 },
        projection,
        batchSize: range.withBodies ? BATCH_BODIES : BATCH_HEADERS,
        ...(limit === Infinity ? {} : { limit: limit - refs.length || 1 }),
      });
    try {
      while (refs.length < limit) {
        const document = await this.#connection.within('find in blocks', () => cursor.next());
        if (document === null) break;
        const ref = this.#refOf('block', document);
        const isLast = isBeyond(ref, range);
        if (!isLast || range.andNext) refs.push(ref);
        if (isLast) break;
      }
    } finally {
      // Frees the server's cursor; not awaited.
      cursor.close().catch(() => undefined);
    }
    return refs;
  }

  async gapBefore(security: string, epoch: number): Promise<GapRecord | null> {
    const [document] = await this.#find(
      'gaps',
      { _id: gapId(security, epoch), security },
      { limit: 1 },
    );
    return document === undefined ? null : gapOf(document);
  }

  async gapWithin(security: string, epoch: number, sequence: number): Promise<GapRecord | null> {
    const _id = gapId(security, epoch, sequence);
    const [document] = await this.#find('gaps', { _id, security }, { limit: 1 });
    return document === undefined ? null : gapOf(document);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** The sealed block that begins at or before `after` and ends after it. */
  async #blockHolding(
    security: string,
    epoch: number,
    after: number,
    projection: Document,
  ): Promise<BlockRef | null> {
    const _id = { $gte: segmentId(security, epoch), $lt: idAt(security, epoch, after + 1) };
    const [document] = await this.#find(
      'blocks',
      { security, part: 0, _id },
      { sort: { _id: -1 }, limit: 1, projection },
    );
    if (document === undefined) return null;
    const ref = this.#refOf('block', document);
    if (!ref.damaged) return ref.header.lastSequence > after ? ref : null;
    // Where a damaged block ends is unknown, unless a block or an image starts exactly at `after`:
    // blocks do not overlap, and images lie between blocks.
    const [next] = await this.#find(
      'blocks',
      { _id: idAt(security, epoch, after + 1), security },
      { limit: 1, projection: { _id: 1 } },
    );
    const [image] = await this.#find(
      'base_images',
      { _id: idAt(security, epoch, after), security },
      { limit: 1, projection: { _id: 1 } },
    );
    return next || image ? null : ref;
  }

  /** The last record of a security, or of one of its segments. */
  async #last(kind: Kind, security: string, epoch?: number): Promise<BlockRef | null> {
    const prefix = epoch === undefined ? security : segmentId(security, epoch);
    const _id = { $gte: `${prefix}/`, $lt: `${prefix}${AFTER_SLASH}` };
    const found = await this.#one(kind, { security, part: 0, _id }, { _id: -1 });
    return found && this.#refOf(kind, found);
  }

  async #one(kind: Kind, filter: Document, sort: Document): Promise<StoredDocument | null> {
    const [found] = await this.#find(COLLECTION[kind], filter, {
      sort,
      limit: 1,
      projection: { body: 0 },
    });
    return found ?? null;
  }

  async #find(
    name: CollectionName,
    filter: Document,
    options: Document,
  ): Promise<StoredDocument[]> {
    return this.#connection.within(`find in ${name}`, () =>
      this.#connection
        .collection(name)
        .find(filter as Filter<StoredDocument>, options)
        .toArray(),
    );
  }

  #refOf(kind: Kind, document: StoredDocument): BlockRef {
    try {
      const header = headerOf(kind, document);
      return { header, load: () => this.#load(header, document) };
    } catch (error) {
      // A damaged document is a result, not a failure: it is listed as damaged.
      if (error instanceof RecordCorruptError) return damagedRef(keyOf(kind, document._id));
      throw error;
    }
  }

  async #load(header: RecordHeader, document: StoredDocument): Promise<StoredRecord> {
    const name = COLLECTION[header.kind];
    const id = recordId(header);
    const whole =
      document['body'] === undefined
        ? (await this.#find(name, { _id: id, security: header.security }, { limit: 1 }))[0]
        : document;
    const parts: unknown[] = [whole?.['body']];
    for (let part = 1; part < Number(document['parts']); part++) {
      const [next] = await this.#find(
        name,
        { _id: partId(id, part), security: header.security },
        { limit: 1 },
      );
      parts.push(next?.['body']);
    }
    if (!parts.every((part) => part instanceof Uint8Array)) {
      throw new RecordCorruptError(`Record ${recordName(header)} has lost its body`, {
        context: { security: header.security, record: recordName(header) },
      });
    }
    const [only] = parts;
    const body = parts.length === 1 && only ? only : Buffer.concat(parts);
    const record = { header, body };
    checkRecord(record);
    return record;
  }
}

/** Parses a record's id. The symbol may contain slashes. */
function keyOf(kind: Kind, id: string): HeaderKey {
  const words = id.split('/');
  const [epoch, sequence] = words.splice(-2);
  return { kind, security: words.join('/'), epoch: Number(epoch), sequence: Number(sequence) };
}

function idAt(security: string, epoch: number, sequence: number): string {
  // Ids hold no negative sequences: anything before the first one means the start.
  const lastSequence = Math.max(0, sequence);
  return recordId({ kind: 'image', security, epoch, firstSequence: lastSequence, lastSequence });
}

type IndexField = 'fromUs' | 'exchangeToUs' | 'lastSequence';

/** An image's `fromUs` equals its `toUs`. Segments without sequences are not found by sequence. */
function indexFieldOf(position: Position): [IndexField, number] {
  if ('sequence' in position) return ['lastSequence', position.sequence];
  return [position.clock === 'receive' ? 'fromUs' : 'exchangeToUs', position.us];
}

function valueOf(header: RecordHeader, field: IndexField): number | null {
  if (field !== 'lastSequence') return header[field];
  return header.proof === 'sequence' ? header.lastSequence : null;
}

function openGapOf(document: unknown, epoch: number): OpenGap | null {
  const gap = document as Document | null | undefined;
  if (!gap || Number(gap['epoch']) !== epoch) return null;
  const firstMissing: unknown = gap['firstMissing'];
  return {
    epoch,
    fromUs: Number(gap['fromUs']),
    cause: gap['cause'] as OpenGap['cause'],
    firstMissing: firstMissing === null ? null : Number(firstMissing),
  };
}
