/**
 * How a segment ends: with a gap before the next one, with an open hole, or not yet. Asked for before
 * the segment's blocks are listed: whatever a mark speaks of is then among the blocks.
 */

import type {
  ArchiveReader,
  BlockRef,
  GapRecord,
  OpenGap,
  RecordHeader,
} from '../archive/archive.ts';
import { RecordCorruptError } from '../errors.ts';
import type { Gap, GapCause } from '../market/coverage.ts';
import type { ReaderContext } from './context.ts';

export interface SegmentEnd {
  /** The image that starts the next segment. */
  readonly next: BlockRef | null;
  /** The gap before the next segment. */
  readonly gap: GapRecord | null;
  /** While there is no next segment. */
  readonly openGap: OpenGap | null;
  readonly aliveUntilUs: number | null;
  /** A sequence that the segment is known to have reached; less means that records are missing. */
  readonly knownSequence: number | null;
}

/** How often a new segment may begin while the end of the one before is being read. */
const RETRY_LIMIT = 5;

/** @param liveGap see `ReaderContext`. */
export async function readSegmentEnd(
  archive: ArchiveReader,
  security: string,
  epoch: number,
  liveGap?: ReaderContext['liveGap'],
): Promise<SegmentEnd> {
  for (let tries = 0; ; tries++) {
    const next = await archive.segmentStart(security, epoch);
    if (next !== null) {
      const gap = await gapBefore(archive, security, next.header.epoch);
      const knownSequence = gap === null ? null : beforeMissing(gap.firstMissing);
      return { next, gap, openGap: null, aliveUntilUs: null, knownSequence };
    }
    const tail = await lastTail(archive, security);
    if (tail !== null && tail.epoch > epoch && tries < RETRY_LIMIT) continue;
    const isOurs = tail?.epoch === epoch;
    const openGap = tail?.openGap ?? liveGap?.(security) ?? null;
    return {
      next: null,
      gap: null,
      openGap: openGap?.epoch === epoch ? openGap : null,
      aliveUntilUs: isOurs ? tail.aliveUntilUs : null,
      knownSequence: isOurs ? tail.lastSequence : null,
    };
  }
}

function beforeMissing(firstMissing: number | null): number | null {
  return firstMissing === null ? null : firstMissing - 1;
}

async function gapBefore(
  archive: ArchiveReader,
  security: string,
  epoch: number,
): Promise<GapRecord | null> {
  try {
    return await archive.gapBefore(security, epoch);
  } catch (error) {
    // A gap record only says why; that there is a hole is known without it.
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

async function lastTail(archive: ArchiveReader, security: string) {
  try {
    return await archive.tail(security);
  } catch (error) {
    // Without the mark the segment ends with its last event: less is claimed, nothing wrongly.
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

/** Why a segment's records do not go on after a sequence, though others follow. */
export async function causeOfBreak(
  archive: ArchiveReader,
  { security, epoch }: Pick<RecordHeader, 'security' | 'epoch'>,
  after: number,
): Promise<GapCause> {
  try {
    return (await archive.gapWithin(security, epoch, after))?.cause ?? 'corrupt';
  } catch (error) {
    // Nobody can say why; that there is a hole is known without it.
    if (error instanceof RecordCorruptError) return 'corrupt';
    throw error;
  }
}

/** The last moment for which the segment's book is known, given its start and last stored event. */
export function segmentEndUs(end: SegmentEnd, startUs: number, lastEventUs: number): number {
  const saidUs = end.gap?.fromUs ?? end.openGap?.fromUs;
  if (saidUs !== undefined) return Math.max(startUs, saidUs);
  return Math.max(lastEventUs, end.aliveUntilUs ?? lastEventUs);
}

/** When the next segment begins; null: there is none, or nobody can say. */
export function afterSegmentUs(end: SegmentEnd): number | null {
  if (end.next === null) return null;
  return end.next.damaged ? (end.gap?.toUs ?? null) : end.next.header.fromUs;
}

/** Somebody ended the recording: what follows is missing like any other time, yet nothing failed. */
const ENDS = new Set<GapCause>(['removed', 'restart']);

/** The recording ends here, for now or for good. A hole for who asks about the time after it alone. */
export function isEndOfRecording({ toUs, cause }: Gap): boolean {
  return toUs === null && ENDS.has(cause);
}

/**
 * The hole after a segment that ended at `endUs` with `lastSequence`; null: nobody knows of one, as the
 * segment is being recorded, or was when the process died.
 */
export function gapAfter(
  end: SegmentEnd,
  endUs: number,
  lastSequence: number,
  proof: 'sequence' | 'connection',
): Gap | null {
  if (end.next !== null) {
    const next = end.next.header;
    const missing = missingBetween(lastSequence, next.lastSequence, proof);
    const toUs = afterSegmentUs(end) ?? endUs;
    return {
      fromUs: endUs,
      toUs: Math.max(endUs, toUs),
      cause: end.gap?.cause ?? 'other',
      firstMissing: end.gap?.firstMissing ?? missing.firstMissing,
      lastMissing: end.gap?.lastMissing ?? missing.lastMissing,
    };
  }
  if (end.openGap === null) return null;
  return {
    fromUs: endUs,
    toUs: null,
    cause: end.openGap.cause,
    firstMissing: end.openGap.firstMissing,
    lastMissing: null,
  };
}

/** Both null where nothing is missing, or nothing is numbered. */
export function missingBetween(
  lastSequence: number,
  nextSequence: number,
  proof: 'sequence' | 'connection',
): { readonly firstMissing: number | null; readonly lastMissing: number | null } {
  const isAny = proof === 'sequence' && lastSequence + 1 <= nextSequence - 1;
  return {
    firstMissing: isAny ? lastSequence + 1 : null,
    lastMissing: isAny ? nextSequence - 1 : null,
  };
}

/** A hole by damage that lasts until the next segment, whose own gap record it takes in. */
export function lostUntilNext(fromUs: number, end: SegmentEnd, lastSequence?: number): Gap {
  const next = end.next?.header;
  const toUs = next === undefined ? null : Math.max(fromUs, afterSegmentUs(end) ?? fromUs);
  const missing =
    next === undefined || lastSequence === undefined
      ? { firstMissing: null, lastMissing: null }
      : missingBetween(lastSequence, next.lastSequence, next.proof);
  return { fromUs, toUs, cause: 'corrupt', ...missing };
}

/** When a segment began, also if its first image no longer says so; 0: nobody can say. */
export async function segmentBeginUs(archive: ArchiveReader, first: BlockRef): Promise<number> {
  if (!first.damaged) return first.header.fromUs;
  return (await gapBefore(archive, first.header.security, first.header.epoch))?.toUs ?? 0;
}

/** The hole from a segment's beginning to its first good image, where the first of all is lost. */
export function lostBeginning(beginUs: number, image: RecordHeader): Gap {
  const fromUs = beginUs === 0 ? image.fromUs : Math.min(beginUs, image.fromUs);
  return { fromUs, toUs: image.fromUs, cause: 'corrupt', firstMissing: null, lastMissing: null };
}
