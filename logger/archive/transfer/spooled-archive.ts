/**
 * A spool and its store as one archive. Every look-up reads the spool first and the store second, and
 * skips the store if the spool is known to hold the whole result; `spool-order.ts` says when.
 */

import { RecordCorruptError } from '../../errors.ts';
import type {
  Archive,
  ArchiveReader,
  BlockRange,
  BlockRef,
  GapRecord,
  KeySpan,
  Position,
  SecurityState,
  SecurityTotals,
  SegmentTail,
  StoredRecord,
  Write,
} from '../archive.ts';
import { keySequence } from '../record.ts';
import {
  earlier,
  hasAllBlocks,
  hasAllImages,
  hasAllLaterSegments,
  hasGapBefore,
  mergeBlocks,
  mergeImages,
} from './spool-order.ts';
import { SpooledCandles } from './spooled-candles.ts';
import { SpooledInstruments } from './spooled-instruments.ts';
import type { SnapshotStore } from '../snapshot-store.ts';

const FROM_START = Number.MIN_SAFE_INTEGER;

export class SpooledArchive implements Archive {
  readonly kind = 'mongodb';
  readonly candles: SpooledCandles;
  /** Straight into the store: they do not wait in the spool. */
  readonly snapshots?: SnapshotStore;
  readonly instruments?: SpooledInstruments;
  readonly #spool: ArchiveReader & Partial<Pick<Archive, 'commit'>>;
  readonly #store: ArchiveReader;
  readonly #onCommit: () => void;

  /** @param onCommit called when there may be something to replicate. */
  constructor(
    spool: ArchiveReader & Partial<Pick<Archive, 'commit'>>,
    store: ArchiveReader,
    onCommit: () => void = () => undefined,
    snapshots?: SnapshotStore,
  ) {
    this.#spool = spool;
    this.#store = store;
    this.#onCommit = onCommit;
    this.candles = new SpooledCandles(spool.candles, store.candles, onCommit);
    if (snapshots) this.snapshots = snapshots;
    if (spool.instruments && store.instruments) {
      this.instruments = new SpooledInstruments(spool.instruments, store.instruments, onCommit);
    }
  }

  async commit(writes: readonly Write[]): Promise<void> {
    await this.#spool.commit?.(writes);
    if (writes.some(({ type }) => type !== 'journal' && type !== 'mark')) this.#onCommit();
  }

  /** The spool knows all of them: it is seeded from the store when that is first reached. */
  securities(): Promise<readonly SecurityState[]> {
    return this.#spool.securities();
  }

  totals(security: string): Promise<SecurityTotals> {
    return this.#spool.totals(security);
  }

  tail(security: string, parts?: boolean): Promise<SegmentTail> {
    return this.#spool.tail(security, parts);
  }

  async imageAt(security: string, position: Position): Promise<BlockRef | null> {
    const inSpool = await this.#spool.imageAt(security, position);
    return inSpool === null ? this.#store.imageAt(security, position) : this.#movable(inSpool);
  }

  async segmentAfter(security: string, epoch: number): Promise<number | null> {
    const inSpool = await this.#spool.segmentAfter(security, epoch);
    const inStore = await this.#store.segmentAfter(security, epoch);
    return inSpool === null || inStore === null ? (inSpool ?? inStore) : Math.min(inSpool, inStore);
  }

  async segmentStart(security: string, afterEpoch: number): Promise<BlockRef | null> {
    const start = await this.#spool.segmentStart(security, afterEpoch);
    const inSpool = start && this.#movable(start);
    if (await this.#hasSegmentsAfter(security, afterEpoch)) return inSpool;
    return earlier(await this.#store.segmentStart(security, afterEpoch), inSpool);
  }

  async images(
    security: string,
    epoch: number,
    fromSequence: number,
    limit?: number,
  ): Promise<readonly BlockRef[]> {
    const listed = await this.#spool.images(security, epoch, fromSequence, limit);
    const inSpool = listed.map((ref) => this.#movable(ref));
    if (hasAllImages(inSpool, fromSequence)) return inSpool;
    const inStore = await this.#store.images(security, epoch, fromSequence, limit);
    return mergeImages(inStore, inSpool).slice(0, limit);
  }

  /** By rule 2, what the spool holds follows what the store alone holds. */
  async count(range: KeySpan): Promise<number> {
    const { kind, security, epoch, from, to } = range;
    const [first] =
      kind === 'image'
        ? await this.#spool.images(security, epoch, from, 1)
        : await this.#spool.blocks(security, epoch, { afterSequence: from - 1, limit: 1 });
    const isSealed = first !== undefined && !first.isJournalPart;
    const begin = isSealed ? Math.max(from, keySequence(first.header)) : Infinity;
    const inSpool = begin <= to ? await this.#spool.count({ ...range, from: begin }) : 0;
    const end = Math.min(to, begin - 1);
    return inSpool + (from <= end ? await this.#store.count({ ...range, to: end }) : 0);
  }

  async blocks(security: string, epoch: number, range: BlockRange): Promise<readonly BlockRef[]> {
    const listed = await this.#spool.blocks(security, epoch, range);
    const inSpool = listed.map((ref) => this.#movable(ref));
    if (hasAllBlocks(inSpool, range.afterSequence)) return inSpool;
    const images = await this.#spool.images(security, epoch, range.afterSequence);
    if (hasAllImages(images, range.afterSequence)) return inSpool;
    return mergeBlocks(await this.#store.blocks(security, epoch, range), inSpool, range);
  }

  async gapBefore(security: string, epoch: number): Promise<GapRecord | null> {
    const inSpool = await this.#spool.gapBefore(security, epoch);
    if (inSpool !== null) return inSpool;
    const start = await this.#spool.segmentStart(security, epoch - 1);
    return hasGapBefore(start?.header, epoch) ? null : this.#store.gapBefore(security, epoch);
  }

  async gapWithin(security: string, epoch: number, sequence: number): Promise<GapRecord | null> {
    const inSpool = await this.#spool.gapWithin(security, epoch, sequence);
    return inSpool ?? this.#store.gapWithin(security, epoch, sequence);
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#spool.close();
  }

  /** A reference to a record of the spool that loads it from the store if it has moved there. */
  #movable(ref: BlockRef): BlockRef {
    if (ref.damaged || ref.isJournalPart) return ref;
    const load = async (): Promise<StoredRecord> => {
      try {
        return await ref.load();
      } catch (error) {
        if (!(error instanceof RecordCorruptError)) throw error;
        const isInSpool = (await findSame(this.#spool, ref)) !== undefined;
        const moved = isInSpool ? undefined : await findSame(this.#store, ref);
        if (moved === undefined) throw error;
        return moved.load();
      }
    };
    return { ...ref, load };
  }

  async #hasSegmentsAfter(security: string, epoch: number): Promise<boolean> {
    if (epoch < 1) return false;
    const images = await this.#spool.images(security, epoch, FROM_START);
    if (hasAllLaterSegments(images, [])) return true;
    const range = { afterSequence: FROM_START, limit: 1 };
    return hasAllLaterSegments([], await this.#spool.blocks(security, epoch, range));
  }
}

/** The same record in an archive, by key and checksum. */
async function findSame(
  archive: ArchiveReader,
  { header }: BlockRef,
): Promise<BlockRef | undefined> {
  const { kind, security, epoch, firstSequence, lastSequence, checksum } = header;
  const range = { afterSequence: firstSequence - 1, limit: 1, withBodies: true };
  const [found] =
    kind === 'image'
      ? await archive.images(security, epoch, lastSequence)
      : await archive.blocks(security, epoch, range);
  return found?.header.checksum === checksum ? found : undefined;
}
