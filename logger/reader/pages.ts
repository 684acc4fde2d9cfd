/** A segment's blocks and images in pages, so that a segment of weeks is never in memory at once. */

import { PAGE_BLOCKS } from '../archive/archive.ts';
import type { ArchiveReader, BlockRange, BlockRef } from '../archive/archive.ts';
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

const PAGE_IMAGES = 64;

/** A segment's images beside a walk along its blocks. */
export class ImagesAhead {
  readonly #archive: ArchiveReader;
  readonly #segment: { readonly security: string; readonly epoch: number };
  #page: readonly BlockRef[] = [];
  #next = 0;
  #isAll = false;

  constructor(
    archive: ArchiveReader,
    segment: { readonly security: string; readonly epoch: number },
  ) {
    this.#archive = archive;
    this.#segment = segment;
  }

  /** The image at a sequence, if there is one. The sequences asked for must grow. */
  async at(sequence: number): Promise<BlockRef | undefined> {
    for (;;) {
      const ref = this.#page[this.#next];
      if (ref === undefined) {
        if (this.#isAll) return undefined;
        const { security, epoch } = this.#segment;
        this.#page = await this.#archive.images(security, epoch, sequence, PAGE_IMAGES);
        this.#next = 0;
        this.#isAll = this.#page.length < PAGE_IMAGES;
      } else if (ref.header.lastSequence < sequence) {
        this.#next++;
      } else {
        return ref.header.lastSequence === sequence ? ref : undefined;
      }
    }
  }
}
