/**
 * The port to an archive. An archive knows records and their keys, not markets: it never decodes a
 * body. `commit` is atomic, and readers never see half of one. Keys come from the data (security,
 * epoch, sequence), so writing a record twice changes nothing, and different content under the same
 * key is an error.
 */

import type { Contract } from '../market/contract.ts';
import type { BadReceiveTime } from '../market/bad-receive-times.ts';
import type { GapCause, Proof } from '../market/coverage.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';
import type { CandleReader, CandleStore } from './candle-store.ts';
import type { InstrumentReader, InstrumentStore } from './instrument-store.ts';
import type { SnapshotReader, SnapshotStore } from './snapshot-store.ts';

/**
 * Describes a record. Times are in microseconds, sequences are safe integers. The epoch numbers the
 * segments of a security: 1, 2, 3 … A segment is a base image and the blocks (and later images) that
 * follow it without a gap.
 */
export interface RecordHeader {
  readonly kind: 'image' | 'block';
  readonly security: string;
  readonly level: BookLevel;
  readonly feed: string;
  readonly proof: Proof;
  /** The feed shows a window of the book: its horizon is the last price, and moves. Absent: it does not. */
  readonly windowed?: true;
  /** Image: what a size counts. Absent: an amount of the traded asset. */
  readonly contract?: Contract;
  readonly epoch: number;
  /** Receive times of its first and last message (image: both are its last message's). */
  readonly fromUs: number;
  readonly toUs: number;
  /** Lowest and highest exchange time of its book updates; side events do not count. */
  readonly exchangeFromUs: number;
  readonly exchangeToUs: number;
  /**
   * Block: the sequence before its first book update. `firstSequence`, its key, is that plus one.
   * Image: all three are the sequence of the book; the key is `lastSequence`.
   */
  readonly previousSequence: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Block: number of book updates. Image: 0. */
  readonly diffs: number;
  /** Block: level changes (L2) or order events (L3). Image: 0. */
  readonly levelChanges: number;
  readonly trades: number;
  /** Image: price levels of both sides (L2) or orders (L3). Block: 0. */
  readonly levels: number;
  readonly reason: ImageReason | null;
  /**
   * Receive-time defects of its messages, in order of time. One may begin before the record and end
   * after its last message. Absent if there are none.
   */
  readonly badReceiveTimes?: readonly BadReceiveTime[];
  /**
   * Block: bounds of the best prices, from the book before its first update to the one after its last;
   * null: each of these books was crossed, or had an empty side. Absent: not known.
   */
  readonly tops?: TopBounds | null;
  /** Format of the body, such as `block/2` or `image/2`; of a journal part `journal/1` or `journal/2`. */
  readonly encoding: string;
  /** Length of the body in bytes. */
  readonly bytes: number;
  /** Program and version that wrote it. */
  readonly writer: string;
  /** Over every other field and the body: see `record.ts`. */
  readonly checksum: string;
}

/** Of books that are not crossed and have both sides: the highest best bid and the lowest best ask, as plain decimals. */
export interface TopBounds {
  readonly maxBid: string;
  readonly minAsk: string;
}

/**
 * Why an image was written. `scale`: prices or sizes got more decimals; `instrument`: new tick
 * size; `horizon`: the book is known further out than the records before it show.
 */
export type ImageReason =
  'start' | 'interval' | 'gap' | 'manual' | 'scale' | 'instrument' | 'horizon';

export interface StoredRecord {
  readonly header: RecordHeader;
  readonly body: Uint8Array;
}

/** A header without the fields that `sealRecord` adds. */
export type RecordDescription = Omit<RecordHeader, 'bytes' | 'checksum'>;

/** A part of an open block. It becomes a record, with a checksum of its own, when it is read. */
export interface JournalPart {
  readonly header: RecordDescription;
  readonly body: Uint8Array;
}

/**
 * The gap between the end of segment `epoch - 1` and the image that starts segment `epoch`. Written
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
   * Set for a gap within the segment: the records after this sequence were dropped. It ends at the
   * segment's next image, at `toUs` or later.
   */
  readonly after?: number;
}

/** A segment has ended and no other has started. */
export interface OpenGap {
  /** The epoch of the segment that ended. */
  readonly epoch: number;
  readonly fromUs: number;
  readonly cause: GapCause;
  readonly firstMissing: number | null;
}

/** The recording state of a security. Kept after a removal, so that its history stays readable. */
export interface SecurityState {
  readonly security: string;
  readonly wanted: boolean;
  readonly feed: string;
}

export type Write =
  /**
   * Lies between blocks: what precedes it must be sealed first. Also closes the open gap if the same
   * commit has a `gap`.
   */
  | { readonly type: 'image'; readonly record: StoredRecord }
  /** A sealed block. Removes the security's journal. */
  | { readonly type: 'block'; readonly record: StoredRecord }
  /**
   * The next part of the open block, itself a small block that continues the one before it. `part`
   * counts 0, 1, 2 … since the last seal. A part may hold side events only; then `lastSequence` equals
   * `previousSequence`.
   */
  | { readonly type: 'journal'; readonly part: number; readonly record: JournalPart }
  /** The open segment is known to be alive up to this time. */
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

/** The end of a security's records: what a restart needs to continue. */
export interface SegmentTail {
  /** The last segment; 0 if there is none yet. */
  readonly epoch: number;
  /** The last sequence of its sealed records. */
  readonly lastSequence: number | null;
  /** The latest time in any record or mark of the security. */
  readonly lastUs: number | null;
  /** The mark of the last segment. */
  readonly aliveUntilUs: number | null;
  /** The parts of an open block, in order. */
  readonly journal: readonly StoredRecord[];
  readonly openGap: OpenGap | null;
}

/** A position in a security's history. */
export type Position =
  { readonly clock: ClockName; readonly us: number } | { readonly sequence: number };

/** Updated with each commit, so that reading them is cheap. */
export interface SecurityTotals {
  readonly images: number;
  readonly blocks: number;
  readonly gaps: number;
  readonly storedBytes: number;
  readonly lastImageUs: number | null;
}

/** The totals of a security without records. */
export const NO_TOTALS: SecurityTotals = Object.freeze({
  images: 0,
  blocks: 0,
  gaps: 0,
  storedBytes: 0,
  lastImageUs: null,
});

/** A stored image, sealed block or journal part, whose body is read on demand. */
export interface BlockRef {
  readonly header: RecordHeader;
  /**
   * The stored header is damaged: only kind, security, epoch and key sequence of `header` are
   * valid, and `load` throws.
   */
  readonly damaged?: true;
  /** A part of the open block, not a sealed one. */
  readonly isJournalPart?: true;
  /** @throws RecordCorruptError if the bytes are not what was written. */
  load(): Promise<StoredRecord>;
}

/** A range of a segment's blocks. */
export interface BlockRange {
  /** Blocks after this sequence. The first one may begin earlier if it contains the sequence. */
  readonly afterSequence: number;
  /**
   * Stops before the first block that begins after this time of `clock` (default `receive`; blocks
   * without book updates have no exchange time and do not stop it) …
   */
  readonly untilUs?: number;
  readonly clock?: ClockName;
  /** … or after this sequence. */
  readonly untilSequence?: number;
  /** Lists that block too: its header proves that nothing is missing before it. */
  readonly andNext?: boolean;
  /** Maximum number of sealed blocks. If it is reached, the journal is not listed either. */
  readonly limit?: number;
  /** All bodies will be loaded: an archive across a network fetches them at once. */
  readonly withBodies?: boolean;
}

/** Keys of a segment's sealed blocks or images (`keySequence`), both ends included. */
export interface KeySpan {
  readonly kind: RecordHeader['kind'];
  readonly security: string;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Blocks per page when a segment is listed in pages: some hours; their headers take about a
 * megabyte.
 */
export const PAGE_BLOCKS = 512;

/** How far the exchange's clock may go back from one connection to the next. */
export const MAX_EXCHANGE_DISORDER_US = 10_000_000;

/** Receive times of records, and their defects. */
export interface RecordedSpan {
  readonly fromUs: number;
  readonly toUs: number;
  readonly badReceiveTimes: readonly BadReceiveTime[];
}

export interface RunImages extends RecordedSpan {
  readonly count: number;
}

/** What the headers of blocks that follow one another show, and of the images before and between them. */
export interface BlockRunSummary extends RecordedSpan {
  /** Of the book before its first block, whose key is `firstSequence`. */
  readonly sequence: number;
  readonly firstSequence: number;
  /** Its last block, which has a book update. Only its key, last sequence and last receive time are known. */
  readonly last: BlockRef;
  readonly blocks: number;
  /** The latest receive time of a block with a book update. */
  readonly lastEventUs: number;
  /** Those from `sequence` on, before the end of its last block. */
  readonly images: RunImages;
}

/** Reads records, beside a writer in this or another process. */
export interface ArchiveReader {
  readonly kind: 'embedded' | 'mongodb';
  readonly candles: CandleReader;
  /** The snapshots that it keeps. Absent: it keeps none. */
  readonly snapshots?: SnapshotReader;
  /** What it keeps of instruments. Absent: nothing. */
  readonly instruments?: InstrumentReader;
  securities(): Promise<readonly SecurityState[]>;
  totals(security: string): Promise<SecurityTotals>;
  /** @param parts false: the journal is left out, where that saves reading it. */
  tail(security: string, parts?: boolean): Promise<SegmentTail>;

  /**
   * The last image at or before a position, in the latest segment that has one. By sequence: segments
   * proven by the connection are not found, because their sequences are our own counts.
   */
  imageAt(security: string, position: Position): Promise<BlockRef | null>;

  /**
   * The first segment after `epoch` with any sealed record; null for none. Its images may be missing:
   * replicated, or deleted by retention.
   */
  segmentAfter(security: string, epoch: number): Promise<number | null>;

  /** The first image of the first segment after `epoch` that has one. */
  segmentStart(security: string, afterEpoch: number): Promise<BlockRef | null>;

  /** The images of a segment with `lastSequence >= fromSequence`, in order; at most `limit`. */
  images(
    security: string,
    epoch: number,
    fromSequence: number,
    limit?: number,
  ): Promise<readonly BlockRef[]>;

  /**
   * The blocks of a segment within a range, in order: sealed ones, then journal parts, all from one
   * snapshot.
   */
  blocks(security: string, epoch: number, range: BlockRange): Promise<readonly BlockRef[]>;

  /**
   * The runs of a segment's blocks that are stored, in order; not every block is in one. Absent: none are. That none
   * of its blocks has gone since is for the caller to count.
   */
  blockRuns?(security: string, epoch: number): Promise<readonly BlockRunSummary[]>;

  /** How many sealed records there are with keys in a range. Much cheaper than to list them. */
  count(range: KeySpan): Promise<number>;

  /** The gap before segment `epoch`. */
  gapBefore(security: string, epoch: number): Promise<GapRecord | null>;

  /** The recorded gap within segment `epoch` directly after a sequence. */
  gapWithin(security: string, epoch: number, sequence: number): Promise<GapRecord | null>;

  close(): Promise<void>;
}

export interface Archive extends ArchiveReader {
  readonly candles: CandleStore;
  readonly snapshots?: SnapshotStore;
  readonly instruments?: InstrumentStore;
  /**
   * Writes everything or nothing. Resolves when the data would survive the death of the process.
   * @throws DuplicateRecordError, ArchiveFullError, ArchiveUnavailableError.
   */
  commit(writes: readonly Write[]): Promise<void>;
}
