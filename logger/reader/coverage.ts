/**
 * What is covered, from headers alone, or from what is known of them. A missing record is a gap, and so is one
 * whose header is found damaged; damage inside a body, or in a header that was known before, is found by those
 * who read it (`bookAt`, the streams, `verify`).
 */

import type { BlockRef, RecordHeader } from '../archive/archive.ts';
import { RecordCorruptError } from '../errors.ts';
import { mergeBadReceiveTimes } from '../market/bad-receive-times.ts';
import type { BadReceiveTime } from '../market/bad-receive-times.ts';
import type { Gap, Interval } from '../market/coverage.ts';
import { isBookUpdate } from '../market/events.ts';
import { formatBadReceiveTime, formatGap, formatInterval } from '../queries/format.ts';
import type { CoverageQuery } from '../queries/queries.ts';
import type { CoverageResult } from '../queries/results.ts';
import { assertKnown } from './context.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, headersOf } from './cursor.ts';
import { BlockRunBuilder } from './known-blocks.ts';
import type { BlockRun } from './known-blocks.ts';
import { segmentsAfter } from './segment.ts';
import type { Segment } from './segment.ts';

interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

interface Covered {
  readonly intervals: Interval[];
  readonly gaps: Gap[];
  readonly badReceiveTimes: BadReceiveTime[];
}

/** @throws UnknownSecurityError */
export async function coverage(
  context: ReaderContext,
  query: CoverageQuery,
): Promise<CoverageResult> {
  const { security, fromUs = Number.MIN_SAFE_INTEGER, toUs = Number.MAX_SAFE_INTEGER } = query;
  const window: Window = { fromUs, toUs };
  const covered: Covered = { intervals: [], gaps: [], badReceiveTimes: [] };
  const before = await context.archive.imageAt(security, { clock: 'receive', us: fromUs });
  let isKnown = false;
  let isEnd = true;
  for await (const segment of segmentsAfter(context, security, (before?.header.epoch ?? 1) - 1)) {
    isKnown = true;
    const first = await segment.first();
    isEnd = first === null || first.damaged === true || first.header.fromUs <= toUs;
    if (!isEnd) break;
    await addSegment(context, segment, window, covered);
  }
  if (!isKnown) await assertKnown(context, security);
  const { intervals, gaps, badReceiveTimes } = covered;
  const gapsInRange = gaps.filter((gap) => overlaps(gap, window));
  const after = gapAfterAll(intervals, gaps, fromUs);
  if (isEnd && after !== null) gapsInRange.push(after);
  return {
    security,
    intervals: intervals
      .filter((interval) => overlaps(interval, window))
      .map((interval) => formatInterval({ ...interval, ...cut(interval, window) })),
    gaps: gapsInRange.map(formatGap),
    badReceiveTimes: mergeBadReceiveTimes(badReceiveTimes)
      .filter((defect) => defect.fromUs <= toUs && defect.toUs >= fromUs)
      .map(formatBadReceiveTime),
  };
}

/** A span that only meets an end of the window has no time in it. */
function overlaps(span: { fromUs: number; toUs: number | null }, window: Window): boolean {
  const toUs = span.toUs ?? Infinity;
  const isPoint = span.fromUs === toUs || window.fromUs === window.toUs;
  return isPoint
    ? span.fromUs <= window.toUs && toUs >= window.fromUs
    : span.fromUs < window.toUs && toUs > window.fromUs;
}

function cut(span: Window, window: Window): Window {
  return {
    fromUs: Math.max(span.fromUs, window.fromUs),
    toUs: Math.min(span.toUs, window.toUs),
  };
}

/**
 * The gap for a query that begins after everything known, as a book of that time would get. Otherwise
 * the end of what is known is no gap: it moves on while the security is recorded.
 */
function gapAfterAll(
  intervals: readonly Interval[],
  gaps: readonly Gap[],
  fromUs: number,
): Gap | null {
  const endUs = intervals.at(-1)?.toUs ?? Number.POSITIVE_INFINITY;
  if (endUs >= fromUs || gaps.at(-1)?.toUs === null) return null;
  return { fromUs: endUs, toUs: null, cause: 'other', firstMissing: null, lastMissing: null };
}

/**
 * A segment's intervals, the gaps between and after them, and its receive-time defects, in order. A defect
 * is cut to what was recorded: a stall that began before the first book says nothing about that time.
 */
async function addSegment(
  context: ReaderContext,
  segment: Segment,
  window: Window,
  covered: Covered,
): Promise<void> {
  const defects: BadReceiveTime[] = [];
  let [startUs, endUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const addDefects = ({ badReceiveTimes = [], fromUs, toUs }: Recorded): void => {
    defects.push(...badReceiveTimes);
    startUs = Math.min(startUs, fromUs);
    endUs = Math.max(endUs, toUs);
  };
  const known = context.known.segment(segment);
  await known.refresh();
  for (const images of await known.images()) addDefects(images);
  const canUse = (blockRun: BlockRun): boolean => isClearOf(blockRun, window);
  const ahead = {
    has: (sequence: number) => {
      const blockRun = known.at(sequence);
      return blockRun !== undefined && canUse(blockRun);
    },
    from: (sequence: number) => known.from(sequence, canUse),
  };
  const builder = new BlockRunBuilder(known);
  let run: Run | undefined;
  for await (const item of new SegmentCursor(context, segment, { ...headersOf, ahead }).items()) {
    if (item.type === 'image') {
      run = new Run(item.image.header, window);
      builder.begin(item.image.header.lastSequence);
    }
    if (item.type === 'block') {
      addDefects(item.block.header);
      run?.add(item.block);
      builder.add(item.block);
    }
    if (item.type === 'block-run') {
      addDefects(item.blockRun);
      run?.addBlockRun(item.blockRun);
      builder.begin(item.blockRun.last.header.lastSequence);
    }
    if (item.type === 'end') builder.begin(undefined);
    if (item.type === 'unreachable') addDefects(item.ref.header);
    if (item.type === 'gap') covered.gaps.push(item.gap);
    if (item.type === 'end' && run !== undefined) {
      covered.intervals.push(await run.interval(context, item));
      endUs = Math.max(endUs, item.toUs);
    }
  }
  const recorded: Window = { fromUs: startUs, toUs: endUs };
  covered.badReceiveTimes.push(
    ...mergeBadReceiveTimes(defects).map((defect) => ({ ...defect, ...cut(defect, recorded) })),
  );
}

type Recorded = Pick<RecordHeader, 'badReceiveTimes' | 'fromUs' | 'toUs'>;

/** Where an end of the window cuts a run of blocks, its blocks are needed one by one. */
function isClearOf({ fromUs, toUs }: BlockRun, window: Window): boolean {
  return [window.fromUs, window.toUs].every((us) => toUs <= us || fromUs > us);
}

/** An unbroken run of records, and where the book stood at the ends of the window. */
class Run {
  readonly #base: RecordHeader;
  readonly #window: Window;
  /** The last block that begins at or before the window's beginning, and its end. */
  #atFrom: BlockRef | undefined;
  #atTo: BlockRef | undefined;

  constructor(base: RecordHeader, window: Window) {
    this.#base = base;
    this.#window = window;
  }

  add(block: BlockRef): void {
    const { fromUs } = block.header;
    if (fromUs <= this.#window.fromUs) this.#atFrom = block;
    if (fromUs <= this.#window.toUs) this.#atTo = block;
  }

  /** All of it lies on one side of either end of the window. */
  addBlockRun({ toUs, last }: BlockRun): void {
    if (toUs <= this.#window.fromUs) this.#atFrom = last;
    if (toUs <= this.#window.toUs) this.#atTo = last;
  }

  /** With its own times, and the sequences at the part of it that lies in the window. */
  async interval(
    context: ReaderContext,
    { toUs, lastSequence }: { readonly toUs: number; readonly lastSequence: number },
  ): Promise<Interval> {
    const { epoch, feed, proof, toUs: fromUs, lastSequence: firstSequence } = this.#base;
    const interval = { epoch, fromUs, toUs, firstSequence, lastSequence, feed, proof };
    const window = this.#window;
    if (proof !== 'sequence' || !overlaps(interval, window)) return interval;
    const sequenceAt = async (block: BlockRef | undefined, us: number): Promise<number> => {
      const reached = block === undefined ? firstSequence : await lastBefore(context, block, us);
      return Math.min(Math.max(firstSequence, reached), lastSequence);
    };
    return {
      ...interval,
      ...(window.fromUs > fromUs && {
        firstSequence: await sequenceAt(this.#atFrom, window.fromUs),
      }),
      ...(window.toUs < toUs && { lastSequence: await sequenceAt(this.#atTo, window.toUs) }),
    };
  }
}

/** The sequence of a block's last book update at or before a receive time. */
async function lastBefore(context: ReaderContext, ref: BlockRef, us: number): Promise<number> {
  // Only where the window cuts it is a body read.
  if (ref.header.toUs <= us) return ref.header.lastSequence;
  try {
    const { events, previousSequence } = (await context.records.block(ref)).content;
    return events.reduce(
      (sequence, event) =>
        isBookUpdate(event) && event.receiveTimeUs <= us ? event.lastSequence : sequence,
      previousSequence,
    );
  } catch (error) {
    // That a body is damaged is found by those who need it; up to this block the headers prove it.
    if (error instanceof RecordCorruptError) return ref.header.previousSequence;
    throw error;
  }
}
