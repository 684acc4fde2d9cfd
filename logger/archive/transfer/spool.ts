/**
 * The embedded archive as journal and spool of another store: what was committed waits here until it
 * is acknowledged there, then it goes. What is here of a security is therefore the end of what was
 * recorded of it; its head and its journal stay.
 */

import type {
  Archive,
  SegmentTail,
  GapRecord,
  OpenGap,
  RecordHeader,
  SecurityState,
  SecurityTotals,
  StoredRecord,
} from '../archive.ts';
import type { Expiring } from '../retention.ts';
import type { Expired } from '../embedded/security-head.ts';

/**
 * A stretch of one security's records, to be written in this order: the gap before a segment, images,
 * blocks. Where the order of the records is another, they are several shipments.
 */
export interface Shipment {
  readonly security: string;
  readonly gaps: readonly GapRecord[];
  readonly images: readonly StoredRecord[];
  readonly blocks: readonly StoredRecord[];
  /** Records that are no longer what was committed: not to be written, only released. */
  readonly damaged: readonly RecordHeader[];
}

/** What a security's own document says beside its records. */
export interface SecurityDocument {
  readonly state: SecurityState;
  readonly totals: SecurityTotals;
  /**
   * How its last segment ends. Only where everything that was heard is among the records: a mark that
   * is ahead of them would speak for what nobody can read. null: leave what is there.
   */
  readonly end: {
    readonly mark: { readonly epoch: number; readonly us: number } | null;
    readonly openGap: OpenGap | null;
  } | null;
}

export interface SpoolSize {
  readonly records: number;
  readonly bytes: number;
  /** Those of which something waits. */
  readonly securities: readonly string[];
}

/** A stretch that was given up. */
export interface Dropped {
  readonly security: string;
  readonly records: number;
  readonly fromUs: number;
  readonly toUs: number;
  /** Nothing after it can be read until an image comes: ask for one. */
  readonly needsImage: boolean;
}

export interface Spool extends Archive, Expiring {
  /** Records that were given away were deleted in the store, for their age. */
  forget(security: string, expired: Expired): Promise<void>;
  /**
   * What is to be written next, in order within each security, fairly between them.
   * @param maxBytes of bodies, but for a single record that is larger.
   * @param except securities that are to be left where they are.
   */
  pending(maxBytes: number, except: ReadonlySet<string>): Promise<readonly Shipment[]>;
  /** Has been acknowledged elsewhere: goes. */
  release(shipments: readonly Shipment[]): Promise<void>;
  /** What to say of securities; with the end of the last segment only where nothing is pending. */
  securityDocuments(): Promise<readonly SecurityDocument[]>;
  /**
   * Gives up the oldest stretch that waits, up to the next image of its security, and declares it.
   * @returns null: nothing waits.
   */
  dropOldest(): Promise<Dropped | null>;
  /** What waits. */
  size(): Promise<SpoolSize>;
  /** Goes on where another directory left a security, of which nothing is known here. */
  seed(state: SecurityState, tail: SegmentTail, totals: SecurityTotals): Promise<void>;
}
