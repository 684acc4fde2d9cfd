/**
 * The book at a position: the last image before it, the blocks after that image, and the proof that the
 * position is covered. Takes the same number of look-ups however much is stored. Where the proof fails,
 * the result is the gap, never a book.
 */

import type { BlockRef, Position } from '../archive/archive.ts';
import type { Gap } from '../market/coverage.ts';
import { isBookUpdate } from '../market/events.ts';
import { formatBook, formatNoBook } from '../queries/format.ts';
import type { BookQuery } from '../queries/queries.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import { assertKnown } from './context.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, recordsOf } from './cursor.ts';
import type { LoadedBlock, LoadedImage } from './record-loader.ts';
import { ReplayedBook } from './replay.ts';
import { Segment } from './segment.ts';

/** Behind everything stored. */
const LAST: Position = { clock: 'receive', us: Number.MAX_SAFE_INTEGER };
/** Times are safe integers of µs; this one is in the year 2255. */
const MAX_TIME_US = Number.MAX_SAFE_INTEGER;

type NoBookGap = Pick<Gap, 'fromUs' | 'toUs' | 'cause'>;

/** @throws UnknownSecurityError when the archive has no trace of it. */
export async function bookAt(
  context: ReaderContext,
  query: BookQuery,
): Promise<BookResult | NoBookResult> {
  const { security, depth, level } = query;
  const position = query.position ?? LAST;
  const ref = await context.archive.imageAt(security, position);
  if (ref === null)
    return formatNoBook(security, await gapBeforeStart(context, security, query.position));
  const run = await runUntil(context, ref, position);
  if ('cause' in run) return formatNoBook(security, run);
  const book = await replay(context, run, position);
  if (query.position !== undefined) {
    const gap = gapAt(run, position, book);
    if (gap !== null) return formatNoBook(security, gap);
  }
  const isByTime = query.position !== undefined && 'us' in position;
  return formatBook({
    header: book.header,
    book: book.book,
    position: book,
    atUs: isByTime ? position.us : book.receiveTimeUs,
    clock: 'clock' in position ? position.clock : 'receive',
    depth,
    level,
  });
}

/** The records that lead to a position, as far as they hang together. */
interface Run {
  readonly segment: Segment;
  readonly start: LoadedImage;
  readonly blocks: readonly LoadedBlock[];
  /** At the end of the blocks. */
  readonly lastSequence: number;
  readonly lastEventUs: number;
  /** A block that begins behind the position follows without a gap. */
  readonly isFollowed: boolean;
  /** The gap after a damaged or missing record; null: the run ends with its segment, or behind the position. */
  readonly brokenBy: Gap | null;
}

/** @returns the gap around the position if no image leads to it. */
async function runUntil(
  context: ReaderContext,
  ref: BlockRef,
  position: Position,
): Promise<Run | Gap> {
  const segment = await Segment.read(context, ref.header);
  const cursor = new SegmentCursor(context, segment, recordsOf(context.records), position);
  let start: LoadedImage | undefined;
  const blocks: LoadedBlock[] = [];
  let [isFollowed, isBroken] = [false, false];
  let gap: Gap | null = null;
  for await (const item of cursor.items(ref)) {
    if (item.type === 'image') start = item.image;
    if (item.type === 'block') blocks.push(item.block);
    if (item.type === 'beyond') isFollowed = true;
    if (item.type === 'end') isBroken = item.broken !== null;
    if (item.type !== 'gap') continue;
    ({ gap } = item);
    break;
  }
  if (start === undefined) return gap ?? segment.gapUntilNext(ref.header.fromUs, 'corrupt');
  // Trades alone prove nothing about the book.
  const ends = blocks.map(({ header }) => header).filter(({ diffs }) => diffs > 0);
  return {
    segment,
    start,
    blocks,
    lastSequence: Math.max(start.image.sequence, ...ends.map((end) => end.lastSequence)),
    lastEventUs: Math.max(start.image.receiveTimeUs, ...ends.map((end) => end.toUs)),
    isFollowed,
    brokenBy: isBroken ? gap : null,
  };
}

/** The book after the last update, in the order of the segment, at or before the position. */
async function replay(
  { yieldToEventLoop }: ReaderContext,
  { start, blocks }: Run,
  position: Position,
): Promise<ReplayedBook> {
  let { sequence } = start.image;
  for (const { content } of blocks) {
    for (const event of content.events) {
      if (!isBookUpdate(event) || event.lastSequence <= sequence) continue;
      if (!isBehind(event, event.lastSequence, position)) sequence = event.lastSequence;
    }
  }
  const book = new ReplayedBook(start);
  for (const { content } of blocks) {
    book.refine(content.scale);
    book.applyAll(content.events, sequence);
    await yieldToEventLoop();
  }
  return book;
}

function isBehind(
  times: { readonly exchangeTimeUs: number; readonly receiveTimeUs: number },
  sequence: number,
  position: Position,
): boolean {
  if ('sequence' in position) return sequence > position.sequence;
  const us = position.clock === 'receive' ? times.receiveTimeUs : times.exchangeTimeUs;
  return us > position.us;
}

/** The gap in which the position lies; null: it is covered, and `book` is its book. */
function gapAt(run: Run, position: Position, book: ReplayedBook): NoBookGap | null {
  const { segment, start, lastSequence, lastEventUs, brokenBy } = run;
  const { proof } = start.header;
  if (isDeclaredMissing(segment, position, book)) {
    const fromUs = segment.declaredUs;
    return segment.gapAfter(fromUs, lastSequence, proof) ?? { fromUs, toUs: null, cause: 'other' };
  }
  if (isProvenByRecords(run, position, book)) return null;
  if (brokenBy !== null) return brokenBy;
  const endUs = segment.endUs(start.image.receiveTimeUs, lastEventUs);
  if ('clock' in position && position.clock === 'receive' && position.us <= endUs) return null;
  const gap = segment.gapAfter(endUs, lastSequence, proof);
  return gap ?? { fromUs: endUs, toUs: null, cause: 'other' };
}

/** What is declared as a gap stays one, however much was stored after it began. */
function isDeclaredMissing(segment: Segment, position: Position, book: ReplayedBook): boolean {
  if ('sequence' in position) return position.sequence >= segment.declaredSequence;
  return book.receiveTimeUs > segment.declaredUs;
}

/** Whether the records themselves reach the position, without the mark or gap that ends the segment. */
function isProvenByRecords(
  { segment, start, blocks, lastSequence, lastEventUs, isFollowed, brokenBy }: Run,
  position: Position,
  book: ReplayedBook,
): boolean {
  if ('sequence' in position) {
    // Between two sequences only if the next one is known to lie behind.
    return book.sequence === position.sequence || lastSequence > position.sequence;
  }
  if (position.clock === 'exchange') {
    const lastUs = blocks.reduce(
      (us, { header }) => (header.diffs > 0 ? Math.max(us, header.exchangeToUs) : us),
      start.image.exchangeTimeUs,
    );
    return isFollowed || position.us <= lastUs;
  }
  const declaredUs = brokenBy === null ? segment.declaredUs : Infinity;
  const lastUs = Math.min(isFollowed ? Infinity : lastEventUs, declaredUs);
  return position.us <= Math.max(start.image.receiveTimeUs, lastUs);
}

/**
 * Before the first image. The gap begins at the time asked for, as nothing is known of an earlier
 * beginning; for a sequence, at the first image; with neither, when the clock began to count.
 */
async function gapBeforeStart(
  context: ReaderContext,
  security: string,
  position: Position | undefined,
): Promise<NoBookGap> {
  const first = await context.archive.segmentStart(security, 0);
  if (first === null) await assertKnown(context, security);
  const toUs = first === null || first.damaged ? null : first.header.fromUs;
  const isByTime = position !== undefined && 'clock' in position;
  const askedUs = isByTime ? Math.min(position.us, MAX_TIME_US) : (toUs ?? 0);
  const fromUs = toUs === null ? askedUs : Math.min(askedUs, toUs);
  return { fromUs, toUs, cause: 'other' };
}
