/**
 * The book at a position: the last image before it, the blocks after that image, and the proof that the
 * position is covered. Takes the same number of look-ups however much is stored. Where the proof fails,
 * the result is the gap, never a book.
 */

import type { BlockRef, Position } from '../archive/archive.ts';
import { mayHaveCounts } from '../codec/formats.ts';
import type { Gap } from '../market/coverage.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookPosition } from '../market/events.ts';
import { rowsOf } from '../queries/book-rows.ts';
import { formatNoBook, formatView } from '../queries/format.ts';
import type { BookView } from '../queries/items.ts';
import type { BookQuery } from '../queries/queries.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import { assertKnown } from './context.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, recordsOf } from './cursor.ts';
import type { HasHeader, RecordSource } from './cursor.ts';
import { LevelReplay, changesUntil } from './level-replay.ts';
import type { DecodedImage, LoadedBlock, LoadedImage } from './record-loader.ts';
import { ReplayedBook } from './replay.ts';
import type { BookHeader } from './replay.ts';
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
  const { security } = query;
  const position = query.position ?? LAST;
  const ref = await context.archive.imageAt(security, position);
  if (ref === null)
    return formatNoBook(security, await gapBeforeStart(context, security, query.position));
  const { level, encoding } = ref.header;
  return level === 'L2' && !mayHaveCounts(encoding) && !isByExchange(position)
    ? levelsAt(context, ref, query, position)
    : replayedBookAt(context, ref, query, position);
}

/** @param ref of an image without numbers of orders: no book from there to the next image has any. */
async function levelsAt(
  context: ReaderContext,
  ref: BlockRef,
  query: BookQuery,
  position: Position,
): Promise<BookResult | NoBookResult> {
  const { security, position: asked, depth, level } = query;
  const end =
    'sequence' in position ? { sequence: position.sequence } : { receiveTimeUs: position.us };
  const run = await runUntil(context, ref, position, changesUntil(context.records, end));
  if ('cause' in run) return formatNoBook(security, run);
  const book = new LevelReplay(run.start);
  for (const { changes } of run.blocks) book.apply(changes);
  const gap = asked === undefined ? null : gapAt(run, position, book);
  if (gap !== null) return formatNoBook(security, gap);
  const { header } = run.start;
  return formatView({
    ...headOf(header, book, asked),
    level: level ?? header.level,
    rows: book.rows(depth),
  });
}

async function replayedBookAt(
  context: ReaderContext,
  ref: BlockRef,
  { security, position: asked, depth, level }: BookQuery,
  position: Position,
): Promise<BookResult | NoBookResult> {
  const run = await runUntil(context, ref, position, recordsOf(context.records));
  if ('cause' in run) return formatNoBook(security, run);
  const book = await replay(context, run, position);
  const gap = asked === undefined ? null : gapAt(run, position, book);
  if (gap !== null) return formatNoBook(security, gap);
  const { header } = book;
  const rows = rowsOf(book.book, depth, level);
  return formatView({ ...headOf(header, book, asked), level: level ?? header.level, rows });
}

/** What is said of a book beside its rows. */
function headOf(
  { security, proof, windowed }: BookHeader,
  { sequence, exchangeTimeUs, receiveTimeUs, horizon, scale }: BookPosition,
  asked: Position | undefined,
): Omit<BookView, 'rows' | 'level'> {
  const atUs = asked !== undefined && 'us' in asked ? asked.us : receiveTimeUs;
  const clock = asked !== undefined && 'clock' in asked ? asked.clock : 'receive';
  const position = { sequence, exchangeTimeUs, receiveTimeUs, horizon, scale };
  return { security, proof, windowed, atUs, clock, ...position };
}

function isByExchange(position: Position): boolean {
  return 'clock' in position && position.clock === 'exchange';
}

/** The records that lead to a position, as far as they hang together. */
interface Run<Image, Block> {
  readonly segment: Segment;
  readonly start: Image;
  readonly blocks: readonly Block[];
  /** At the end of the blocks. */
  readonly lastSequence: number;
  readonly lastEventUs: number;
  /** A block that begins behind the position follows without a gap. */
  readonly isFollowed: boolean;
  /** The gap after a damaged or missing record; null: the run ends with its segment, or behind the position. */
  readonly brokenBy: Gap | null;
}

type AnyRun = Run<DecodedImage, HasHeader>;
type Place = Pick<BookPosition, 'sequence' | 'receiveTimeUs'>;

/** @returns the gap around the position if no image leads to it. */
async function runUntil<Image extends DecodedImage, Block extends HasHeader>(
  context: ReaderContext,
  ref: BlockRef,
  position: Position,
  source: RecordSource<Image, Block>,
): Promise<Run<Image, Block> | Gap> {
  const segment = await Segment.read(context, ref.header);
  const cursor = new SegmentCursor(context, segment, source, position);
  let start: Image | undefined;
  const blocks: Block[] = [];
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
  { start, blocks }: Run<LoadedImage, LoadedBlock>,
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
function gapAt(run: AnyRun, position: Position, book: Place): NoBookGap | null {
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
function isDeclaredMissing(segment: Segment, position: Position, book: Place): boolean {
  if ('sequence' in position) return position.sequence >= segment.declaredSequence;
  return book.receiveTimeUs > segment.declaredUs;
}

/** Whether the records themselves reach the position, without the mark or gap that ends the segment. */
function isProvenByRecords(
  { segment, start, blocks, lastSequence, lastEventUs, isFollowed, brokenBy }: AnyRun,
  position: Position,
  book: Place,
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
