/** Closing a hole: pure. */

import type { GapRecord, OpenGap } from '../archive/archive.ts';
import type { ProvenBook } from './segment.ts';
import type { SegmentIdentity } from './records.ts';

/** The record of the hole that ends where a new segment's image stands. */
export function closeGap(open: OpenGap, next: SegmentIdentity, proven: ProvenBook): GapRecord {
  const { firstMissing } = open;
  const base = {
    security: next.security,
    epoch: next.epoch,
    fromUs: open.fromUs,
    toUs: Math.max(open.fromUs, proven.receiveTimeUs),
    cause: open.cause,
  };
  // Where the exchange numbers nothing, nobody knows at which of its numbers the hole ends.
  if (next.proof === 'connection') {
    return { ...base, firstMissing, lastMissing: null };
  }
  const lastMissing = proven.sequence - 1;
  // A quiet security may come back where it was left: time is missing then, but no sequence.
  const isAnyMissing = firstMissing !== null && firstMissing <= lastMissing;
  return {
    ...base,
    firstMissing: isAnyMissing ? firstMissing : null,
    lastMissing: isAnyMissing ? lastMissing : null,
  };
}

/** Of two holes after the same segment, known from different sides, the one that begins first. */
export function earlierGap(a: OpenGap, b: OpenGap): OpenGap {
  if (a.fromUs !== b.fromUs) return a.fromUs < b.fromUs ? a : b;
  return (a.firstMissing ?? Infinity) <= (b.firstMissing ?? Infinity) ? a : b;
}
