/**
 * The port to the spool: an embedded archive that queues committed records until they are stored in
 * MongoDB, then removes them. So it holds the most recent records of each security, together with the
 * security's head and its journal, which stay.
 */

import type { Archive, SecurityState, SecurityTotals, SegmentTail } from './archive.ts';
import type { RecordBatch } from './batch.ts';
import type { CandleEntry, CandleStore } from './candle-store.ts';
import type { InstrumentStore, KeptInstrument } from './instrument-store.ts';
import type { DeletedCounts, PrunableArchive } from './retention.ts';
import type { SecurityDocument } from './target.ts';

export interface SpoolSize {
  readonly records: number;
  readonly bytes: number;
  /** Securities with pending records. */
  readonly securities: readonly string[];
}

/** Records that were dropped because the spool was full. */
export interface DroppedRecords {
  readonly security: string;
  readonly records: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** No later image is stored: nothing can be rebuilt until a new one is written. */
  readonly needsImage: boolean;
}

/** The candles in a spool wait to be written to the store. */
export interface CandleSpool extends CandleStore {
  /** Some of those that wait. */
  pending(limit: number): Promise<readonly CandleEntry[]>;
  /** Removes those that the store has acknowledged, unless they changed since. */
  release(entries: readonly CandleEntry[]): Promise<void>;
}

/** Those in a spool wait to be written to the store. */
export interface InstrumentSpool extends InstrumentStore {
  /** Some of those that wait. */
  pending(limit: number): Promise<readonly KeptInstrument[]>;
  /** Removes those that the store has acknowledged. */
  release(batch: readonly KeptInstrument[]): Promise<void>;
}

export interface Spool extends Archive, PrunableArchive {
  readonly candles: CandleSpool;
  readonly instruments: InstrumentSpool;
  /** Updates a security's totals: records that were replicated have been deleted from the store. */
  countDeleted(security: string, deleted: DeletedCounts): Promise<void>;
  /**
   * The next records to write to the store: in order within each security, round-robin between them.
   * @param maxBytes of bodies; a single record may be larger.
   * @param except securities to skip.
   */
  pending(maxBytes: number, except: ReadonlySet<string>): Promise<readonly RecordBatch[]>;
  /** Removes records that the store has acknowledged. */
  release(batches: readonly RecordBatch[]): Promise<void>;
  /** Of all securities; `end` is set only where nothing is pending. */
  securityDocuments(): Promise<readonly SecurityDocument[]>;
  /**
   * Drops the oldest pending records, up to the next image of their security, and records the gap.
   * @returns null when nothing is pending.
   */
  dropOldest(): Promise<DroppedRecords | null>;
  /** The size of what is pending. */
  size(): Promise<SpoolSize>;
  /** Continues a security that is known to the store but not to this directory. */
  seed(state: SecurityState, tail: SegmentTail, totals: SecurityTotals): Promise<void>;
}
