/**
 * The book that a segment's records show at one of its images, rebuilt from the image before it: what
 * the recorder's self-check holds against the book in memory.
 */

import { sidesOf } from '../book/book.ts';
import type { BookContent } from '../book/difference.ts';
import { RecordCorruptError } from '../errors.ts';
import { causeOfBreak } from './segment-end.ts';
import type { ReaderContext } from './context.ts';
import { blockPages } from './pages.ts';
import { continues, refine, stepOver } from './replay.ts';

/** From the image at `fromSequence` over the blocks up to `toSequence`. */
export interface Span {
  readonly security: string;
  readonly epoch: number;
  readonly fromSequence: number;
  readonly toSequence: number;
}

/**
 * @returns null where records of the span were given up and declared so.
 * @throws RecordCorruptError where one is damaged, or missing without a word; what the signal was
 *   aborted with.
 */
export async function rebuild(
  context: ReaderContext,
  span: Span,
  signal: AbortSignal,
): Promise<BookContent | null> {
  const { archive, records, yieldToEventLoop } = context;
  const { security, epoch, fromSequence, toSequence } = span;
  const [first] = await archive.images(security, epoch, fromSequence);
  // Too old to be kept, or given up with all that stood before it.
  if (first?.header.lastSequence !== fromSequence) return null;
  signal.throwIfAborted();
  const start = await records.image(first);
  let stand = { book: start.book.clone(), horizon: start.image.horizon };
  let reached = fromSequence;
  const segment = { security, epoch, afterSequence: fromSequence, withBodies: true };
  for await (const page of blockPages(context, segment)) {
    for (const ref of page) {
      if (reached >= toSequence) break;
      signal.throwIfAborted();
      const block = await records.block(ref);
      const isImage = reached === fromSequence;
      if (!continues(block, { sequence: reached, scale: stand.book.scale, isImage })) break;
      stand = refine(stand.book, stand.horizon, block.content.scale);
      stepOver(stand.book, block.content.events, { after: fromSequence, until: toSequence });
      reached = Math.min(block.header.lastSequence, toSequence);
      await yieldToEventLoop();
    }
    if (reached >= toSequence) break;
  }
  if (reached < toSequence) {
    if ((await causeOfBreak(archive, first.header, reached)) !== 'corrupt') return null;
    throw new RecordCorruptError(`Records are missing between ${reached} and ${toSequence}`, {
      context: { security },
    });
  }
  // Each of these takes long where there are very many orders.
  await yieldToEventLoop();
  signal.throwIfAborted();
  const { book, horizon } = stand;
  const shown = { scale: book.scale, horizon, ...sidesOf(book) };
  await yieldToEventLoop();
  return shown;
}
