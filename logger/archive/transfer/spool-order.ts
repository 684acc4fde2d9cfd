/**
 * What the order of replication proves about a spool and its store. Three rules hold:
 *
 * 1. **Store before release.** A record is removed from the spool only after the store has
 *    acknowledged it. So when the spool is read first and the store second, a record that moves in
 *    between is found.
 * 2. **The spool holds the tail.** A security's records are replicated in order (`batch.ts`). So
 *    whatever follows a record that is still in the spool is in the spool too.
 * 3. **A gap goes with its segment's first image.** So while that image is in the spool, so is the
 *    gap.
 *
 * From them follow the functions below. Each answers from what was read from the spool; where it is
 * true the store need not be asked, so recent data stays readable while the store is unreachable.
 */

import type { BlockRange, BlockRef, ImageReason, RecordHeader } from '../archive.ts';
import { comparePlaces, placeOf } from '../batch.ts';
import { isBeyond } from '../block-refs.ts';

/** Rule 2: the spool has the image at `fromSequence`, hence all later images of the segment. */
export function hasAllImages(inSpool: readonly BlockRef[], fromSequence: number): boolean {
  return inSpool[0]?.header.lastSequence === fromSequence;
}

/**
 * Rule 2: the spool has the block that contains or directly follows `afterSequence`, hence all later
 * blocks of the segment. The image at that sequence proves the same (`hasAllImages`).
 */
export function hasAllBlocks(inSpool: readonly BlockRef[], afterSequence: number): boolean {
  const first = inSpool.find(({ damaged }) => !damaged);
  return first !== undefined && first.header.previousSequence <= afterSequence;
}

/** Rule 2: the spool has a sealed record of a segment, hence all later segments. */
export function hasAllLaterSegments(
  images: readonly BlockRef[],
  blocks: readonly BlockRef[],
): boolean {
  return images.length > 0 || blocks.some(({ isJournalPart }) => !isJournalPart);
}

const STARTS_SEGMENT: ReadonlySet<ImageReason | null> = new Set(['start', 'gap']);

/**
 * Rule 3: the spool has the first image of segment `epoch`, hence the gap before it, if there is one.
 * @param start the first image in the spool of segment `epoch` or later.
 */
export function hasGapBefore(start: RecordHeader | undefined, epoch: number): boolean {
  return start?.epoch === epoch && STARTS_SEGMENT.has(start.reason);
}

/** Rule 1: the store may already hold what the spool listed; the spool's reference is used. */
export function mergeImages(
  inStore: readonly BlockRef[],
  inSpool: readonly BlockRef[],
): readonly BlockRef[] {
  const known = new Set(inSpool.map(({ header }) => header.lastSequence));
  const older = inStore.filter(({ header }) => !known.has(header.lastSequence));
  return [...older, ...inSpool].sort((a, b) => a.header.lastSequence - b.header.lastSequence);
}

/**
 * Rules 1 and 2: blocks of the store up to where the spool's begin. The store may already hold blocks
 * that the spool listed, or the sealed block of listed journal parts.
 */
export function mergeBlocks(
  inStore: readonly BlockRef[],
  inSpool: readonly BlockRef[],
  range: BlockRange,
): readonly BlockRef[] {
  const first = inSpool.find(({ damaged }) => !damaged);
  const beginning = first?.header.firstSequence ?? Infinity;
  const older = inStore.filter(({ header }) => header.firstSequence < beginning);
  const limit = range.limit ?? Infinity;
  if (older.length >= limit) return older.slice(0, limit);
  if (older.some((ref) => isBeyond(ref, range))) return older;
  const sealed = older.length + inSpool.filter(({ isJournalPart }) => !isJournalPart).length;
  return [...older, ...inSpool].slice(0, sealed < limit ? undefined : limit);
}

/** The earlier of two records; the first one if they are the same. */
export function earlier(a: BlockRef | null, b: BlockRef | null): BlockRef | null {
  if (a === null || b === null) return a ?? b;
  return comparePlaces(placeOf(b.header), placeOf(a.header)) < 0 ? b : a;
}
