/**
 * What is covered, from headers alone: every stretch in which each block begins where the one
 * before it ended. A missing or visibly damaged record is a hole; damage inside a body is found by
 * reading it (`bookAt`, the streams) and by `verify`.
 */

import type { ArchiveReader, BlockRef, RecordHeader } from '../archive/archive.ts';
import { uniteBadReceiveTimes } from '../market/bad-receive-times.ts';
import type { BadReceiveTime } from '../market/bad-receive-times.ts';
import type { Gap, Interval } from '../market/coverage.ts';
import type { CoverageResult } from '../queries/results.ts';
import { assertKnown } from './context.ts';
import {
  causeOfBreak,
  segmentBeginUs,
  segmentEndUs,
  lostBeginning,
  lostUntilNext,
  gapAfter,
  missingBetween,
  readSegmentEnd,
} from './segment-end.ts';
import type { SegmentEnd } from './segment-end.ts';
import type { ReaderContext } from './context.ts';
import { formatBadReceiveTime, formatGap, formatInterval } from '../queries/format.ts';
import { blockPages } from './pages.ts';
import type { CoverageQuery } from '../queries/queries.ts';

/** @throws UnknownSecurityError */
export async function coverage(
  context: ReaderContext,
  question: CoverageQuery,
): Promise<CoverageResult> {
  const { security, fromUs = Number.MIN_SAFE_INTEGER, toUs = Number.MAX_SAFE_INTEGER } = question;
  const intervals: Interval[] = [];
  const gaps: Gap[] = [];
  const bad: BadReceiveTime[] = [];
  let start = await firstSegment(context, security, fromUs);
  if (start === null) await assertKnown(context, security);
  while (start !== null && (start.damaged || start.header.fromUs <= toUs)) {
    const { archive, liveGap } = context;
    const end = await readSegmentEnd(archive, security, start.header.epoch, liveGap);
    const segment = await segmentCoverage(context, start, end);
    intervals.push(...segment.intervals);
    gaps.push(...segment.gaps);
    bad.push(...segment.bad);
    start = end.next;
  }
  const touches = (stretch: { fromUs: number; toUs: number | null }): boolean =>
    stretch.fromUs <= toUs && (stretch.toUs ?? Infinity) >= fromUs;
  const missing = gaps.filter(touches);
  const behind = lostBehind(intervals, gaps, fromUs);
  if (behind !== null) missing.push(behind);
  return {
    security,
    intervals: intervals.filter(touches).map(formatInterval),
    gaps: missing.map(formatGap),
    badReceiveTimes: uniteBadReceiveTimes(bad).filter(touches).map(formatBadReceiveTime),
  };
}

/**
 * Who asks about a time behind all that is known gets the hole that a book of that time would get. Else
 * the end of what is known is none: it moves on while somebody records.
 */
function lostBehind(
  intervals: readonly Interval[],
  gaps: readonly Gap[],
  fromUs: number,
): Gap | null {
  const endUs = intervals.at(-1)?.toUs ?? Number.POSITIVE_INFINITY;
  if (endUs >= fromUs || gaps.at(-1)?.toUs === null) return null;
  return { fromUs: endUs, toUs: null, cause: 'other', firstMissing: null, lastMissing: null };
}

async function firstSegment(
  context: ReaderContext,
  security: string,
  fromUs: number,
): Promise<BlockRef | null> {
  const { archive } = context;
  const before = await archive.imageAt(security, { clock: 'receive', us: fromUs });
  return archive.segmentStart(security, before === null ? 0 : before.header.epoch - 1);
}

/**
 * Intervals of one segment, the holes between them, and the hole after it, in order; and what its
 * records say of their receive times.
 */
async function segmentCoverage(
  context: ReaderContext,
  first: BlockRef,
  end: SegmentEnd,
): Promise<{
  readonly intervals: Interval[];
  readonly gaps: Gap[];
  readonly bad: readonly BadReceiveTime[];
}> {
  const { security, epoch, lastSequence } = first.header;
  const images = await context.archive.images(security, epoch, Number.MIN_SAFE_INTEGER);
  const beginUs = await segmentBeginUs(context.archive, first);
  const walk = new HeaderWalk(images, beginUs, first.damaged === true);
  const bad: BadReceiveTime[] = [];
  const collect = ({ header }: BlockRef): void => void bad.push(...(header.badReceiveTimes ?? []));
  images.forEach(collect);
  for await (const page of blockPages(context, {
    security,
    epoch,
    afterSequence: lastSequence,
  })) {
    for (const ref of page) {
      walk.add(ref);
      collect(ref);
    }
  }
  const { intervals, gaps } = walk.finish(end);
  const { archive } = context;
  return {
    intervals,
    gaps: await Promise.all(gaps.map((gap) => named(archive, first.header, gap))),
    bad: uniteBadReceiveTimes(bad),
  };
}

/** A hole between records of a segment, still without its cause. */
interface Break extends Gap {
  readonly after?: number;
}

async function named(archive: ArchiveReader, segment: RecordHeader, found: Break): Promise<Gap> {
  const { after, ...gap } = found;
  if (after === undefined) return gap;
  return { ...gap, cause: await causeOfBreak(archive, segment, after) };
}

/**
 * Follows the headers of one segment: pure. A break ends the interval at the last good event; the
 * next one starts at the first image behind it.
 */
class HeaderWalk {
  readonly #images: readonly RecordHeader[];
  readonly #intervals: Interval[] = [];
  readonly #gaps: Break[] = [];
  /** Where the running interval started; undefined: nothing can start any more. */
  #image: RecordHeader | undefined;
  #reached = 0;
  #lastEventUs = 0;
  #isBroken = false;

  readonly #beginUs: number;

  constructor(images: readonly BlockRef[], beginUs: number, isFirstLost: boolean) {
    this.#images = images.filter((ref) => !ref.damaged).map(({ header }) => header);
    this.#beginUs = beginUs;
    const first = this.#images[0];
    if (first !== undefined && isFirstLost) this.#gaps.push(lostBeginning(beginUs, first));
    this.#begin(first);
  }

  add({ header, damaged }: BlockRef): void {
    while (this.#image !== undefined && !this.#isBroken) {
      if (!damaged) {
        if (header.lastSequence <= this.#reached && header.firstSequence <= this.#reached) return;
        if (this.#continues(header, this.#image)) {
          this.#reached = header.lastSequence;
          this.#lastEventUs = Math.max(this.#lastEventUs, header.toUs);
          return;
        }
      }
      this.#break(this.#image);
      if (damaged) return;
    }
  }

  #continues(header: RecordHeader, image: RecordHeader): boolean {
    if (header.previousSequence === this.#reached) return true;
    const isFirst = this.#reached === image.lastSequence;
    return isFirst && header.previousSequence < this.#reached;
  }

  #begin(image: RecordHeader | undefined): void {
    this.#image = image;
    if (image === undefined) return;
    this.#reached = image.lastSequence;
    this.#lastEventUs = image.toUs;
  }

  /** Moves to the next image, over a hole; without one, the rest of the segment is lost. */
  #break(image: RecordHeader): void {
    const next = this.#images.find(({ lastSequence }) => lastSequence > this.#reached);
    if (next === undefined) {
      this.#isBroken = true;
      return;
    }
    const endUs = this.#close(image, this.#lastEventUs);
    this.#gaps.push({
      fromUs: endUs,
      toUs: Math.max(endUs, next.fromUs),
      cause: 'corrupt',
      ...missingBetween(this.#reached, next.lastSequence, image.proof),
      after: this.#reached,
    });
    this.#begin(next);
  }

  #close(image: RecordHeader, toUs: number): number {
    this.#intervals.push({
      epoch: image.epoch,
      fromUs: image.toUs,
      toUs,
      firstSequence: image.lastSequence,
      lastSequence: this.#reached,
      feed: image.feed,
      proof: image.proof,
    });
    return toUs;
  }

  finish(end: SegmentEnd): { intervals: Interval[]; gaps: Break[] } {
    const result = { intervals: this.#intervals, gaps: this.#gaps };
    // Something is known to follow that is not there.
    while (this.#image && !this.#isBroken && (end.knownSequence ?? 0) > this.#reached) {
      this.#break(this.#image);
    }
    if (this.#image === undefined) {
      this.#gaps.push(lostUntilNext(this.#beginUs, end));
    } else if (this.#isBroken) {
      const endUs = this.#close(this.#image, this.#lastEventUs);
      this.#gaps.push({ ...lostUntilNext(endUs, end, this.#reached), after: this.#reached });
    } else {
      const endUs = segmentEndUs(end, this.#image.toUs, this.#lastEventUs);
      // What is declared as missing is not covered, though it may be stored.
      const firstMissing = end.gap?.firstMissing ?? end.openGap?.firstMissing ?? Infinity;
      this.#reached = Math.max(this.#image.lastSequence, Math.min(this.#reached, firstMissing - 1));
      this.#close(this.#image, endUs);
      const gap = gapAfter(end, endUs, this.#reached, this.#image.proof);
      if (gap !== null) this.#gaps.push(gap);
    }
    return result;
  }
}
