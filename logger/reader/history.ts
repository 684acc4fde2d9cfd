/**
 * A security's history in order, one decoded block at a time: the image at the start of each proven
 * interval, the events of each block, and the holes between. What the streams, the exports and the
 * range questions are made of. Nothing is read before it is asked for.
 */

import type { BlockRef, RecordHeader } from '../archive/archive.ts';
import type { Book } from '../book/book.ts';
import { RecordCorruptError } from '../errors.ts';
import type { Gap, GapCause } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { Horizon, MarketEvent } from '../market/events.ts';
import { assertKnown } from './context.ts';
import {
  afterSegmentUs,
  causeOfBreak,
  segmentBeginUs,
  segmentEndUs,
  gapAfter,
  isEndOfRecording,
  lostBeginning,
  lostUntilNext,
  missingBetween,
  readSegmentEnd,
} from './segment-end.ts';
import type { SegmentEnd } from './segment-end.ts';
import type { ReaderContext } from './context.ts';
import { blockPages } from './pages.ts';
import type { LoadedBlock, LoadedImage } from './record-loader.ts';
import { continues } from './replay.ts';

export type HistoryItem =
  /** A proven interval begins with this book, which the receiver may change (it is his copy). */
  | {
      readonly type: 'begin';
      readonly header: RecordHeader;
      readonly book: Book;
      readonly horizon: Horizon;
      readonly exchangeTimeUs: number;
      readonly receiveTimeUs: number;
      /** From here on (receive time) the segment's book is declared unknown, whatever is stored. */
      readonly declaredUs: number;
    }
  /** Events that follow; trades may be older than the book (they came while it was being proven). */
  | {
      readonly type: 'events';
      readonly header: RecordHeader;
      readonly scale: Scale;
      readonly events: readonly MarketEvent[];
    }
  /** The interval is proven up to here. */
  | { readonly type: 'end'; readonly toUs: number }
  | { readonly type: 'gap'; readonly gap: Gap };

/** @param from the image to start with, as the archive's look-up found it; null: the first. */
export async function* history(
  context: ReaderContext,
  security: string,
  from: BlockRef | null,
): AsyncGenerator<HistoryItem> {
  const first = await context.archive.segmentStart(
    security,
    from === null ? 0 : from.header.epoch - 1,
  );
  if (first === null) {
    await assertKnown(context, security);
    return;
  }
  let fromSequence = from?.header.lastSequence;
  let beginUs = await segmentBeginUs(context.archive, first);
  for (let segment: BlockRef | null = first; segment !== null;) {
    const { archive, liveGap } = context;
    const end: SegmentEnd = await readSegmentEnd(archive, security, segment.header.epoch, liveGap);
    yield* new SegmentHistory(context, { first: segment.header, beginUs, end }).walk(fromSequence);
    fromSequence = undefined;
    beginUs = afterSegmentUs(end) ?? 0;
    segment = end.next;
  }
}

class SegmentHistory {
  readonly #context: ReaderContext;
  readonly #first: RecordHeader;
  readonly #end: SegmentEnd;
  readonly #beginUs: number;
  #reached = 0;
  #lastEventUs = 0;

  constructor(
    context: ReaderContext,
    segment: { readonly first: RecordHeader; readonly beginUs: number; readonly end: SegmentEnd },
  ) {
    this.#context = context;
    this.#first = segment.first;
    this.#beginUs = segment.beginUs;
    this.#end = segment.end;
  }

  /** From the last good image at or before `fromSequence`, else from the segment's first good one. */
  async *walk(fromSequence: number | undefined): AsyncGenerator<HistoryItem> {
    let start = await this.#startImage(fromSequence);
    if (start === null) {
      yield { type: 'gap', gap: lostUntilNext(this.#beginUs, this.#end) };
      return;
    }
    const isLate = start.image.sequence > (fromSequence ?? this.#first.lastSequence);
    if (isLate) yield { type: 'gap', gap: lostBeginning(this.#beginUs, start.header) };
    for (;;) {
      const isWhole = yield* this.#interval(start);
      const { proof } = start.header;
      if (isWhole) {
        const endUs = segmentEndUs(this.#end, start.image.receiveTimeUs, this.#lastEventUs);
        yield { type: 'end', toUs: endUs };
        const gap = gapAfter(this.#end, endUs, this.#reached, proof);
        if (gap !== null && this.#isAskedFor(gap)) yield { type: 'gap', gap };
        return;
      }
      yield { type: 'end', toUs: this.#lastEventUs };
      const next = await this.#imageFrom(this.#reached + 1);
      if (next === null) {
        const lost = lostUntilNext(this.#lastEventUs, this.#end, this.#reached);
        yield { type: 'gap', gap: { ...lost, cause: await this.#causeOfBreak() } };
        return;
      }
      const gap: Gap = {
        fromUs: this.#lastEventUs,
        toUs: Math.max(this.#lastEventUs, next.image.receiveTimeUs),
        cause: await this.#causeOfBreak(),
        ...missingBetween(this.#reached, next.image.sequence, proof),
      };
      yield { type: 'gap', gap };
      start = next;
    }
  }

  #causeOfBreak(): Promise<GapCause> {
    return causeOfBreak(this.#context.archive, this.#first, this.#reached);
  }

  /** Who asks for all there is gets it without a hole where the recording was ended on purpose. */
  #isAskedFor(gap: Gap): boolean {
    const { rangeStartUs = -Infinity, rangeEndUs } = this.#context;
    return rangeEndUs !== undefined || rangeStartUs > gap.fromUs || !isEndOfRecording(gap);
  }

  /** Yields an image and its blocks; returns whether they reach to the segment's end. */
  async *#interval(start: LoadedImage): AsyncGenerator<HistoryItem, boolean> {
    const { image, header } = start;
    const { security, epoch } = header;
    this.#reached = image.sequence;
    this.#lastEventUs = image.receiveTimeUs;
    const { horizon, exchangeTimeUs, receiveTimeUs } = image;
    const book = start.book.clone();
    const declaredUs = this.#end.gap?.fromUs ?? this.#end.openGap?.fromUs ?? Infinity;
    yield { type: 'begin', header, book, horizon, exchangeTimeUs, receiveTimeUs, declaredUs };
    let { scale } = image;
    let isImage = true;
    const segment = { security, epoch, afterSequence: image.sequence, withBodies: true };
    for await (const page of blockPages(this.#context, segment)) {
      for (const ref of page) {
        const block = await this.#load(ref);
        if (block === null || !continues(block, { sequence: this.#reached, scale, isImage })) {
          return false;
        }
        scale = block.content.scale;
        isImage = false;
        const events = this.#eventsAfter(block, image.sequence, header);
        this.#reached = block.header.lastSequence;
        this.#lastEventUs = Math.max(this.#lastEventUs, block.header.toUs);
        yield { type: 'events', header: block.header, scale, events };
      }
    }
    return (this.#end.knownSequence ?? 0) <= this.#reached;
  }

  /**
   * Of a block in which an image stands in the middle, what comes after the image. Before the first
   * diff of a segment's first block, trades of the time before the image belong to the history.
   */
  #eventsAfter(
    block: LoadedBlock,
    imageSequence: number,
    image: RecordHeader,
  ): readonly MarketEvent[] {
    const { events, previousSequence } = block.content;
    if (previousSequence >= imageSequence) return events;
    const last = events.findIndex(
      (event) => isBookUpdate(event) && event.lastSequence === image.lastSequence,
    );
    return events.slice(last + 1);
  }

  async #load(ref: BlockRef): Promise<LoadedBlock | null> {
    try {
      return await this.#context.records.block(ref);
    } catch (error) {
      // Damaged: its stretch is declared as a hole.
      if (error instanceof RecordCorruptError) return null;
      throw error;
    }
  }

  async #startImage(fromSequence: number | undefined): Promise<LoadedImage | null> {
    if (fromSequence === undefined) return this.#imageFrom(Number.MIN_SAFE_INTEGER);
    const { security, epoch } = this.#first;
    const refs = await this.#context.archive.images(security, epoch, Number.MIN_SAFE_INTEGER);
    const before = refs.filter(({ header }) => header.lastSequence <= fromSequence);
    return (await this.#firstGood(before.reverse())) ?? this.#imageFrom(fromSequence + 1);
  }

  async #imageFrom(fromSequence: number): Promise<LoadedImage | null> {
    const { security, epoch } = this.#first;
    return this.#firstGood(await this.#context.archive.images(security, epoch, fromSequence));
  }

  async #firstGood(refs: readonly BlockRef[]): Promise<LoadedImage | null> {
    for (const ref of refs) {
      try {
        return await this.#context.records.image(ref);
      } catch (error) {
        // A damaged image: the next one has to do.
        if (!(error instanceof RecordCorruptError)) throw error;
      }
    }
    return null;
  }
}
