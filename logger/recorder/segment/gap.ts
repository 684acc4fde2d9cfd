/** Gaps between two segments. Pure. */

import type { GapRecord, OpenGap } from '../../archive/archive.ts';
import type { SegmentIdentity } from './records.ts';
import type { ProvenBook } from './segment.ts';

/** The record of a gap that ends at the first image of a new segment. */
export function closeGap(
  open: OpenGap,
  next: SegmentIdentity,
  proven: ProvenBook,
  isNumberedByConnection = false,
): GapRecord {
  const { firstMissing } = open;
  const base = {
    security: next.security,
    epoch: next.epoch,
    fromUs: open.fromUs,
    toUs: Math.max(open.fromUs, proven.receiveTimeUs),
    cause: open.cause,
  };
  // The next book may be of another connection, which numbers for itself.
  if (isNumberedByConnection) return { ...base, firstMissing, lastMissing: null };
  // Without sequence numbers the end of the gap is not known by number.
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

/** Of two gaps after the same segment, the one that begins first. */
export function earlierGap(a: OpenGap, b: OpenGap): OpenGap {
  if (a.fromUs !== b.fromUs) return a.fromUs < b.fromUs ? a : b;
  return (a.firstMissing ?? Infinity) <= (b.firstMissing ?? Infinity) ? a : b;
}
