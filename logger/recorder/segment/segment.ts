/**
 * A gap-free run of one security: a base image and everything after it. Keeps the book, fills the
 * open block and decides what goes to the archive when; it returns `Write`s and does no I/O. A gap
 * ends a segment; the next one gets a later epoch.
 */

import type { GapRecord, ImageReason, StoredRecord, Write } from '../../archive/archive.ts';
import { bookOf, sidesOf } from '../../book/book.ts';
import type { Book } from '../../book/book.ts';
import type { LevelContent } from '../../book/deeper-book.ts';
import { windowHorizon } from '../../book/window.ts';
import type { Contradiction } from '../../book/order-book.ts';
import { assertInvariant } from '../../errors.ts';
import type { ChecksumMismatch } from '../../exchange/exchange.ts';
import type { LiveSegment } from '../../live/events.ts';
import type { Scale } from '../../market/decimal.ts';
import type {
  SideEvent,
  BookImage,
  BookUpdate,
  Horizon,
  BookPosition,
} from '../../market/events.ts';
import { rescaleHorizon } from '../../market/scale.ts';
import { imageDue } from './base-image-policy.ts';
import { BlockTops } from './block-tops.ts';
import type { RecorderLimits } from '../limits.ts';
import { OpenBlock } from './open-block.ts';
import type { DefectsBetween, ReceiveTimes } from '../receive-times.ts';
import { Reach } from './reach.ts';
import { imageRecord } from './records.ts';
import type { SegmentIdentity } from './records.ts';

export interface ProvenBook {
  readonly book: Book;
  readonly horizon: Horizon;
  /** Levels a side that its snapshot was asked for; absent: all. */
  readonly depth?: number | undefined;
  readonly sequence: number;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

/** A running segment's book, known further out. */
export interface DeeperBook {
  readonly sequence: number;
  readonly depth: number | undefined;
  readonly content: LevelContent;
}

export interface SegmentDeps {
  readonly limits: RecorderLimits;
  readonly imageIntervalMs: number;
  /** Receive-time defects to stamp on each record. */
  readonly receiveTimes: Pick<ReceiveTimes, 'defectsBetween'>;
}

/** A position in a segment: the book's sequence, and the receive time at which it was there. */
export interface SegmentPosition {
  readonly sequence: number;
  readonly atUs: number;
}

export class Segment implements LiveSegment {
  readonly identity: SegmentIdentity;
  /** Receive time of its first image. */
  readonly beganUs: number;
  readonly #limits: RecorderLimits;
  readonly #imageIntervalMs: number;
  readonly #defectsBetween: DefectsBetween;
  readonly #onNews: () => void;
  #book: Book;
  #horizon: Horizon;
  #depth: number | undefined;
  #reach: Reach;
  #sequence: number;
  #exchangeTimeUs: number;
  #receiveTimeUs: number;
  #block: OpenBlock;
  /** Of the open block. */
  #tops: BlockTops;
  #proven: SegmentPosition;
  #checked: SegmentPosition;
  #uncheckedImage: BookImage | undefined;
  #imageSequence: number | undefined;
  #imageBytes = 0;
  #imageMs = 0;
  #blockBytesSinceImage = 0;
  #changesSinceImage = 0;
  #markedUs = 0;

  constructor(
    identity: SegmentIdentity,
    proven: ProvenBook,
    deps: SegmentDeps & { readonly monotonicMs: number; readonly onNews: () => void },
  ) {
    this.identity = identity;
    this.beganUs = proven.receiveTimeUs;
    this.#limits = deps.limits;
    this.#imageIntervalMs = deps.imageIntervalMs;
    this.#defectsBetween = deps.receiveTimes.defectsBetween;
    this.#onNews = deps.onNews;
    this.#book = proven.book;
    this.#horizon = proven.horizon;
    this.#depth = proven.depth;
    this.#reach = new Reach(proven.book, proven.horizon);
    this.#sequence = proven.sequence;
    this.#exchangeTimeUs = proven.exchangeTimeUs;
    this.#receiveTimeUs = proven.receiveTimeUs;
    this.#proven = this.#checked = this.last;
    this.#block = this.#openBlock(deps.monotonicMs);
    this.#tops = new BlockTops(this.#book);
  }

  get book(): Book {
    return this.#book;
  }

  get scale(): Scale {
    return this.#book.scale;
  }

  get horizon(): Horizon {
    return this.identity.windowed === true ? windowHorizon(this.#book) : this.#horizon;
  }

  /** Levels a side that its last snapshot was asked for; undefined: all. */
  get depth(): number | undefined {
    return this.#depth;
  }

  /** The share of its reach that is left, as `Reach.left`. */
  get reachLeft(): number | null {
    return this.#reach.left(this.#book);
  }

  /** The book has moved since the last image, so another can be stored. */
  get canTakeImage(): boolean {
    return this.#sequence !== this.#imageSequence;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get exchangeTimeUs(): number {
    return this.#exchangeTimeUs;
  }

  /** Of the last update, or of the last message in the first image. */
  get receiveTimeUs(): number {
    return this.#receiveTimeUs;
  }

  /** Where the book is now. */
  get last(): SegmentPosition {
    return { sequence: this.#sequence, atUs: this.#receiveTimeUs };
  }

  /** Where the book was last known to be the exchange's own, by one of its snapshots. */
  get proven(): SegmentPosition {
    return this.#proven;
  }

  /** The last position at which it was, if what contradicts it now was right at a later one. */
  lastRight(match: ChecksumMismatch['lastMatch']): SegmentPosition {
    if (!match || match.sequence <= this.#proven.sequence) return this.#proven;
    return { sequence: match.sequence, atUs: match.receiveTimeUs };
  }

  /** The book was the exchange's own at this position. */
  confirm(at: SegmentPosition): void {
    this.#proven = at;
  }

  /** The last image that the stored records were seen to lead to; at first, the segment's first. */
  get checked(): SegmentPosition {
    return this.#checked;
  }

  /** The stored records lead to this image, or those before it are declared void. */
  confirmImage({ receiveTimeUs, sequence }: BookImage): void {
    this.#checked = { sequence, atUs: receiveTimeUs };
  }

  /** The first sequence that is missing if nothing after a position is claimed. */
  firstMissingAfter({ atUs, sequence }: SegmentPosition): number {
    return (atUs < this.#receiveTimeUs ? sequence : this.#sequence) + 1;
  }

  get queuedEvents(): number {
    return this.#block.events;
  }

  /** The segment's first writes: its base image, and the gap before it. */
  begin(reason: ImageReason, gap: GapRecord | undefined, monotonicMs: number): Write[] {
    const writes: Write[] = this.#image(reason, monotonicMs);
    if (gap) writes.push({ type: 'gap', record: gap });
    return writes;
  }

  /**
   * @param update continues the book (the caller has asked the sequence rule).
   * @returns how it contradicts the book, which then must not be used any longer; null: it does not.
   */
  apply(update: BookUpdate): Contradiction | null {
    const contradiction = this.#book.apply(update);
    if (contradiction !== null) return contradiction;
    this.#sequence = update.lastSequence;
    this.#exchangeTimeUs = update.exchangeTimeUs;
    this.#receiveTimeUs = update.receiveTimeUs;
    this.#block.addUpdate(update);
    this.#tops.add(this.#book);
    return null;
  }

  addSideEvent(sideEvent: SideEvent): void {
    this.#block.addSideEvent(sideEvent);
  }

  /** Seals the block if it is due. `stuck`: it is full of side events, so the segment has to end. */
  seal(monotonicMs: number): Write[] | 'stuck' {
    const due = this.#block.due(monotonicMs, this.#limits);
    if (due === 'open') return [];
    if (due === 'stuck') return 'stuck';
    const writes = this.#sealUpdates(monotonicMs);
    const reason = imageDue({
      sinceImageMs: monotonicMs - this.#imageMs,
      blockBytesSinceImage: this.#blockBytesSinceImage,
      changesSinceImage: this.#changesSinceImage,
      imageBytes: this.#imageBytes,
      intervalMs: this.#imageIntervalMs,
    });
    return reason ? [...writes, ...this.#image(reason, monotonicMs)] : writes;
  }

  /** Brings journal and mark up to now. */
  journal(aliveUntilUs: number | null): Write[] {
    const writes: Write[] = this.#block
      .takeParts()
      .map(({ part, record }) => ({ type: 'journal', part, record }));
    const knownUs = Math.max(aliveUntilUs ?? 0, this.#receiveTimeUs);
    if (knownUs > this.#markedUs) {
      this.#markedUs = knownUs;
      const { security, epoch } = this.identity;
      writes.push({ type: 'mark', security, epoch, aliveUntilUs: knownUs });
    }
    return writes;
  }

  /**
   * A base image of the book as it is; nothing if the last image shows the same. Side events since the
   * last update stay in the open block: the key of a block needs an update.
   */
  imageNow(reason: ImageReason, monotonicMs: number): Write[] {
    if (!this.canTakeImage) return [];
    return [...this.#sealUpdates(monotonicMs), ...this.#image(reason, monotonicMs)];
  }

  /** Continues with finer integers. Nothing is rounded: every quantity stays what it was. */
  refine(scale: Scale, monotonicMs: number): Write[] {
    const writes = this.#sealUpdates(monotonicMs);
    const from = this.#book.scale;
    this.#book = this.#book.rescaled(scale);
    this.#horizon = rescaleHorizon(this.#horizon, from, scale);
    this.#reach = new Reach(this.#book, this.#horizon);
    this.#block.refine(scale);
    this.#tops = new BlockTops(this.#book);
    return [...writes, ...this.imageNow('scale', monotonicMs)];
  }

  /** Continues with a book that is known further out. @param deeper at the segment's own sequence and scale. */
  deepen({ content, depth, sequence }: DeeperBook, monotonicMs: number): Write[] {
    assertInvariant(
      sequence === this.#sequence && this.canTakeImage,
      'A book known further out does not stand where the segment does',
    );
    const writes = this.#sealUpdates(monotonicMs);
    this.#book = bookOf(content);
    this.#horizon = content.horizon;
    this.#depth = depth;
    this.#reach = new Reach(this.#book, this.#horizon);
    this.#tops.add(this.#book);
    return [...writes, ...this.#image('horizon', monotonicMs)];
  }

  /** The last block. Nothing may be added afterwards. */
  end(): Write[] {
    const record = this.#block.seal(this.#tops.bounds);
    return record ? [{ type: 'block', record }] : [];
  }

  /** The latest image, once; undefined: none since, or it is the segment's first. */
  takeUnchecked(): BookImage | undefined {
    const image = this.#uncheckedImage;
    this.#uncheckedImage = undefined;
    return image;
  }

  /** A copy of the whole book. */
  image(): BookImage {
    return { ...this.#head(), ...sidesOf(this.#book) };
  }

  #head(): BookPosition {
    const { sequence, exchangeTimeUs, receiveTimeUs, scale, horizon } = this;
    return { sequence, exchangeTimeUs, receiveTimeUs, scale, horizon };
  }

  #sealUpdates(monotonicMs: number): Write[] {
    const record = this.#block.hasUpdates ? this.#block.seal(this.#tops.bounds) : undefined;
    if (!record) return [];
    this.#block = this.#openBlock(monotonicMs);
    this.#tops = new BlockTops(this.#book);
    this.#blockBytesSinceImage += record.header.bytes;
    this.#changesSinceImage += record.header.levelChanges;
    return [{ type: 'block', record }];
  }

  #image(reason: ImageReason, monotonicMs: number): Write[] {
    const image = this.image();
    const record: StoredRecord = imageRecord(this.identity, image, reason, this.#defectsBetween);
    if (this.#imageSequence !== undefined) this.#uncheckedImage = image;
    this.#imageSequence = this.#sequence;
    this.#imageBytes = record.header.bytes;
    this.#imageMs = monotonicMs;
    this.#blockBytesSinceImage = 0;
    this.#changesSinceImage = 0;
    return [{ type: 'image', record }];
  }

  #openBlock(monotonicMs: number): OpenBlock {
    return new OpenBlock(this.identity, {
      scale: this.#book.scale,
      sequence: this.#sequence,
      exchangeTimeUs: this.#exchangeTimeUs,
      monotonicMs,
      defectsBetween: this.#defectsBetween,
      onNews: this.#onNews,
    });
  }
}
