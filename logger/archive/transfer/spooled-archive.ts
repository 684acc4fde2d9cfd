/**
 * Two archives as one: what was just recorded is in the spool, what was acknowledged is in the
 * store. Records only go from the spool to the store, in order, and are taken from the spool after
 * they are in the store. So the spool is asked first: whatever is no longer there is in the store by
 * then; and what is found in both is the same record. What was listed in the spool may have gone before
 * it is read: then it is read from the store.
 *
 * What the spool holds of a security is the end of it. Where a question is about that end alone, the
 * store is not asked, so that recent moments are answered also while it is away.
 */

import { RecordCorruptError } from '../../errors.ts';
import type {
  Archive,
  ArchiveReader,
  BlockRange,
  BlockRef,
  SegmentTail,
  GapRecord,
  ImageReason,
  Position,
  SecurityState,
  SecurityTotals,
  StoredRecord,
  Write,
} from '../archive.ts';
import { isBeyond } from '../block-refs.ts';

/** Reasons of images that start a segment. */
const FIRST: ReadonlySet<unknown> = new Set<ImageReason>(['start', 'gap']);

export class SpooledArchive implements Archive {
  readonly kind = 'mongodb';
  readonly #spool: ArchiveReader & Partial<Pick<Archive, 'commit'>>;
  readonly #store: ArchiveReader;
  readonly #onCommit: () => void;

  /** @param onCommit hears that there may be something to be taken to the store. */
  constructor(
    spool: ArchiveReader & Partial<Pick<Archive, 'commit'>>,
    store: ArchiveReader,
    onCommit: () => void = () => undefined,
  ) {
    this.#spool = spool;
    this.#store = store;
    this.#onCommit = onCommit;
  }

  async commit(writes: readonly Write[]): Promise<void> {
    await this.#spool.commit?.(writes);
    if (writes.some(({ type }) => type !== 'journal' && type !== 'mark')) this.#onCommit();
  }

  /** Those of the store are seeded into the spool when it is first reached. */
  securities(): Promise<readonly SecurityState[]> {
    return this.#spool.securities();
  }

  totals(security: string): Promise<SecurityTotals> {
    return this.#spool.totals(security);
  }

  tail(security: string): Promise<SegmentTail> {
    return this.#spool.tail(security);
  }

  async imageAt(security: string, position: Position): Promise<BlockRef | null> {
    const recent = await this.#spool.imageAt(security, position);
    return recent === null ? this.#store.imageAt(security, position) : this.#moving(recent);
  }

  async segmentAfter(security: string, epoch: number): Promise<number | null> {
    const recent = await this.#spool.segmentAfter(security, epoch);
    const stored = await this.#store.segmentAfter(security, epoch);
    return recent === null || stored === null ? (recent ?? stored) : Math.min(recent, stored);
  }

  async segmentStart(security: string, afterEpoch: number): Promise<BlockRef | null> {
    const start = await this.#spool.segmentStart(security, afterEpoch);
    const recent = start && this.#moving(start);
    if (await this.#isRecent(security, afterEpoch)) return recent;
    const stored = await this.#store.segmentStart(security, afterEpoch);
    return earlier(stored, recent);
  }

  async images(
    security: string,
    epoch: number,
    fromSequence: number,
  ): Promise<readonly BlockRef[]> {
    const found = await this.#spool.images(security, epoch, fromSequence);
    const recent = found.map((ref) => this.#moving(ref));
    // What follows an image that is here is here.
    if (recent[0]?.header.lastSequence === fromSequence) return recent;
    const stored = await this.#store.images(security, epoch, fromSequence);
    const known = new Set(recent.map(({ header }) => header.lastSequence));
    return [...stored.filter(({ header }) => !known.has(header.lastSequence)), ...recent].sort(
      (a, b) => a.header.lastSequence - b.header.lastSequence,
    );
  }

  async blocks(security: string, epoch: number, range: BlockRange): Promise<readonly BlockRef[]> {
    const found = await this.#spool.blocks(security, epoch, range);
    const recent = found.map((ref) => this.#moving(ref));
    const first = recent.find(({ damaged }) => !damaged);
    if (first && first.header.previousSequence <= range.afterSequence) return recent;
    const images = await this.#spool.images(security, epoch, range.afterSequence);
    // Blocks follow their image into the store: an image that is here has all that follows it here.
    if (images[0]?.header.lastSequence === range.afterSequence) return recent;
    const stored = await this.#store.blocks(security, epoch, range);
    const beginning = first?.header.firstSequence ?? Infinity;
    // The store may hold by now what the spool still listed, or the block of listed pieces.
    const older = stored.filter(({ header }) => header.firstSequence < beginning);
    const limit = range.limit ?? Infinity;
    if (older.length >= limit) return older.slice(0, limit);
    if (older.some((ref) => isBeyond(ref, range))) return older;
    const sealed = recent.filter(({ piece }) => !piece).length + older.length;
    return [...older, ...recent].slice(0, sealed < limit ? undefined : limit);
  }

  async gapBefore(security: string, epoch: number): Promise<GapRecord | null> {
    const recent = await this.#spool.gapBefore(security, epoch);
    if (recent !== null) return recent;
    const image = await this.#spool.segmentStart(security, epoch - 1);
    // A gap goes before its segment's first image: where that is still here, there is no gap.
    const isFirst = image?.header.epoch === epoch && FIRST.has(image.header.reason);
    return isFirst ? null : this.#store.gapBefore(security, epoch);
  }

  async gapWithin(security: string, epoch: number, sequence: number): Promise<GapRecord | null> {
    const recent = await this.#spool.gapWithin(security, epoch, sequence);
    return recent ?? this.#store.gapWithin(security, epoch, sequence);
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#spool.close();
  }

  /** A record of the spool, which may be taken to the store before it is read. */
  #moving(ref: BlockRef): BlockRef {
    if (ref.damaged || ref.piece) return ref;
    const load = async (): Promise<StoredRecord> => {
      try {
        return await ref.load();
      } catch (error) {
        if (!(error instanceof RecordCorruptError)) throw error;
        const isHere = (await listed(this.#spool, ref)) !== undefined;
        const moved = isHere ? undefined : await listed(this.#store, ref);
        if (moved === undefined) throw error;
        return moved.load();
      }
    };
    return { ...ref, load };
  }

  /** Whether everything after segment `epoch` is in the spool, because some of that segment is. */
  async #isRecent(security: string, epoch: number): Promise<boolean> {
    if (epoch < 1) return false;
    const images = await this.#spool.images(security, epoch, Number.MIN_SAFE_INTEGER);
    if (images.length > 0) return true;
    const range = { afterSequence: Number.MIN_SAFE_INTEGER, limit: 1 };
    const blocks = await this.#spool.blocks(security, epoch, range);
    return blocks.some(({ piece }) => !piece);
  }
}

/** The same record, if it is there. */
async function listed(archive: ArchiveReader, { header }: BlockRef): Promise<BlockRef | undefined> {
  const { kind, security, epoch, firstSequence, lastSequence, checksum } = header;
  const range = { afterSequence: firstSequence - 1, limit: 1, withBodies: true };
  const found =
    kind === 'image'
      ? await archive.images(security, epoch, lastSequence)
      : await archive.blocks(security, epoch, range);
  return found[0]?.header.checksum === checksum ? found[0] : undefined;
}

/** The one that comes first in its security's history; of two alike either. */
function earlier(a: BlockRef | null, b: BlockRef | null): BlockRef | null {
  if (a === null || b === null) return a ?? b;
  const isB =
    b.header.epoch < a.header.epoch ||
    (b.header.epoch === a.header.epoch && b.header.lastSequence < a.header.lastSequence);
  return isB ? b : a;
}
