/**
 * How a chain ends: with a gap before the next one, with an open hole, or not yet. Asked for before
 * the chain's blocks are listed: whatever a mark speaks of is then among the blocks.
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

export interface ChainEnd {
  /** The image that starts the next chain. */
  readonly next: BlockRef | null;
  /** The gap before the next chain. */
  readonly gap: GapRecord | null;
  /** While there is no next chain. */
  readonly openGap: OpenGap | null;
  readonly wholeUntilUs: number | null;
  /** A sequence that the chain is known to have reached; less means that records are missing. */
  readonly knownSequence: number | null;
}

/** How often a new chain may begin while the end of the one before is being read. */
const RETRY_LIMIT = 5;

export async function readChainEnd(
  archive: ArchiveReader,
  security: string,
  epoch: number,
): Promise<ChainEnd> {
  for (let tries = 0; ; tries++) {
    const next = await archive.chainStart(security, epoch);
    if (next !== null) {
      const gap = await gapBefore(archive, security, next.header.epoch);
      const knownSequence = gap === null ? null : beforeMissing(gap.firstMissing);
      return { next, gap, openGap: null, wholeUntilUs: null, knownSequence };
    }
    const tail = await lastTail(archive, security);
    if (tail !== null && tail.epoch > epoch && tries < RETRY_LIMIT) continue;
    const isOurs = tail?.epoch === epoch;
    const openGap = tail?.openGap?.epoch === epoch ? tail.openGap : null;
    return {
      next: null,
      gap: null,
      openGap,
      wholeUntilUs: isOurs ? tail.wholeUntilUs : null,
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
    // Without the mark the chain ends with its last event: less is claimed, nothing wrongly.
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

/** Why a chain's records do not go on after a sequence, though others follow. */
export async function causeOfBreak(
  archive: ArchiveReader,
  { security, epoch }: Pick<RecordHeader, 'security' | 'epoch'>,
  after: number,
): Promise<GapCause> {
  try {
    return (await archive.holeAfter(security, epoch, after))?.cause ?? 'corrupt';
  } catch (error) {
    // Nobody can say why; that there is a hole is known without it.
    if (error instanceof RecordCorruptError) return 'corrupt';
    throw error;
  }
}

/** The last moment for which the chain's book is known, given its start and last stored event. */
export function chainEndUs(end: ChainEnd, startUs: number, lastEventUs: number): number {
  const saidUs = end.gap?.fromUs ?? end.openGap?.fromUs;
  if (saidUs !== undefined) return Math.max(startUs, saidUs);
  return Math.max(lastEventUs, end.wholeUntilUs ?? lastEventUs);
}

/** When the next chain begins; null: there is none, or nobody can say. */
export function afterChainUs(end: ChainEnd): number | null {
  if (end.next === null) return null;
  return end.next.damaged ? (end.gap?.toUs ?? null) : end.next.header.fromUs;
}

/** An open hole of these causes is no hole to tell of: the recording simply ends there. */
const SILENT_ENDS = new Set<GapCause>(['removed', 'restart']);

/** The hole after a chain that ended at `endUs` with `lastSequence`; null: it just ends. */
export function gapAfter(
  end: ChainEnd,
  endUs: number,
  lastSequence: number,
  proof: 'sequence' | 'connection',
): Gap | null {
  if (end.next !== null) {
    const next = end.next.header;
    const missing = missingBetween(lastSequence, next.lastSequence, proof);
    const toUs = afterChainUs(end) ?? endUs;
    return {
      fromUs: endUs,
      toUs: Math.max(endUs, toUs),
      cause: end.gap?.cause ?? 'other',
      firstMissing: end.gap?.firstMissing ?? missing.firstMissing,
      lastMissing: end.gap?.lastMissing ?? missing.lastMissing,
    };
  }
  if (end.openGap === null || SILENT_ENDS.has(end.openGap.cause)) return null;
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

/** A hole by damage that lasts until the next chain, whose own gap record it takes in. */
export function lostUntilNext(fromUs: number, end: ChainEnd, lastSequence?: number): Gap {
  const next = end.next?.header;
  const toUs = next === undefined ? null : Math.max(fromUs, afterChainUs(end) ?? fromUs);
  const missing =
    next === undefined || lastSequence === undefined
      ? { firstMissing: null, lastMissing: null }
      : missingBetween(lastSequence, next.lastSequence, next.proof);
  return { fromUs, toUs, cause: 'corrupt', ...missing };
}

/** When a chain began, also if its first image no longer says so; 0: nobody can say. */
export async function chainBeginUs(archive: ArchiveReader, first: BlockRef): Promise<number> {
  if (!first.damaged) return first.header.fromUs;
  return (await gapBefore(archive, first.header.security, first.header.epoch))?.toUs ?? 0;
}

/** The hole from a chain's beginning to its first good image, where the first of all is lost. */
export function lostBeginning(beginUs: number, image: RecordHeader): Gap {
  const fromUs = beginUs === 0 ? image.fromUs : Math.min(beginUs, image.fromUs);
  return { fromUs, toUs: image.fromUs, cause: 'corrupt', firstMissing: null, lastMissing: null };
}
