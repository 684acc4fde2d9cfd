/**
 * The one walk along a segment's records. It starts at an image, takes each block that follows without a
 * gap, and after a damaged or missing record continues from the next readable image. Every query folds over
 * what it yields: `headersOf` for those that need no bodies, `recordsOf` for the others.
 */

import type { BlockRef, Position, RecordHeader } from '../archive/archive.ts';
import { RecordCorruptError } from '../errors.ts';
import type { Gap } from '../market/coverage.ts';
import { isBookUpdate } from '../market/events.ts';
import { finerScale, isSameScale } from '../market/scale.ts';
import type { ReaderContext } from './context.ts';
import type { BlockRun } from './known-blocks.ts';
import { ImagesAhead, blockPages } from './pages.ts';
import type { LoadedBlock, LoadedImage, RecordLoader } from './record-loader.ts';
import { gapBeforeImage, missingBetween } from './segment.ts';
import type { Segment } from './segment.ts';

export interface HasHeader {
  readonly header: RecordHeader;
}

/** How the cursor reads records, and how much of them. */
export interface RecordSource<Image extends HasHeader, Block extends HasHeader> {
  readonly withBodies: boolean;
  /** Yields also the blocks to which no image leads, as `unreachable`; reads its images itself. */
  readonly everyRecord: boolean;
  /** What is known of blocks without reading them again. */
  readonly ahead?: {
    /** Whether anything is known of the blocks after a sequence. */
    has(sequence: number): boolean;
    from(sequence: number): Promise<readonly BlockRun[]>;
  };
  /** @throws RecordCorruptError */
  image(ref: BlockRef): Promise<Image>;
  /** @throws RecordCorruptError */
  block(ref: BlockRef): Promise<Block>;
  /** Whether a block continues the book at `sequence`, to which the record `last` led. */
  follows(block: Block, last: Image | Block, sequence: number): boolean;
}

/** Why a run of records ends before its segment does. */
export type Break =
  | { readonly kind: 'damaged'; readonly error: RecordCorruptError }
  /** The block with this header does not continue the run. */
  | { readonly kind: 'missing-before'; readonly header: RecordHeader }
  /** No block is left, but the segment is known to have reached this sequence. */
  | { readonly kind: 'missing-end'; readonly knownSequence: number };

export type CursorItem<Image, Block> =
  /** A proven run begins with this image. */
  | { readonly type: 'image'; readonly image: Image; readonly segment: Segment }
  | { readonly type: 'block'; readonly block: Block }
  /** Many blocks, which are known already. */
  | { readonly type: 'block-run'; readonly blockRun: BlockRun }
  /** The run goes on from this image, which knows the book further out than the records before it. */
  | { readonly type: 'deeper'; readonly image: Image }
  /** The next block continues the run and lies wholly behind the position asked for. */
  | { readonly type: 'beyond' }
  /** The run is proven up to here; `broken` is null at the end of the segment. */
  | {
      readonly type: 'end';
      readonly toUs: number;
      readonly lastSequence: number;
      readonly broken: Break | null;
    }
  | { readonly type: 'gap'; readonly gap: Gap }
  | { readonly type: 'unreachable'; readonly ref: BlockRef };

/** The position of the run. */
interface Run<Image, Block> {
  readonly base: Image;
  last: Image | Block;
  sequence: number;
  lastEventUs: number;
}

type CursorDeps = Pick<ReaderContext, 'archive' | 'yieldToEventLoop'>;

export class SegmentCursor<Image extends HasHeader, Block extends HasHeader> {
  readonly #deps: CursorDeps;
  readonly #segment: Segment;
  readonly #source: RecordSource<Image, Block>;
  readonly #until: Position | undefined;
  /** null: nothing can be read from here on. */
  #run: Run<Image, Block> | null = null;
  /** Images in which the horizon moved out; undefined: the walk has no use for them. */
  #deeper: ImagesAhead | undefined;

  /** @param until where to stop: only blocks that begin at or before it are read. */
  constructor(
    deps: CursorDeps,
    segment: Segment,
    source: RecordSource<Image, Block>,
    until?: Position,
  ) {
    this.#deps = deps;
    this.#segment = segment;
    this.#source = source;
    this.#until = until;
  }

  /** From the last readable image at or before `from`, else from the first readable one after it. */
  async *items(from?: BlockRef): AsyncGenerator<CursorItem<Image, Block>> {
    const segment = this.#segment;
    const first = from ?? (await segment.firstImage());
    const start = await this.#startingAt(from);
    if (start === null) {
      yield { type: 'gap', gap: segment.gapUntilNext(await segment.beginUs(), 'corrupt') };
    } else if (start.header.lastSequence > (first?.header.lastSequence ?? -Infinity)) {
      yield { type: 'gap', gap: gapBeforeImage(await segment.beginUs(), start.header) };
    }
    const isAll = this.#source.everyRecord && first !== undefined;
    yield* this.#walk(start, isAll ? first.header.lastSequence : undefined);
  }

  /** From an image that has been read already. */
  itemsFrom(start: Image): AsyncGenerator<CursorItem<Image, Block>> {
    return this.#walk(start, undefined);
  }

  async *#walk(
    start: Image | null,
    afterSequence = start?.header.lastSequence,
  ): AsyncGenerator<CursorItem<Image, Block>> {
    if (start !== null) yield this.#begin(start);
    if (afterSequence === undefined) return;
    if (this.#hasUseForDeeper) this.#deeper = new ImagesAhead(this.#deps.archive, this.#segment);
    let next: number | 'end' | 'beyond' = afterSequence;
    while (typeof next === 'number') next = yield* this.#read(yield* this.#skipKnown(next));
    if (next === 'beyond') return;
    const knownSequence = this.#segment.end.knownSequence ?? -Infinity;
    while (this.#run !== null && this.#run.sequence < knownSequence) {
      yield* this.#break(this.#run, { kind: 'missing-end', knownSequence });
    }
    if (this.#run !== null) yield* this.#finish(this.#run);
  }

  /** @returns the sequence after which more is known, if the reading came to one; else how it ended. */
  async *#read(
    afterSequence: number,
  ): AsyncGenerator<CursorItem<Image, Block>, number | 'end' | 'beyond'> {
    const { withBodies, everyRecord, ahead } = this.#source;
    const range = { afterSequence, withBodies, ...untilRange(this.#until) };
    for await (const page of blockPages(this.#deps, this.#segment, range)) {
      for (const ref of page) {
        const isBeyond = yield* this.#take(ref);
        if (isBeyond || (this.#run === null && !everyRecord)) return 'beyond';
        if (this.#run !== null && ahead?.has(this.#run.sequence)) return this.#run.sequence;
      }
    }
    return 'end';
  }

  /** @returns the sequence after which to read. */
  async *#skipKnown(afterSequence: number): AsyncGenerator<CursorItem<Image, Block>, number> {
    const run = this.#run;
    const { ahead } = this.#source;
    if (run === null || !ahead?.has(run.sequence)) return afterSequence;
    while (ahead.has(run.sequence)) {
      const { sequence } = run;
      for (const blockRun of await ahead.from(sequence)) {
        run.last = await this.#source.block(blockRun.last);
        run.sequence = blockRun.last.header.lastSequence;
        run.lastEventUs = Math.max(run.lastEventUs, blockRun.lastEventUs);
        yield { type: 'block-run', blockRun };
      }
      if (run.sequence === sequence) break;
      await this.#deps.yieldToEventLoop();
    }
    return run.sequence;
  }

  #begin(image: Image): CursorItem<Image, Block> {
    const { lastSequence, toUs } = image.header;
    this.#run = { base: image, last: image, sequence: lastSequence, lastEventUs: toUs };
    return { type: 'image', image, segment: this.#segment };
  }

  /** @returns whether the position has been reached. */
  async *#take(ref: BlockRef): AsyncGenerator<CursorItem<Image, Block>, boolean> {
    let block: Block | RecordCorruptError | undefined;
    while (this.#run !== null && !isBefore(ref, this.#run.sequence)) {
      const run = this.#run;
      const { header } = ref;
      if (this.#until !== undefined && beginsAfter(ref, this.#until)) {
        // Its header alone proves that nothing lies between.
        if (header.previousSequence === run.sequence) yield { type: 'beyond' };
        else yield* this.#break(run, { kind: 'missing-before', header });
        return true;
      }
      block ??= await readable(this.#source.block(ref));
      if (block instanceof RecordCorruptError) {
        yield* this.#break(run, { kind: 'damaged', error: block });
        return false;
      }
      if (this.#source.follows(block, run.last, run.sequence)) {
        run.last = block;
        run.sequence = Math.max(run.sequence, header.lastSequence);
        // Trades prove nothing about the book.
        if (header.diffs > 0) run.lastEventUs = Math.max(run.lastEventUs, header.toUs);
        yield { type: 'block', block };
        yield* this.#deepen(run.sequence);
        return false;
      }
      yield* this.#break(run, { kind: 'missing-before', header });
    }
    if (block === undefined && this.#source.everyRecord) yield { type: 'unreachable', ref };
    return false;
  }

  /** A walk to a position begins at the last image before it, so none lies on its way. */
  get #hasUseForDeeper(): boolean {
    const { withBodies, everyRecord } = this.#source;
    return withBodies && !everyRecord && this.#until === undefined;
  }

  async *#deepen(sequence: number): AsyncGenerator<CursorItem<Image, Block>> {
    const ref = await this.#deeper?.at(sequence);
    if (ref === undefined || ref.damaged || ref.header.reason !== 'horizon') return;
    // One that can't be read costs what it shows further out, and nothing else.
    const image = await this.#firstReadable([ref]);
    if (image !== null) yield { type: 'deeper', image };
  }

  /** Ends the run and begins the next one, if an image for it can be read. */
  async *#break(
    { sequence, lastEventUs, base }: Run<Image, Block>,
    broken: Break,
  ): AsyncGenerator<CursorItem<Image, Block>> {
    const segment = this.#segment;
    yield { type: 'end', toUs: lastEventUs, lastSequence: sequence, broken };
    const cause = await segment.causeOfBreak(sequence);
    const next = await this.#firstReadable(await segment.imagesAfter(sequence));
    if (next === null) {
      this.#run = null;
      yield { type: 'gap', gap: segment.gapUntilNext(lastEventUs, cause, sequence) };
      return;
    }
    const { header } = next;
    const toUs = Math.max(lastEventUs, header.toUs);
    const missing = missingBetween(sequence, header.lastSequence, base.header.proof);
    yield { type: 'gap', gap: { fromUs: lastEventUs, toUs, cause, ...missing } };
    yield this.#begin(next);
  }

  *#finish({
    base,
    sequence,
    lastEventUs,
  }: Run<Image, Block>): Generator<CursorItem<Image, Block>> {
    const segment = this.#segment;
    const { header } = base;
    const toUs = segment.endUs(header.toUs, lastEventUs);
    // What is declared missing is not covered, even if it is stored.
    const provenSequence = Math.min(sequence, segment.declaredSequence - 1);
    const lastSequence = Math.max(header.lastSequence, provenSequence);
    yield { type: 'end', toUs, lastSequence, broken: null };
    const gap = segment.gapAfter(toUs, sequence, header.proof);
    if (gap !== null) yield { type: 'gap', gap };
  }

  async #startingAt(from: BlockRef | undefined): Promise<Image | null> {
    const first = from ?? (await this.#segment.firstImage());
    const image = first && (await this.#firstReadable([first]));
    if (image) return image;
    if (from === undefined) return this.#firstReadable(await this.#segment.images());
    // A damaged image makes the answer costlier, not wrong: an earlier one leads to the same book.
    const { lastSequence } = from.header;
    const images = await this.#segment.images();
    const earlier = images.filter(
      (ref) => ref.header.lastSequence < lastSequence && !isAfter(ref, this.#until),
    );
    return (
      (await this.#firstReadable(earlier.reverse())) ??
      this.#firstReadable(await this.#segment.imagesAfter(lastSequence))
    );
  }

  async #firstReadable(refs: readonly BlockRef[]): Promise<Image | null> {
    for (const ref of refs) {
      const image = await readable(this.#source.image(ref));
      if (!(image instanceof RecordCorruptError)) return image;
    }
    return null;
  }
}

async function readable<Record>(reading: Promise<Record>): Promise<Record | RecordCorruptError> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof RecordCorruptError) return error;
    throw error;
  }
}

/** Whether a block ends at or before a sequence of an image, or one that a run has reached. */
function isBefore({ header, damaged, isJournalPart }: BlockRef, sequence: number): boolean {
  // Only the first sequence of a damaged block is known. It ends before the image, as images stand
  // between blocks. Of a damaged journal part not even that is known.
  if (damaged) return !isJournalPart && header.firstSequence <= sequence;
  return header.lastSequence <= sequence && header.firstSequence <= sequence;
}

function untilRange(until: Position | undefined) {
  if (until === undefined) return {};
  return 'sequence' in until
    ? { untilSequence: until.sequence, andNext: true }
    : { untilUs: until.us, clock: until.clock, andNext: true };
}

function beginsAfter({ header, damaged }: BlockRef, position: Position): boolean {
  if (damaged) return false;
  if ('sequence' in position) return header.firstSequence > position.sequence;
  if (position.clock === 'receive') return header.fromUs > position.us;
  return header.diffs > 0 && header.exchangeFromUs > position.us;
}

function isAfter({ header }: BlockRef, position: Position | undefined): boolean {
  if (position === undefined) return false;
  if ('sequence' in position) return header.lastSequence > position.sequence;
  return (position.clock === 'receive' ? header.toUs : header.exchangeToUs) > position.us;
}

/** Records with their bodies. */
export function recordsOf(
  records: Pick<RecordLoader, 'image' | 'block'>,
): RecordSource<LoadedImage, LoadedBlock> {
  return {
    withBodies: true,
    everyRecord: false,
    image: (ref) => records.image(ref),
    block: (ref) => records.block(ref),
    follows,
  };
}

/**
 * A block follows where its first update continues the book, or, right after an image, where one of its
 * updates leads to the image. Its scale is the same, or finer once the exchange quoted finer.
 */
export function follows(
  { content }: LoadedBlock,
  last: LoadedImage | LoadedBlock,
  sequence: number,
): boolean {
  const isAfterImage = 'image' in last;
  const { scale } = isAfterImage ? last.image : last.content;
  if (!isSameScale(finerScale(content.scale, scale), content.scale)) return false;
  if (content.previousSequence === sequence) return true;
  return (
    isAfterImage &&
    content.events.some((event) => isBookUpdate(event) && event.lastSequence === sequence)
  );
}

/** Headers alone: damage inside a body goes unnoticed. */
export const headersOf: RecordSource<BlockRef, BlockRef> = {
  withBodies: false,
  everyRecord: true,
  image: async (ref) => undamaged(ref),
  block: async (ref) => undamaged(ref),
  follows: ({ header }, last, sequence) =>
    header.previousSequence === sequence ||
    (last.header.kind === 'image' && header.previousSequence < sequence),
};

function undamaged(ref: BlockRef): BlockRef {
  if (!ref.damaged) return ref;
  const { security } = ref.header;
  throw new RecordCorruptError('The header of a record is damaged', { context: { security } });
}
