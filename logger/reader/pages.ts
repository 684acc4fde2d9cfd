/** A segment's blocks in pages, so that a segment of weeks is never in memory at once. */

import type { BlockRef } from '../archive/archive.ts';
import type { ReaderContext } from './context.ts';

/** Some hours of blocks; their headers take about a megabyte. */
export const PAGE_BLOCKS = 512;
/** Their bodies take some megabytes. */
const PAGE_BODIES = 32;

/** Sealed blocks after a sequence, then the journal's pieces as of the moment of the last page. */
export async function* blockPages(
  { archive, yieldToEventLoop }: Pick<ReaderContext, 'archive' | 'yieldToEventLoop'>,
  segment: {
    readonly security: string;
    readonly epoch: number;
    readonly afterSequence: number;
    /** Whoever reads the blocks themselves; else only headers are wanted. */
    readonly withBodies?: boolean;
  },
): AsyncGenerator<readonly BlockRef[]> {
  let { afterSequence } = segment;
  const withBodies = segment.withBodies ?? false;
  const limit = withBodies ? PAGE_BODIES : PAGE_BLOCKS;
  for (;;) {
    const page = await archive.blocks(segment.security, segment.epoch, {
      afterSequence,
      limit,
      withBodies,
    });
    await yieldToEventLoop();
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || last.isJournalPart || page.length < limit) return;
    // A block of trades alone ends before it begins; none is sealed but at a segment's end.
    afterSequence = Math.max(afterSequence, last.header.firstSequence, last.header.lastSequence);
  }
}
