/** A segment's blocks in pages, so that a segment of weeks is never in memory at once. */

import { PAGE_BLOCKS } from '../archive/archive.ts';
import type { BlockRange, BlockRef } from '../archive/archive.ts';
import type { ReaderContext } from './context.ts';

/** Blocks per page with bodies, which take some megabytes. */
const PAGE_BODIES = 32;

/**
 * Sealed blocks in order, then the journal parts as of the last page.
 * @param range without a `limit` of its own; one that ends somewhere is listed as a single page.
 */
export async function* blockPages(
  { archive, yieldToEventLoop }: Pick<ReaderContext, 'archive' | 'yieldToEventLoop'>,
  { security, epoch }: { readonly security: string; readonly epoch: number },
  range: Omit<BlockRange, 'limit'>,
): AsyncGenerator<readonly BlockRef[]> {
  if (range.untilUs !== undefined || range.untilSequence !== undefined) {
    yield await archive.blocks(security, epoch, range);
    return;
  }
  let { afterSequence } = range;
  const limit = range.withBodies ? PAGE_BODIES : PAGE_BLOCKS;
  for (;;) {
    const page = await archive.blocks(security, epoch, { ...range, afterSequence, limit });
    await yieldToEventLoop();
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || last.isJournalPart || page.length < limit) return;
    // A block of trades alone ends before it begins; none is sealed but at a segment's end.
    afterSequence = Math.max(afterSequence, last.header.firstSequence, last.header.lastSequence);
  }
}
