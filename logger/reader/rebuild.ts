/**
 * The book that a segment's records show at one of its images, rebuilt from the image before it: what
 * the recorder's self-check compares with the book in memory.
 */

import type { BookContent } from '../book/difference.ts';
import { RecordCorruptError } from '../errors.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, recordsOf } from './cursor.ts';
import { ReplayedBook } from './replay.ts';
import { Segment } from './segment.ts';

/** From the image at `fromSequence` over the blocks up to `toSequence`. */
export interface Span {
  readonly security: string;
  readonly epoch: number;
  readonly fromSequence: number;
  readonly toSequence: number;
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
  const { archive, records, yieldToEventLoop } = context;
  const { security, epoch, fromSequence, toSequence } = span;
  const [first] = await archive.images(security, epoch, fromSequence);
  // Deleted by retention, or given up with everything before it.
  if (first?.header.lastSequence !== fromSequence) return null;
  signal.throwIfAborted();
  const start = await records.image(first);
  const segment = Segment.withoutEnd(context, span);
  const cursor = new SegmentCursor(context, segment, recordsOf(records));
  let book = new ReplayedBook(start);
  let lastSequence = fromSequence;
  for await (const item of cursor.itemsFrom(start)) {
    if (lastSequence >= toSequence || item.type === 'gap') break;
    signal.throwIfAborted();
    if (item.type === 'end' && item.broken?.kind === 'damaged') throw item.broken.error;
    if (item.type === 'deeper') book = new ReplayedBook(item.image);
    if (item.type !== 'block') continue;
    const { header, content } = item.block;
    book.refine(content.scale);
    book.applyAll(content.events, toSequence);
    ({ lastSequence } = header);
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
