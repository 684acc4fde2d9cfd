/**
 * Re-reads the archive and holds it against itself: every checksum, every block against the one
 * before it, every later image of a segment against the book rebuilt from the image before it (all
 * levels and the horizon), every gap record against the segments around it. It goes on after a
 * problem, from the next image, so that one bad byte is one line.
 */

import type { BlockRef, GapRecord, RecordHeader } from '../archive/archive.ts';
import { recordName } from '../archive/record.ts';
import { sidesOf } from '../book/book.ts';
import type { Book } from '../book/book.ts';
import { differenceBetween } from '../book/difference.ts';
import type { BookContent } from '../book/difference.ts';
import { RecordCorruptError, describeError } from '../errors.ts';
import { isBookUpdate } from '../market/events.ts';
import type { Horizon } from '../market/events.ts';
import type { VerifyResult, VerifyProblem } from '../queries/results.ts';
import { assertKnown } from './context.ts';
import { causeOfBreak, readSegmentEnd } from './segment-end.ts';
import type { ReaderContext } from './context.ts';
import { blockPages } from './pages.ts';
import type { VerifyQuery } from '../queries/queries.ts';
import type { LoadedBlock, LoadedImage } from './record-loader.ts';
import { continues, refine, step } from './replay.ts';

/** @throws UnknownSecurityError; whatever `question.signal` was aborted with. */
export async function verify(context: ReaderContext, question: VerifyQuery): Promise<VerifyResult> {
  const securities = question.security
    ? [question.security]
    : (await context.archive.securities()).map(({ security }) => security);
  if (question.security) await assertKnown(context, question.security);
  const check = new Check(context, question, await countOf(context, securities));
  for (const security of securities) {
    let epoch = 0;
    for (;;) {
      const first = await context.archive.segmentStart(security, epoch);
      if (first === null) break;
      await check.segment(first);
      epoch = first.header.epoch;
    }
  }
  return check.answer();
}

/** How many records there are to read; null where what keeps count of them is damaged. */
async function countOf(
  context: ReaderContext,
  securities: readonly string[],
): Promise<number | null> {
  try {
    let count = 0;
    for (const security of securities) {
      const { images, blocks, gaps } = await context.archive.totals(security);
      count += images + blocks + gaps;
    }
    return count;
  } catch (error) {
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

/** A book on its way along a segment. */
interface Walked {
  book: Book;
  horizon: Horizon;
  sequence: number;
  isImage: boolean;
}

class Check {
  readonly #context: ReaderContext;
  readonly #question: VerifyQuery;
  readonly #problems: VerifyProblem[] = [];
  readonly #total: number | null;
  #records = 0;

  constructor(context: ReaderContext, question: VerifyQuery, total: number | null) {
    this.#context = context;
    this.#total = total;
    this.#question = question;
  }

  answer(): VerifyResult {
    return { records: this.#records, problems: this.#problems };
  }

  async segment(first: BlockRef): Promise<void> {
    const { security, epoch, lastSequence } = first.header;
    const { archive } = this.#context;
    const end = await readSegmentEnd(archive, security, epoch);
    const images = [...(await archive.images(security, epoch, Number.MIN_SAFE_INTEGER))];
    let walked = await this.#nextImage(images);
    const afterSequence = lastSequence;
    for await (const page of blockPages(this.#context, {
      security,
      epoch,
      afterSequence,
      withBodies: true,
    })) {
      for (const ref of page) {
        const block = await this.#block(ref);
        if (block !== null) walked = await this.#step(walked, block, images);
        else walked = null;
      }
    }
    const reached = walked?.sequence ?? Infinity;
    const isShort = (end.knownSequence ?? 0) > reached;
    if (isShort && !(await this.#isDeclared(first.header, reached))) {
      const message = `Records are missing between ${reached} and ${end.knownSequence}`;
      this.#report(first.header, message);
    }
    // Images behind the last block: of segments whose end is damaged.
    while (images.length > 0) await this.#nextImage(images);
    await this.#gap(security, epoch, end.gap);
  }

  /** Moves the book over a block, and holds it against every image that stands in its way. */
  async #step(
    before: Walked | null,
    block: LoadedBlock,
    images: BlockRef[],
  ): Promise<Walked | null> {
    let walked = before;
    if (walked === null || !this.#continues(walked, block)) {
      if (walked !== null && !(await this.#isDeclared(block.header, walked.sequence))) {
        const message = `Does not follow sequence ${walked.sequence}, where the records before it end`;
        this.#report(block.header, message);
      }
      // From the first image that stands in this block or right before it.
      walked = null;
      while (
        walked === null &&
        (images[0]?.header.lastSequence ?? Infinity) <= block.header.lastSequence
      ) {
        const image = await this.#nextImage(images);
        if (image !== null && this.#continues(image, block)) walked = image;
      }
      if (walked === null) return null;
    }
    const from = walked.sequence;
    Object.assign(walked, refine(walked.book, walked.horizon, block.content.scale));
    walked.isImage = false;
    await this.#compare(walked, images);
    for (const event of block.content.events) {
      if (!isBookUpdate(event) || event.lastSequence <= from) continue;
      try {
        step(walked.book, event);
      } catch (error) {
        if (!(error instanceof RecordCorruptError)) throw error;
        this.#report(block.header, describeError(error));
        return null;
      }
      walked.sequence = event.lastSequence;
      await this.#compare(walked, images);
    }
    return walked;
  }

  /** What was given up and declared so is no problem of the archive. */
  async #isDeclared(segment: RecordHeader, after: number): Promise<boolean> {
    return (await causeOfBreak(this.#context.archive, segment, after)) !== 'corrupt';
  }

  #continues(walked: Walked, block: LoadedBlock): boolean {
    const { sequence, isImage, book } = walked;
    return continues(block, { sequence, isImage, scale: book.scale });
  }

  /** Every image up to where the book stands has to show just this book. */
  async #compare(walked: Walked, images: BlockRef[]): Promise<void> {
    for (;;) {
      const ref = images[0];
      if (ref === undefined || ref.header.lastSequence > walked.sequence) return;
      images.shift();
      const image = await this.#image(ref);
      if (image === null) continue;
      if (image.image.sequence < walked.sequence) {
        this.#report(image.header, 'Stands at a sequence at which no diff ends');
      } else if (differenceBetween(shown(walked), image.image) !== null) {
        this.#report(image.header, 'Differs from the book rebuilt from the image before it');
      }
    }
  }

  async #nextImage(images: BlockRef[]): Promise<Walked | null> {
    while (images.length > 0) {
      const ref = images.shift() as BlockRef;
      const loaded = await this.#image(ref);
      if (loaded === null) continue;
      const { horizon, sequence } = loaded.image;
      return { book: loaded.book.clone(), horizon, sequence, isImage: true };
    }
    return null;
  }

  async #image(ref: BlockRef): Promise<LoadedImage | null> {
    return this.#read(ref, () => this.#context.records.image(ref));
  }

  async #block(ref: BlockRef): Promise<LoadedBlock | null> {
    return this.#read(ref, () => this.#context.records.block(ref));
  }

  /** null: it was damaged, which has been noted. */
  async #read<T>(ref: BlockRef, load: () => Promise<T>): Promise<T | null> {
    this.#question.signal?.throwIfAborted();
    this.#records++;
    const { security } = ref.header;
    try {
      return await load();
    } catch (error) {
      // Finding these is what verifying is for.
      if (!(error instanceof RecordCorruptError)) throw error;
      this.#report(ref.header, describeError(error));
      return null;
    } finally {
      const problems = this.#problems.length;
      const [records, total] = [this.#records, this.#total];
      this.#question.onProgress?.({ security, records, problems, total });
    }
  }

  async #gap(security: string, epoch: number, following: GapRecord | null): Promise<void> {
    let gap: GapRecord | null;
    try {
      gap = await this.#context.archive.gapBefore(security, epoch);
    } catch (error) {
      // As above.
      if (!(error instanceof RecordCorruptError)) throw error;
      this.#problems.push({ security, record: `gap ${epoch}`, problem: describeError(error) });
      return;
    }
    if (gap !== null) this.#records++;
    const first = await this.#context.archive.segmentStart(security, epoch - 1);
    if (first === null || first.damaged) return;
    const problem = gap === null ? null : gapProblem(gap, first.header, following);
    if (problem !== null) this.#problems.push({ security, record: `gap ${epoch}`, problem });
  }

  #report(header: RecordHeader, problem: string): void {
    const { security } = header;
    this.#problems.push({ security, record: recordName(header), problem });
  }
}

function shown({ book, horizon }: Walked): BookContent {
  return { scale: book.scale, horizon, ...sidesOf(book) };
}

/** What does not fit about the gap before the segment that `first` starts; null: nothing. */
function gapProblem(
  gap: GapRecord,
  first: RecordHeader,
  following: GapRecord | null,
): string | null {
  if (gap.fromUs > gap.toUs) return 'Ends before it begins';
  if (gap.toUs > first.fromUs && gap.fromUs < first.fromUs) {
    return 'Reaches into the segment that follows it';
  }
  if (gap.lastMissing !== null && gap.lastMissing >= first.lastSequence) {
    return 'Names sequences as missing that the next image holds';
  }
  if (following !== null && following.fromUs < gap.toUs) return 'Overlaps the gap after it';
  return null;
}
