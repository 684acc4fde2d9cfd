/**
 * Reads the whole archive and checks it against itself: every checksum, every block against the one
 * before it, every later image of a segment against the book rebuilt from the image before it (all levels
 * and the horizon), every gap record against the segments around it. After a problem it continues from the
 * next image, so one bad byte is one line.
 */

import type { BlockRef, GapRecord, RecordHeader } from '../archive/archive.ts';
import { recordName } from '../archive/record.ts';
import { differenceBetween, differenceInside } from '../book/difference.ts';
import { RecordCorruptError, describeError } from '../errors.ts';
import { isBookUpdate } from '../market/events.ts';
import type { VerifyQuery } from '../queries/queries.ts';
import type { VerifyResult, VerifyProblem } from '../queries/results.ts';
import { assertKnown } from './context.ts';
import type { ReaderContext } from './context.ts';
import { SegmentCursor, follows, recordsOf } from './cursor.ts';
import type { Break, RecordSource } from './cursor.ts';
import type { LoadedBlock, LoadedImage } from './record-loader.ts';
import { ReplayedBook } from './replay.ts';
import { segmentsAfter } from './segment.ts';
import type { Segment } from './segment.ts';

/** @throws UnknownSecurityError; the reason of `query.signal` once that is aborted. */
export async function verify(context: ReaderContext, query: VerifyQuery): Promise<VerifyResult> {
  const { archive } = context;
  const securities = query.security
    ? [query.security]
    : (await archive.securities()).map(({ security }) => security);
  if (query.security) await assertKnown(context, query.security);
  const log = new VerifyLog(query, await countOf(context, securities));
  for (const security of securities) {
    for await (const segment of segmentsAfter({ archive }, security, 0)) {
      await new SegmentVerifier(context, segment, log).verify();
    }
  }
  return log.result();
}

/** How many records there are to read; null where the counts themselves are damaged. */
async function countOf(
  { archive }: ReaderContext,
  securities: readonly string[],
): Promise<number | null> {
  try {
    let count = 0;
    for (const security of securities) {
      const { images, blocks, gaps } = await archive.totals(security);
      count += images + blocks + gaps;
    }
    return count;
  } catch (error) {
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

/** Counts records, collects problems and reports progress. */
class VerifyLog {
  readonly #query: VerifyQuery;
  readonly #total: number | null;
  readonly #problems: VerifyProblem[] = [];
  #records = 0;

  constructor(query: VerifyQuery, total: number | null) {
    this.#query = query;
    this.#total = total;
  }

  result(): VerifyResult {
    return { records: this.#records, problems: this.#problems };
  }

  add(security: string, record: string, problem: string): void {
    this.#problems.push({ security, record, problem });
  }

  count(): void {
    this.#records++;
  }

  /**
   * Counts a record and notes if it is damaged.
   * @throws RecordCorruptError then; the signal's reason.
   */
  async read<Loaded>(ref: BlockRef, load: () => Promise<Loaded>): Promise<Loaded> {
    this.#query.signal?.throwIfAborted();
    this.#records++;
    const { security } = ref.header;
    try {
      return await load();
    } catch (error) {
      if (error instanceof RecordCorruptError) {
        this.add(security, recordName(ref.header), describeError(error));
      }
      throw error;
    } finally {
      const problems = this.#problems.length;
      const [records, total] = [this.#records, this.#total];
      this.#query.onProgress?.({ security, records, problems, total });
    }
  }
}

class SegmentVerifier {
  readonly #context: ReaderContext;
  readonly #segment: Segment;
  readonly #log: VerifyLog;
  /** Reads every record once: see `#nextRef`. */
  readonly #source: RecordSource<LoadedImage, LoadedBlock>;
  /** In order. */
  #images: readonly BlockRef[] = [];
  /** Before it, all have been read; behind it, those at these sequences. */
  #next = 0;
  readonly #readSequences = new Set<number>();
  /** null: no image leads here, or a record contradicts the book. */
  #book: ReplayedBook | null = null;
  /** An image could not be read, in which the horizon may have moved out. */
  #mayBeShallow = false;
  #broken: Break | null = null;
  #lastSequence = 0;
  #reported: RecordHeader | undefined;

  constructor(context: ReaderContext, segment: Segment, log: VerifyLog) {
    this.#context = context;
    this.#segment = segment;
    this.#log = log;
    const records = recordsOf(context.records);
    this.#source = {
      ...records,
      everyRecord: true,
      image: (ref) => {
        this.#readSequences.add(ref.header.lastSequence);
        return log.read(ref, () => records.image(ref));
      },
      block: (ref) => log.read(ref, () => records.block(ref)),
    };
  }

  async verify(): Promise<void> {
    const segment = this.#segment;
    this.#images = await segment.images();
    for await (const item of new SegmentCursor(this.#context, segment, this.#source).items()) {
      switch (item.type) {
        case 'image':
          await this.#begin(item.image);
          break;
        case 'block':
          await this.#replay(item.block);
          break;
        case 'unreachable':
          await this.#readable(this.#source.block(item.ref));
          break;
        case 'end':
          this.#broken = item.broken;
          this.#lastSequence = item.lastSequence;
          break;
        case 'gap':
          // What was given up and declared so is no problem of the archive.
          if (item.gap.cause === 'corrupt') await this.#reportBreak();
          break;
        case 'block-run':
        case 'beyond':
        case 'deeper':
          break;
      }
    }
    // Images behind the last block, of segments whose end is damaged.
    while (this.#nextRef() !== undefined) await this.#nextImage();
    await this.#verifyGap();
  }

  async #begin(image: LoadedImage): Promise<void> {
    this.#book = new ReplayedBook(image);
    // Images that the book never reached, behind a contradiction.
    while (this.#nextImageSequence() < image.image.sequence) await this.#nextImage();
  }

  async #reportBreak(): Promise<void> {
    const broken = this.#broken;
    this.#broken = null;
    if (broken?.kind === 'missing-before' && broken.header !== this.#reported) {
      this.#reported = broken.header;
      const message = `Does not follow sequence ${this.#lastSequence}, where the records before it end`;
      this.#report(broken.header, message);
    }
    if (broken?.kind === 'missing-end') {
      const first = await this.#segment.first();
      const message = `Records are missing between ${this.#lastSequence} and ${broken.knownSequence}`;
      if (first !== null) this.#report(first.header, message);
    }
  }

  /** Moves the book over a block and compares it with every image on the way. */
  async #replay(block: LoadedBlock): Promise<void> {
    if (this.#book === null) await this.#resume(block);
    if (this.#book === null) return;
    this.#book.refine(block.content.scale);
    let book = await this.#compare(this.#book);
    for (const event of block.content.events) {
      if (!isBookUpdate(event) || event.lastSequence <= book.sequence) continue;
      try {
        book.apply(event);
      } catch (error) {
        if (!(error instanceof RecordCorruptError)) throw error;
        this.#report(block.header, describeError(error));
        this.#book = null;
        return;
      }
      book = await this.#compare(book);
    }
  }

  /** After a contradiction: from an image inside this block or right before it. */
  async #resume(block: LoadedBlock): Promise<void> {
    const { lastSequence } = block.header;
    while (this.#book === null && this.#nextImageSequence() <= lastSequence) {
      const image = await this.#nextImage();
      if (image !== null && follows(block, image, image.image.sequence)) await this.#begin(image);
    }
  }

  /**
   * Every image up to the book's position must equal the book; where the horizon moved out, as far as
   * the records before it show. @returns the book that goes on from here.
   */
  async #compare(rebuilt: ReplayedBook): Promise<ReplayedBook> {
    let book = rebuilt;
    while (this.#nextImageSequence() <= book.sequence) {
      const loaded = await this.#nextImage();
      if (loaded === null) this.#mayBeShallow = true;
      if (loaded === null) continue;
      const isDeeper = loaded.header.reason === 'horizon' || this.#mayBeShallow;
      const difference = isDeeper ? differenceInside : differenceBetween;
      if (loaded.image.sequence < book.sequence) {
        this.#report(loaded.header, 'Stands at a sequence at which no diff ends');
      } else if (difference(book.content(), loaded.image) !== null) {
        this.#report(loaded.header, 'Differs from the book rebuilt from the image before it');
      } else if (isDeeper) {
        book = this.#book = new ReplayedBook(loaded);
        this.#mayBeShallow = false;
      }
    }
    return book;
  }

  /** The first image that has not been read. */
  #nextRef(): BlockRef | undefined {
    let ref = this.#images[this.#next];
    while (ref !== undefined && this.#readSequences.delete(ref.header.lastSequence)) {
      ref = this.#images[++this.#next];
    }
    return ref;
  }

  #nextImageSequence(): number {
    return this.#nextRef()?.header.lastSequence ?? Infinity;
  }

  async #nextImage(): Promise<LoadedImage | null> {
    const ref = this.#nextRef();
    return ref === undefined ? null : this.#readable(this.#source.image(ref));
  }

  /** null: damaged, which has been noted. */
  async #readable<Loaded>(reading: Promise<Loaded>): Promise<Loaded | null> {
    try {
      return await reading;
    } catch (error) {
      if (error instanceof RecordCorruptError) return null;
      throw error;
    }
  }

  async #verifyGap(): Promise<void> {
    const { security, epoch, end } = this.#segment;
    const { archive } = this.#context;
    const record = `gap ${epoch}`;
    let gap: GapRecord | null;
    try {
      gap = await archive.gapBefore(security, epoch);
    } catch (error) {
      if (!(error instanceof RecordCorruptError)) throw error;
      this.#log.add(security, record, describeError(error));
      return;
    }
    if (gap === null) return;
    this.#log.count();
    const first = await this.#segment.first();
    if (first === null || first.damaged) return;
    const problem = gapProblem(gap, first.header, end.gap);
    if (problem !== null) this.#log.add(security, record, problem);
  }

  #report(header: RecordHeader, problem: string): void {
    this.#log.add(header.security, recordName(header), problem);
  }
}

/** What is wrong with the gap before the segment that `first` starts; null: nothing. */
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
