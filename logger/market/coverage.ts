/**
 * Coverage: the periods for which a book is proven, and the gaps between them. All times are
 * receive times.
 */

/** The cause of a gap. `checksum`: the exchange's own did not match the book. */
export type GapCause =
  | 'sequence'
  | 'connection'
  | 'checksum'
  | 'restart'
  | 'removed'
  | 'spool'
  | 'corrupt'
  | 'clock'
  | 'other';

/** `sequence`: by sequence numbers without a gap. `connection`: by one unbroken connection. */
export type Proof = 'sequence' | 'connection';

/**
 * A period for which the book is proven: from its base image to the last time it was known to be
 * alive.
 */
export interface Interval {
  readonly epoch: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly feed: string;
  readonly proof: Proof;
}

/** A gap between two intervals, or after the last one; `toUs` is null while it is open. */
export interface Gap {
  readonly fromUs: number;
  readonly toUs: number | null;
  readonly cause: GapCause;
  readonly firstMissing: number | null;
  readonly lastMissing: number | null;
}

export interface Coverage {
  readonly security: string;
  readonly intervals: readonly Interval[];
  readonly gaps: readonly Gap[];
}
