/**
 * The port to where records are kept. An archive knows records and their keys, not markets: it
 * never decodes a body. Writing goes through `commit`, one atomic step each; reading never sees
 * half of one. Keys come from the data (security, epoch, sequence), so writing a record twice
 * changes nothing, and the same key with other content is an error.
 */

import type { BadReceiveTime } from '../market/bad-receive-times.ts';
import type { GapCause, Proof } from '../market/coverage.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';

/**
 * What a record says about itself beside its body. Times µs; sequences safe integers. An epoch
 * counts the segments of a security: 1, 2, 3 … A segment is a base image and the blocks (and later
 * images) that follow it without a hole.
 */
export interface RecordHeader {
  readonly kind: 'image' | 'block';
  readonly security: string;
  readonly level: BookLevel;
  readonly feed: string;
  readonly proof: Proof;
  readonly epoch: number;
  /** Receive times of the first and last message in it (an image: of its last message, twice). */
  readonly fromUs: number;
  readonly toUs: number;
  /** Least and greatest exchange time of the steps in it (sideEvents do not count). */
  readonly exchangeFromUs: number;
  readonly exchangeToUs: number;
  /**
   * Block: the sequence before its first step; its `firstSequence` is that plus one, and its key.
   * Image: all three are the sequence at which the book stands; the key is `lastSequence`.
   */
  readonly previousSequence: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Block: how many steps. Image: 0. */
  readonly diffs: number;
  /** Block: level changes (L2), or messages about orders (L3). Image: 0. */
  readonly levelChanges: number;
  readonly trades: number;
  /** Image: price levels of both sides (L2), or orders (L3). Block: 0. */
  readonly levels: number;
  readonly reason: ImageReason | null;
  /**
   * Where receive times of its messages may be wrong, in order of time and a few at most; a stretch may
   * begin before the record and end after its last message. Absent: there is nothing to say.
   */
  readonly badReceiveTimes?: readonly BadReceiveTime[];
  /** Which decoder reads the body: `block/1`, `image/1`, `orders/1`, `orders-image/1`. */
  readonly encoding: string;
  /** Length of the body. */
  readonly bytes: number;
  /** Program and version that wrote it. */
  readonly writer: string;
  /** Over every other field and the body: see `record.ts`. */
  readonly checksum: string;
}

/** Why an image was written. `scale`: prices or sizes became finer; `instrument`: new tick size. */
export type ImageReason = 'start' | 'interval' | 'gap' | 'manual' | 'scale' | 'instrument';

export interface StoredRecord {
  readonly header: RecordHeader;
  readonly body: Uint8Array;
}

/**
 * The hole between the end of segment `epoch - 1` and the image that starts segment `epoch`. Written
 * together with that image.
 */
export interface GapRecord {
  readonly security: string;
  readonly epoch: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly cause: GapCause;
  readonly firstMissing: number | null;
  readonly lastMissing: number | null;
  /**
   * Set where the hole is within the segment itself: records that follow this sequence were given up.
   * It ends at the segment's next image; `toUs` is when that was known to be, at least.
   */
  readonly after?: number;
}

/** A segment has ended and no other has begun: the hole is open. */
export interface OpenGap {
  /** The epoch of the segment that ended. */
  readonly epoch: number;
  readonly fromUs: number;
  readonly cause: GapCause;
  readonly firstMissing: number | null;
}

/** What is to be recorded. Stays when a security is removed, so that its history can be asked. */
export interface SecurityState {
  readonly security: string;
  readonly wanted: boolean;
  readonly feed: string;
}

export type Write =
  /**
   * Stands between blocks: what came before it is sealed first. Also closes the open gap, when a
   * `gap` is in the same commit.
   */
  | { readonly type: 'image'; readonly record: StoredRecord }
  /** A sealed block; the security's journal goes in the same step. */
  | { readonly type: 'block'; readonly record: StoredRecord }
  /**
   * The next piece of the open block, itself a small block that continues the one before it.
   * `part` counts 0, 1, 2 … since the last seal. A piece may hold sideEvents alone; then it has
   * `lastSequence === previousSequence`.
   */
  | { readonly type: 'journal'; readonly part: number; readonly record: StoredRecord }
  /** Up to when the open segment's connection is known to have been whole. */
  | {
      readonly type: 'mark';
      readonly security: string;
      readonly epoch: number;
      readonly aliveUntilUs: number;
    }
  | { readonly type: 'open-gap'; readonly security: string; readonly gap: OpenGap }
  /** Replaces the open gap. */
  | { readonly type: 'gap'; readonly record: GapRecord }
  | { readonly type: 'security'; readonly state: SecurityState };

/** Where a security's recording stands in the archive: what a start needs to go on. */
export interface SegmentTail {
  /** The last segment; 0 when there is none yet. */
  readonly epoch: number;
  /** Where its sealed records end. */
  readonly lastSequence: number | null;
  /** The latest time any record or mark of the security speaks of; null: none. */
  readonly lastUs: number | null;
  /** The mark of the last segment. */
  readonly aliveUntilUs: number | null;
  /** Pieces of a block that was open, in order. */
  readonly journal: readonly StoredRecord[];
  readonly openGap: OpenGap | null;
}

/** A place in a security's history. */
export type Position =
  { readonly clock: ClockName; readonly us: number } | { readonly sequence: number };

/** Kept by the archive as it commits, so that asking costs nothing. */
export interface SecurityTotals {
  readonly images: number;
  readonly blocks: number;
  readonly gaps: number;
  readonly storedBytes: number;
  readonly lastImageUs: number | null;
}

/** Of a security that nothing is stored of. */
export const NO_TOTALS: SecurityTotals = Object.freeze({
  images: 0,
  blocks: 0,
  gaps: 0,
  storedBytes: 0,
  lastImageUs: null,
});

/** A sealed block, or a piece of the open one, whose body is read when it is needed. */
export interface BlockRef {
  readonly header: RecordHeader;
  /**
   * Set when the stored header itself is not what was written: then kind, security, epoch and key
   * sequence of `header` are known, nothing else, and `load` throws.
   */
  readonly damaged?: true;
  /** A journal piece, not a sealed block. */
  readonly piece?: true;
  /** @throws RecordCorruptError when the bytes are not what was written. */
  load(): Promise<StoredRecord>;
}

/** Which blocks of a segment. */
export interface BlockRange {
  /** Blocks after this sequence. The first may begin earlier, if the sequence lies inside it. */
  readonly afterSequence: number;
  /**
   * Stops before the first block that begins after this time, by `clock` (default `receive`; blocks
   * without diffs have no exchange time and do not stop it) …
   */
  readonly untilUs?: number;
  readonly clock?: ClockName;
  /** … or after this sequence. */
  readonly untilSequence?: number;
  /** That block is listed too: its header proves that nothing is missing before it. */
  readonly andNext?: boolean;
  /** Of sealed blocks. Where it is reached, neither more of them nor the journal is listed. */
  readonly limit?: number;
  /** Bodies will be asked for, all of them: an archive across a network brings them at once. */
  readonly withBodies?: boolean;
}

/** Reading; beside a writer in this or another process. */
export interface ArchiveReader {
  readonly kind: 'embedded' | 'mongodb';
  securities(): Promise<readonly SecurityState[]>;
  totals(security: string): Promise<SecurityTotals>;
  tail(security: string): Promise<SegmentTail>;

  /**
   * The last image at or before a position (of the latest segment that has one), by one key look-up.
   * By sequence: the last image whose sequence is at most that; segments whose proof is the connection
   * are not found by sequence, for theirs are our own counts.
   */
  imageAt(security: string, position: Position): Promise<BlockRef | null>;

  /**
   * The first segment after `epoch` of which any record is sealed; null: none. It may have lost its
   * images: given away, or too old to be kept.
   */
  segmentAfter(security: string, epoch: number): Promise<number | null>;

  /** The image that starts the first segment after `epoch`. */
  segmentStart(security: string, afterEpoch: number): Promise<BlockRef | null>;

  /** Headers of all images of one segment with `lastSequence >= fromSequence`, in order. */
  images(security: string, epoch: number, fromSequence: number): Promise<readonly BlockRef[]>;

  /**
   * The blocks of a segment within a range, in order, sealed ones first, then the journal's pieces, all
   * as of one moment.
   */
  blocks(security: string, epoch: number, range: BlockRange): Promise<readonly BlockRef[]>;

  /** The gap before segment `epoch`. */
  gapBefore(security: string, epoch: number): Promise<GapRecord | null>;

  /** The hole that was declared within segment `epoch`, right after a sequence. */
  gapWithin(security: string, epoch: number, sequence: number): Promise<GapRecord | null>;

  close(): Promise<void>;
}

export interface Archive extends ArchiveReader {
  /**
   * Writes all of it, or nothing. Resolves when it would survive the death of the process.
   * @throws DuplicateRecordError, ArchiveFullError, ArchiveUnavailableError.
   */
  commit(writes: readonly Write[]): Promise<void>;
}
