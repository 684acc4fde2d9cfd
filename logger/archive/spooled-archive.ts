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

import type {
  Archive,
  ArchiveReader,
  BlockRange,
  BlockRef,
  ChainTail,
  GapRecord,
  ImageReason,
  Position,
  RecordHeader,
  SecurityState,
  SecurityTotals,
  StoredRecord,
  Write,
} from './archive.ts';
import { RecordCorruptError } from '../errors.ts';
import { isBeyond } from './block-refs.ts';

/** Reasons of images that start a chain. */
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

  tail(security: string): Promise<ChainTail> {
    return this.#spool.tail(security);
  }

  async imageAt(security: string, position: Position): Promise<BlockRef | null> {
    const recent = await this.#spool.imageAt(security, position);
    return recent ? this.#movable(recent) : this.#store.imageAt(security, position);
  }

  async chainAfter(security: string, epoch: number): Promise<number | null> {
    const recent = await this.#spool.chainAfter(security, epoch);
    const stored = await this.#store.chainAfter(security, epoch);
    return recent === null || stored === null ? (recent ?? stored) : Math.min(recent, stored);
  }

  async chainStart(security: string, afterEpoch: number): Promise<BlockRef | null> {
    const found = await this.#spool.chainStart(security, afterEpoch);
    const recent = found && this.#movable(found);
    if (await this.#isRecent(security, afterEpoch)) return recent;
    const stored = await this.#store.chainStart(security, afterEpoch);
    return earlier(stored, recent);
  }

  async images(
    security: string,
    epoch: number,
    fromSequence: number,
  ): Promise<readonly BlockRef[]> {
    const recent = await this.#recentImages(security, epoch, fromSequence);
    const stored = await this.#store.images(security, epoch, fromSequence);
    const known = new Set(recent.map(({ header }) => header.lastSequence));
    return [...stored.filter(({ header }) => !known.has(header.lastSequence)), ...recent].sort(
      (a, b) => a.header.lastSequence - b.header.lastSequence,
    );
  }

  async blocks(security: string, epoch: number, range: BlockRange): Promise<readonly BlockRef[]> {
    const listed = await this.#spool.blocks(security, epoch, range);
    const recent = listed.map((ref) => this.#movable(ref));
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
    const image = await this.#spool.chainStart(security, epoch - 1);
    // A gap goes before its chain's first image: where that is still here, there is no gap.
    const isFirst = image?.header.epoch === epoch && FIRST.has(image.header.reason);
    return isFirst ? null : this.#store.gapBefore(security, epoch);
  }

  async holeAfter(security: string, epoch: number, sequence: number): Promise<GapRecord | null> {
    const recent = await this.#spool.holeAfter(security, epoch, sequence);
    return recent ?? this.#store.holeAfter(security, epoch, sequence);
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#spool.close();
  }

  async #recentImages(
    security: string,
    epoch: number,
    fromSequence: number,
  ): Promise<readonly BlockRef[]> {
    const listed = await this.#spool.images(security, epoch, fromSequence);
    return listed.map((ref) => this.#movable(ref));
  }

  /** A record of the spool, wherever it is once it is read. */
  #movable(ref: BlockRef): BlockRef {
    if (ref.damaged || ref.piece) return ref;
    return { ...ref, load: () => this.#loadFollowing(ref) };
  }

  async #loadFollowing(ref: BlockRef): Promise<StoredRecord> {
    try {
      return await ref.load();
    } catch (error) {
      // Damaged, unless it is not here any more.
      if (!(error instanceof RecordCorruptError)) throw error;
      if (await lookUp(this.#spool, ref.header)) throw error;
      const moved = await lookUp(this.#store, ref.header);
      if (moved === undefined) throw error;
      return moved.load();
    }
  }

  /** Whether everything after chain `epoch` is in the spool, because some of that chain is. */
  async #isRecent(security: string, epoch: number): Promise<boolean> {
    if (epoch < 1) return false;
    const images = await this.#spool.images(security, epoch, Number.MIN_SAFE_INTEGER);
    if (images.length > 0) return true;
    const range = { afterSequence: Number.MIN_SAFE_INTEGER, limit: 1 };
    const blocks = await this.#spool.blocks(security, epoch, range);
    return blocks.some(({ piece }) => !piece);
  }
}

/** The sealed record under the key of another. */
async function lookUp(archive: ArchiveReader, header: RecordHeader): Promise<BlockRef | undefined> {
  const { kind, security, epoch, firstSequence, lastSequence } = header;
  if (kind === 'image') {
    const images = await archive.images(security, epoch, lastSequence);
    return images.find((image) => image.header.lastSequence === lastSequence);
  }
  const range = { afterSequence: firstSequence - 1, untilSequence: firstSequence, limit: 1 };
  const blocks = await archive.blocks(security, epoch, range);
  return blocks.find((block) => !block.piece && block.header.firstSequence === firstSequence);
}

/** The one that comes first in its security's history; of two alike either. */
function earlier(a: BlockRef | null, b: BlockRef | null): BlockRef | null {
  if (a === null || b === null) return a ?? b;
  const isB =
    b.header.epoch < a.header.epoch ||
    (b.header.epoch === a.header.epoch && b.header.lastSequence < a.header.lastSequence);
  return isB ? b : a;
}
