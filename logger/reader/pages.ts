/** A chain's blocks in pages, so that a chain of weeks is never in memory at once. */

import type { ArchiveReader, BlockRef } from '../archive/archive.ts';
import { giveWay } from '../service/turn.ts';

/** Some hours of blocks; their headers take about a megabyte. */
export const PAGE_BLOCKS = 512;
/** Their bodies take some megabytes. */
const PAGE_BODIES = 32;

/** Sealed blocks after a sequence, then the journal's pieces as of the moment of the last page. */
export async function* blockPages(
  archive: ArchiveReader,
  chain: {
    readonly security: string;
    readonly epoch: number;
    readonly afterSequence: number;
    /** Whoever reads the blocks themselves; else only headers are wanted. */
    readonly withBodies?: boolean;
  },
): AsyncGenerator<readonly BlockRef[]> {
  let { afterSequence } = chain;
  const withBodies = chain.withBodies ?? false;
  const limit = withBodies ? PAGE_BODIES : PAGE_BLOCKS;
  for (;;) {
    const page = await archive.blocks(chain.security, chain.epoch, {
      afterSequence,
      limit,
      withBodies,
    });
    await giveWay();
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || last.piece || page.length < limit) return;
    // A block of trades alone ends before it begins; none is sealed but at a chain's end.
    afterSequence = Math.max(afterSequence, last.header.firstSequence, last.header.lastSequence);
  }
}
