/**
 * The book at a moment: the last image before it, the blocks after that image, and the proof that
 * the moment lies inside what its segment covers. Costs the same number of look-ups however much is
 * stored. Where the proof fails, the answer is the hole, never a book.
 */

import type { BlockRef, Position } from '../archive/archive.ts';
import type { Book } from '../book/book.ts';
import { RecordCorruptError } from '../errors.ts';
import type { GapCause } from '../market/coverage.ts';
import { isBookUpdate } from '../market/events.ts';
import type { Horizon, UpdateHead } from '../market/events.ts';
import type { BookResult, NoBookResult } from '../queries/results.ts';
import {
  afterSegmentUs,
  causeOfBreak,
  segmentEndUs,
  gapAfter,
  readSegmentEnd,
} from './segment-end.ts';
import type { SegmentEnd } from './segment-end.ts';
import { assertKnown } from './context.ts';
import type { ReaderContext } from './context.ts';
import { formatBook, formatNoBook } from '../queries/format.ts';
import type { BookQuery } from '../queries/queries.ts';
import type { LoadedBlock, LoadedImage } from './record-loader.ts';
import { continues, refine, stepOver } from './replay.ts';

/** Behind everything stored. */
const AT_THE_END: Position = { clock: 'receive', us: Number.MAX_SAFE_INTEGER };

/** @throws UnknownSecurityError when the archive has never heard of it. */
export async function bookAt(
  context: ReaderContext,
  question: BookQuery,
): Promise<BookResult | NoBookResult> {
  const { security } = question;
  const position = question.position ?? AT_THE_END;
  const ref = await context.archive.imageAt(security, position);
  if (ref === null) return beforeStart(context, security, position);
  const start = await lastGoodImage(context, ref, position);
  if (start === null) return withoutImage(context, ref);
  const { archive, liveGap } = context;
  const end = await readSegmentEnd(archive, security, start.header.epoch, liveGap);
  const stretch = await readStretch(context, start, position);
  const taken = takenAt(start, stretch, position);
  if (question.position !== undefined) {
    const hole = await holeAt(context, { start, end, stretch, position, taken });
    if (hole !== null) return formatNoBook(security, hole);
  }
  const { book, horizon } = await replay(context, start, stretch.blocks, taken.sequence);
  const atUs =
    'sequence' in position || question.position === undefined ? taken.receiveTimeUs : position.us;
  return formatBook({
    header: start.header,
    atUs,
    clock: 'clock' in position ? position.clock : 'receive',
    book,
    stand: { ...taken, horizon },
    depth: question.depth,
    level: question.level,
  });
}

/** Where the book stands. */
interface Stand {
  readonly sequence: number;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

/** The blocks between an image and a position, as far as they hang together. */
interface Stretch {
  readonly blocks: readonly LoadedBlock[];
  /** The sequence at their end, and the receive time of the last event in them. */
  readonly lastSequence: number;
  readonly lastEventUs: number;
  /** The header of the block that begins behind the position. */
  readonly next: BlockRef | null;
  /** A block is damaged or missing, so what comes after these is unknown. */
  readonly isBroken: boolean;
}

/** The image, or the one before it in its segment if it is damaged, and so on. */
async function lastGoodImage(
  context: ReaderContext,
  ref: BlockRef,
  position: Position,
): Promise<LoadedImage | null> {
  const first = await goodImage(context, ref, position);
  if (first !== null) return first;
  const { security, epoch, lastSequence } = ref.header;
  const images = await context.archive.images(security, epoch, Number.MIN_SAFE_INTEGER);
  const earlier = images.filter(({ header }) => header.lastSequence < lastSequence);
  for (const candidate of earlier.reverse()) {
    const image = await goodImage(context, candidate, position);
    if (image !== null) return image;
  }
  return null;
}

async function goodImage(
  context: ReaderContext,
  ref: BlockRef,
  position: Position,
): Promise<LoadedImage | null> {
  try {
    const loaded = await context.records.image(ref);
    return isBeyond(loaded.image, loaded.image.sequence, position) ? null : loaded;
  } catch (error) {
    // A damaged image makes answers costlier, not wrong: an earlier one leads to the same book.
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

function isBeyond(
  times: { readonly exchangeTimeUs: number; readonly receiveTimeUs: number },
  sequence: number,
  position: Position,
): boolean {
  if ('sequence' in position) return sequence > position.sequence;
  const us = position.clock === 'receive' ? times.receiveTimeUs : times.exchangeTimeUs;
  return us > position.us;
}

async function readStretch(
  context: ReaderContext,
  start: LoadedImage,
  position: Position,
): Promise<Stretch> {
  const { security, epoch, lastSequence } = start.header;
  const until =
    'sequence' in position
      ? { untilSequence: position.sequence }
      : { untilUs: position.us, clock: position.clock };
  const range = { afterSequence: lastSequence, andNext: true, withBodies: true, ...until };
  const refs = await context.archive.blocks(security, epoch, range);
  const blocks: LoadedBlock[] = [];
  let reached = lastSequence;
  let scale = start.image.scale;
  let lastEventUs = start.image.receiveTimeUs;
  for (const ref of refs) {
    const found = { blocks, lastSequence: reached, lastEventUs };
    if (!ref.damaged && beginsBehind(ref, position)) {
      // Its header alone proves that nothing lies between: it continues what was reached.
      const isBroken = ref.header.previousSequence !== reached;
      return { ...found, next: ref, isBroken };
    }
    const block = await goodBlock(context, ref);
    const stand = { sequence: reached, scale, isImage: blocks.length === 0 };
    if (block === null || !continues(block, stand)) {
      return { ...found, next: null, isBroken: true };
    }
    blocks.push(block);
    scale = block.content.scale;
    reached = Math.max(reached, block.header.lastSequence);
    lastEventUs = Math.max(lastEventUs, block.header.toUs);
  }
  return { blocks, lastSequence: reached, lastEventUs, next: null, isBroken: false };
}

function beginsBehind({ header }: BlockRef, position: Position): boolean {
  if ('sequence' in position) return header.firstSequence > position.sequence;
  if (position.clock === 'receive') return header.fromUs > position.us;
  return header.diffs > 0 && header.exchangeFromUs > position.us;
}

async function goodBlock(context: ReaderContext, ref: BlockRef): Promise<LoadedBlock | null> {
  try {
    return await context.records.block(ref);
  } catch (error) {
    // Damaged: the hole is the answer.
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

/** The last message at or before the position, in the order of the segment. */
function takenAt(start: LoadedImage, stretch: Stretch, position: Position): Stand {
  const { sequence, exchangeTimeUs, receiveTimeUs } = start.image;
  let taken: UpdateHead | undefined;
  for (const { content } of stretch.blocks) {
    for (const event of content.events) {
      if (!isBookUpdate(event) || event.lastSequence <= sequence) continue;
      if (!isBeyond(event, event.lastSequence, position)) taken = event;
    }
  }
  if (taken === undefined) return { sequence, exchangeTimeUs, receiveTimeUs };
  return {
    sequence: taken.lastSequence,
    exchangeTimeUs: taken.exchangeTimeUs,
    receiveTimeUs: taken.receiveTimeUs,
  };
}

async function replay(
  { yieldToEventLoop }: ReaderContext,
  start: LoadedImage,
  blocks: readonly LoadedBlock[],
  untilSequence: number,
): Promise<{ book: Book; horizon: Horizon }> {
  let book: Book = start.book.clone();
  let horizon = start.image.horizon;
  for (const { content } of blocks) {
    ({ book, horizon } = refine(book, horizon, content.scale));
    stepOver(book, content.events, { after: start.image.sequence, until: untilSequence });
    await yieldToEventLoop();
  }
  return { book, horizon };
}

interface Hole {
  readonly fromUs: number;
  readonly toUs: number | null;
  readonly cause: GapCause;
}

interface Proving {
  readonly start: LoadedImage;
  readonly end: SegmentEnd;
  readonly stretch: Stretch;
  readonly position: Position;
  /** Where the book that would be the answer stands. */
  readonly taken: Stand;
}

/** null: the position is covered. Else the hole in which it lies. */
async function holeAt(context: ReaderContext, proving: Proving): Promise<Hole | null> {
  const { start, end, stretch, position } = proving;
  if (isDeclaredAway(proving)) {
    const { proof } = start.header;
    const fromUs = end.gap?.fromUs ?? end.openGap?.fromUs ?? 0;
    return (
      gapAfter(end, fromUs, stretch.lastSequence, proof) ?? { fromUs, toUs: null, cause: 'other' }
    );
  }
  const startUs = start.image.receiveTimeUs;
  const isCut =
    stretch.isBroken || (stretch.next === null && (end.knownSequence ?? 0) > stretch.lastSequence);
  if (isSeen(proving, isCut)) return null;
  if (isCut) return brokenAfter(context, proving);
  const endUs = segmentEndUs(end, startUs, stretch.lastEventUs);
  if ('clock' in position && position.clock === 'receive' && position.us <= endUs) return null;
  const gap = gapAfter(end, endUs, stretch.lastSequence, start.header.proof);
  return gap ?? { fromUs: endUs, toUs: null, cause: end.openGap?.cause ?? 'other' };
}

/** What is declared as a gap stays one, however much was stored after its beginning. */
function isDeclaredAway({ end, position, taken }: Proving): boolean {
  const fromUs = end.gap?.fromUs ?? end.openGap?.fromUs ?? Infinity;
  const firstMissing = end.gap?.firstMissing ?? end.openGap?.firstMissing ?? Infinity;
  if ('sequence' in position) return position.sequence >= firstMissing;
  return taken.receiveTimeUs > fromUs;
}

/** Whether what was read reaches the position, and not only what is said of the segment's end. */
function isSeen({ start, end, stretch, position, taken }: Proving, isCut: boolean): boolean {
  const isFollowed = stretch.next !== null && !isCut;
  if ('sequence' in position) {
    // Between two sequences only if the next is known to lie behind.
    return taken.sequence === position.sequence || stretch.lastSequence > position.sequence;
  }
  if (position.clock === 'exchange') {
    const lastUs = stretch.blocks.reduce(
      (us, { header }) => (header.diffs > 0 ? Math.max(us, header.exchangeToUs) : us),
      start.image.exchangeTimeUs,
    );
    return isFollowed || position.us <= lastUs;
  }
  // What is declared as a gap stays one, even where an event was stored after its beginning.
  const saidUs = isCut ? undefined : (end.gap?.fromUs ?? end.openGap?.fromUs);
  const lastUs = Math.min(isFollowed ? Infinity : stretch.lastEventUs, saidUs ?? Infinity);
  return position.us <= Math.max(start.image.receiveTimeUs, lastUs);
}

/** From the last good record to the next good image, or to the segment's end. */
async function brokenAfter(context: ReaderContext, proving: Proving): Promise<Hole> {
  const { start, end, stretch } = proving;
  const { security, epoch } = start.header;
  const images = await context.archive.images(security, epoch, stretch.lastSequence + 1);
  const next = images.find((image) => !image.damaged);
  const fromUs = stretch.lastEventUs;
  const toUs = next?.header.fromUs ?? afterSegmentUs(end);
  const cause = await causeOfBreak(context.archive, start.header, stretch.lastSequence);
  return { fromUs, toUs: toUs === null ? null : Math.max(fromUs, toUs), cause };
}

/** No image of the segment up to the position can be read. */
async function withoutImage(context: ReaderContext, ref: BlockRef): Promise<NoBookResult> {
  const { security, epoch } = ref.header;
  const end = await readSegmentEnd(context.archive, security, epoch);
  const gap = await context.archive.gapBefore(security, epoch);
  const images = await context.archive.images(security, epoch, ref.header.lastSequence + 1);
  const next = images.find((image) => !image.damaged);
  const toUs = next?.header.fromUs ?? afterSegmentUs(end);
  const fromUs = gap?.toUs ?? (ref.damaged ? (toUs ?? 0) : ref.header.fromUs);
  return formatNoBook(security, { fromUs, toUs, cause: 'corrupt' });
}

/**
 * Before the first image. The hole's beginning is the time that was asked for, as nothing is known
 * of an earlier one; for a sequence, which is no time, it is the first image's.
 */
async function beforeStart(
  context: ReaderContext,
  security: string,
  position: Position,
): Promise<NoBookResult> {
  const first = await context.archive.segmentStart(security, 0);
  if (first === null) await assertKnown(context, security);
  const toUs = first === null || first.damaged ? null : first.header.fromUs;
  const askedUs = 'clock' in position ? Math.min(position.us, MAX_TIME_US) : (toUs ?? 0);
  const fromUs = toUs === null ? askedUs : Math.min(askedUs, toUs);
  return formatNoBook(security, { fromUs, toUs, cause: 'other' });
}

/** Times are safe integers of µs: this is in the year 2255. */
const MAX_TIME_US = 9_007_199_254_740_991;
