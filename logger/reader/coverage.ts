/**
 * What is covered, from headers alone. A missing record, or one whose header is damaged, is a gap; damage
 * inside a body is found by those who read it (`bookAt`, the streams, `verify`).
 */

import type { RecordHeader } from '../archive/archive.ts';
import { mergeBadReceiveTimes } from '../market/bad-receive-times.ts';
import type { BadReceiveTime } from '../market/bad-receive-times.ts';
import type { Gap, Interval } from '../market/coverage.ts';
import { formatBadReceiveTime, formatGap, formatInterval } from '../queries/format.ts';
import type { CoverageQuery } from '../queries/queries.ts';
import type { CoverageResult } from '../queries/results.ts';
import { assertKnown } from './context.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, headersOf } from './cursor.ts';
import { segmentsAfter } from './segment.ts';
import type { Segment } from './segment.ts';

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
  const covered: Covered = { intervals: [], gaps: [], badReceiveTimes: [] };
  const before = await context.archive.imageAt(security, { clock: 'receive', us: fromUs });
  let isKnown = false;
  let isEnd = true;
  for await (const segment of segmentsAfter(context, security, (before?.header.epoch ?? 1) - 1)) {
    isKnown = true;
    const first = await segment.first();
    isEnd = first === null || first.damaged === true || first.header.fromUs <= toUs;
    if (!isEnd) break;
    await addSegment(context, segment, covered);
  }
  if (!isKnown) await assertKnown(context, security);
  const { intervals, gaps, badReceiveTimes } = covered;
  const touches = (span: { fromUs: number; toUs: number | null }): boolean =>
    span.fromUs <= toUs && (span.toUs ?? Infinity) >= fromUs;
  const gapsInRange = gaps.filter(touches);
  const after = gapAfterAll(intervals, gaps, fromUs);
  if (isEnd && after !== null) gapsInRange.push(after);
  return {
    security,
    intervals: intervals.filter(touches).map(formatInterval),
    gaps: gapsInRange.map(formatGap),
    badReceiveTimes: mergeBadReceiveTimes(badReceiveTimes)
      .filter(touches)
      .map(formatBadReceiveTime),
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

/** A segment's intervals, the gaps between and after them, and its receive-time defects, in order. */
async function addSegment(
  context: ReaderContext,
  segment: Segment,
  covered: Covered,
): Promise<void> {
  const defects: BadReceiveTime[] = [];
  const addDefects = ({ badReceiveTimes = [] }: RecordHeader): void =>
    void defects.push(...badReceiveTimes);
  for (const { header } of await segment.images()) addDefects(header);
  let base: RecordHeader | undefined;
  for await (const item of new SegmentCursor(context, segment, headersOf).items()) {
    if (item.type === 'image') base = item.image.header;
    if (item.type === 'block') addDefects(item.block.header);
    if (item.type === 'unreachable') addDefects(item.ref.header);
    if (item.type === 'gap') covered.gaps.push(item.gap);
    if (item.type === 'end' && base !== undefined) {
      const { epoch, feed, proof, toUs: fromUs, lastSequence: firstSequence } = base;
      const { toUs, lastSequence } = item;
      covered.intervals.push({ epoch, fromUs, toUs, firstSequence, lastSequence, feed, proof });
    }
  }
  covered.badReceiveTimes.push(...mergeBadReceiveTimes(defects));
}
