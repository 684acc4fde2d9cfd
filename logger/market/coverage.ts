/** What is known about which stretch of time. All times are receive times. */

/** Why nothing is known about a stretch. */
export type GapCause =
  'sequence' | 'connection' | 'restart' | 'removed' | 'spool' | 'corrupt' | 'clock' | 'other';

/** `sequence`: every message was numbered and seen. `connection`: one unbroken connection. */
export type Proof = 'sequence' | 'connection';

/** A stretch for which the book is proven: from its base image to the last sure moment. */
export interface Interval {
  readonly epoch: number;
  readonly fromUs: number;
  readonly toUs: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly feed: string;
  readonly proof: Proof;
}

/** A hole between two intervals, or after the last one (`toUs` null) while it is not yet closed. */
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
