/**
 * The book that a segment's records show at one of its images, rebuilt from the image before it: what
 * the recorder's self-check compares with the book in memory.
 */

import type { BlockRef } from '../archive/archive.ts';
import type { BookContent } from '../book/difference.ts';
import { mayHaveCounts } from '../codec/formats.ts';
import { RecordCorruptError } from '../errors.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, recordsOf } from './cursor.ts';
import type { HasHeader, RecordSource } from './cursor.ts';
import { LevelReplay, changesUntil } from './level-replay.ts';
import type { DecodedImage, LoadedBlock, LoadedChanges, LoadedImage } from './record-loader.ts';
import { ReplayedBook } from './replay.ts';
import { Segment } from './segment.ts';

/** From the image at `fromSequence` over the blocks up to `toSequence`. */
export interface Span {
  readonly security: string;
  readonly epoch: number;
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** How the records of a span are read, and what they make of a book. */
interface Replay<Image extends HasHeader, Block extends HasHeader> {
  readonly source: RecordSource<Image, Block>;
  readonly begin: (image: Image) => RunningBook<Block>;
}

interface RunningBook<Block> {
  readonly add: (block: Block) => void;
  readonly content: () => BookContent;
}

/**
 * @returns null where records of the span were given up and declared so.
 * @throws RecordCorruptError where one is damaged, or missing undeclared; the signal's reason.
 */
export async function rebuild(
  context: ReaderContext,
  span: Span,
  signal: AbortSignal,
): Promise<BookContent | null> {
  const { security, epoch, fromSequence } = span;
  const [first] = await context.archive.images(security, epoch, fromSequence);
  // Deleted by retention, or given up with everything before it.
  if (first?.header.lastSequence !== fromSequence) return null;
  signal.throwIfAborted();
  const { level, encoding } = first.header;
  // Numbers of orders that an image has not got, no record up to the next one brings.
  return level === 'L2' && !mayHaveCounts(encoding)
    ? rebuildBy(context, span, signal, first, byChanges(context, span))
    : rebuildBy(context, span, signal, first, byEvents(context, span));
}

/** As `bookAt` reads books of levels, in two thirds of the time and without making events. */
function byChanges(
  { records }: ReaderContext,
  { toSequence }: Span,
): Replay<DecodedImage, LoadedChanges> {
  return {
    source: changesUntil(records, { sequence: toSequence }),
    begin: (image) => {
      const book = new LevelReplay(image);
      return { add: ({ changes }) => book.apply(changes), content: () => book.content() };
    },
  };
}

function byEvents(
  { records }: ReaderContext,
  { toSequence }: Span,
): Replay<LoadedImage, LoadedBlock> {
  return {
    source: recordsOf(records),
    begin: (image) => {
      const book = new ReplayedBook(image);
      const add = ({ content }: LoadedBlock): void => {
        book.refine(content.scale);
        book.applyAll(content.events, toSequence);
      };
      return { add, content: () => book.content() };
    },
  };
}

async function rebuildBy<Image extends HasHeader, Block extends HasHeader>(
  context: ReaderContext,
  span: Span,
  signal: AbortSignal,
  first: BlockRef,
  { source, begin }: Replay<Image, Block>,
): Promise<BookContent | null> {
  const { yieldToEventLoop } = context;
  const { security, fromSequence, toSequence } = span;
  const start = await source.image(first);
  const segment = Segment.withoutEnd(context, span);
  const cursor = new SegmentCursor(context, segment, source);
  let book = begin(start);
  let lastSequence = fromSequence;
  for await (const item of cursor.itemsFrom(start)) {
    if (lastSequence >= toSequence || item.type === 'gap') break;
    signal.throwIfAborted();
    if (item.type === 'end' && item.broken?.kind === 'damaged') throw item.broken.error;
    if (item.type === 'deeper') book = begin(item.image);
    if (item.type !== 'block') continue;
    book.add(item.block);
    ({ lastSequence } = item.block.header);
    await yieldToEventLoop();
    if (lastSequence >= toSequence) break;
  }
  if (lastSequence < toSequence) {
    if ((await segment.causeOfBreak(lastSequence)) !== 'corrupt') return null;
    throw new RecordCorruptError(`Records are missing between ${lastSequence} and ${toSequence}`, {
      context: { security },
    });
  }
  // Each of these takes long where there are very many orders.
  await yieldToEventLoop();
  signal.throwIfAborted();
  const content = book.content();
  await yieldToEventLoop();
  return content;
}
