/**
 * One proven stretch of a security: a base image and everything that follows it without a hole.
 * Keeps the book, fills the open block and decides what goes to the archive when; it hands out
 * `Write`s and does no I/O. A hole ends a segment; the next one gets the next epoch.
 */

import type { GapRecord, ImageReason, StoredRecord, Write } from '../archive/archive.ts';
import { applyUpdate, sidesOf } from '../book/book.ts';
import type { Book } from '../book/book.ts';
import type { Scale } from '../market/decimal.ts';
import type { SideEvent, BookImage, BookUpdate, Horizon, ImageHead } from '../market/events.ts';
import { rescaleHorizon } from '../market/scale.ts';
import { imageDue } from './base-image-policy.ts';
import type { RecorderLimits } from './limits.ts';
import { OpenBlock } from './open-block.ts';
import type { BadBetween, ReceiveTimes } from './receive-times.ts';
import { imageRecord } from './records.ts';
import type { SegmentIdentity } from './records.ts';

export interface ProvenBook {
  readonly book: Book;
  readonly horizon: Horizon;
  readonly sequence: number;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

export interface SegmentParts {
  readonly limits: RecorderLimits;
  readonly imageIntervalMs: number;
  /** What is wrong with receive times: told in every record. */
  readonly receiveTimes: Pick<ReceiveTimes, 'badBetween'>;
}

/** A moment of a segment: the receive time and the sequence of the step that came in then. */
export interface Moment {
  readonly us: number;
  readonly sequence: number;
}

export class Segment {
  readonly identity: SegmentIdentity;
  #proven: Moment;
  readonly #limits: RecorderLimits;
  readonly #imageIntervalMs: number;
  readonly #badBetween: BadBetween;
  #book: Book;
  #horizon: Horizon;
  #sequence: number;
  #exchangeTimeUs: number;
  #lastDataUs: number;
  #block: OpenBlock;
  #imageSequence: number | undefined;
  #unchecked: BookImage | undefined;
  #checked: Moment;
  #imageBytes = 0;
  #imageMs = 0;
  #blockBytesSinceImage = 0;
  #markedUs = 0;

  constructor(
    identity: SegmentIdentity,
    proven: ProvenBook,
    parts: SegmentParts & { readonly monotonicMs: number },
  ) {
    this.identity = identity;
    this.#proven = { us: proven.receiveTimeUs, sequence: proven.sequence };
    this.#checked = this.#proven;
    this.#limits = parts.limits;
    this.#imageIntervalMs = parts.imageIntervalMs;
    this.#badBetween = parts.receiveTimes.badBetween;
    this.#book = proven.book;
    this.#horizon = proven.horizon;
    this.#sequence = proven.sequence;
    this.#exchangeTimeUs = proven.exchangeTimeUs;
    this.#lastDataUs = proven.receiveTimeUs;
    this.#block = this.#openBlock(parts.monotonicMs);
  }

  get book(): Book {
    return this.#book;
  }

  get horizon(): Horizon {
    return this.#horizon;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get exchangeTimeUs(): number {
    return this.#exchangeTimeUs;
  }

  /** When the last step came in, or the image's last message. */
  get lastDataUs(): number {
    return this.#lastDataUs;
  }

  /** The last step. */
  get last(): Moment {
    return { us: this.#lastDataUs, sequence: this.#sequence };
  }

  /** When the exchange's own book was last seen to be ours. */
  get proven(): Moment {
    return this.#proven;
  }

  /** The exchange's own book was ours at that moment. */
  confirm(at: Moment): void {
    this.#proven = at;
  }

  /** The last image that the records were seen to lead to; the segment's first, until then. */
  get checked(): Moment {
    return this.#checked;
  }

  /** The records lead to this image, or what came before it can't be read any more. */
  confirmImage({ receiveTimeUs, sequence }: BookImage): void {
    this.#checked = { us: receiveTimeUs, sequence };
  }

  /** The first sequence that is not known, where all that came after a moment is void. */
  firstMissingAfter({ us, sequence }: Moment): number {
    return (us < this.#lastDataUs ? sequence : this.#sequence) + 1;
  }

  get queuedEvents(): number {
    return this.#block.events;
  }

  /** What begins the segment in the archive: its image, and the hole before it. */
  begin(reason: ImageReason, gap: GapRecord | undefined, monotonicMs: number): Write[] {
    const writes: Write[] = this.#image(reason, monotonicMs);
    if (gap) writes.push({ type: 'gap', record: gap });
    return writes;
  }

  /**
   * @param step continues the book (the caller has asked the sequence rule).
   * @returns what contradicts the book, which then must not be used any longer; null: nothing does.
   */
  apply(step: BookUpdate): string | null {
    const contradiction = applyUpdate(this.#book, step);
    if (contradiction !== null) return contradiction;
    this.#sequence = step.lastSequence;
    this.#exchangeTimeUs = step.exchangeTimeUs;
    this.#lastDataUs = step.receiveTimeUs;
    this.#block.add(step);
    return null;
  }

  addSideEvent(sideEvent: SideEvent): void {
    this.#block.add(sideEvent);
  }

  /** Seals what is due; `stuck`: only sideEvents come, so the segment has to end. */
  seal(monotonicMs: number): Write[] | 'stuck' {
    const due = this.#block.due(monotonicMs, this.#limits);
    if (due === 'open') return [];
    if (due === 'stuck') return 'stuck';
    const writes = this.#sealSteps(monotonicMs);
    const reason = imageDue({
      sinceImageMs: monotonicMs - this.#imageMs,
      blockBytesSinceImage: this.#blockBytesSinceImage,
      imageBytes: this.#imageBytes,
      intervalMs: this.#imageIntervalMs,
    });
    return reason ? [...writes, ...this.#image(reason, monotonicMs)] : writes;
  }

  /** Brings the journal up to now, and how long the connection is known to have been whole. */
  journal(aliveUntilUs: number | null): Write[] {
    const writes: Write[] = [];
    const piece = this.#block.takePiece();
    if (piece) writes.push({ type: 'journal', ...piece });
    const knownUs = Math.max(aliveUntilUs ?? 0, this.#lastDataUs);
    if (knownUs > this.#markedUs) {
      this.#markedUs = knownUs;
      const { security, epoch } = this.identity;
      writes.push({ type: 'mark', security, epoch, aliveUntilUs: knownUs });
    }
    return writes;
  }

  /**
   * An image of the book as it stands; nothing where the last one shows just that. SideEvents that came
   * since the last step stay in the open block: a block's key needs a step.
   */
  imageNow(reason: ImageReason, monotonicMs: number): Write[] {
    if (this.#sequence === this.#imageSequence) return [];
    return [...this.#sealSteps(monotonicMs), ...this.#image(reason, monotonicMs)];
  }

  /** Goes on with finer integers. Nothing is rounded: every quantity stays what it was. */
  refine(scale: Scale, monotonicMs: number): Write[] {
    const writes = this.#sealSteps(monotonicMs);
    const from = this.#book.scale;
    this.#book = this.#book.rescaled(scale);
    this.#horizon = rescaleHorizon(this.#horizon, from, scale);
    this.#block.refine(scale);
    return [...writes, ...this.imageNow('scale', monotonicMs)];
  }

  /** The last block. Nothing may be added afterwards. */
  end(): Write[] {
    const record = this.#block.seal();
    return record ? [{ type: 'block', record }] : [];
  }

  #sealSteps(monotonicMs: number): Write[] {
    const record = this.#block.hasUpdates ? this.#block.seal() : undefined;
    if (!record) return [];
    this.#block = this.#openBlock(monotonicMs);
    this.#blockBytesSinceImage += record.header.bytes;
    return [{ type: 'block', record }];
  }

  #image(reason: ImageReason, monotonicMs: number): Write[] {
    const image = this.image();
    const record: StoredRecord = imageRecord(this.identity, image, reason, this.#badBetween);
    if (this.#imageSequence !== undefined) this.#unchecked = image;
    this.#imageSequence = this.#sequence;
    this.#imageBytes = record.header.bytes;
    this.#imageMs = monotonicMs;
    this.#blockBytesSinceImage = 0;
    return [{ type: 'image', record }];
  }

  /** The image that was handed out last, once; undefined: the segment's first, or none. */
  takeUnchecked(): BookImage | undefined {
    const unchecked = this.#unchecked;
    this.#unchecked = undefined;
    return unchecked;
  }

  /** Where the book stands. */
  get stand(): ImageHead {
    return {
      sequence: this.#sequence,
      exchangeTimeUs: this.#exchangeTimeUs,
      receiveTimeUs: this.#lastDataUs,
      scale: this.#book.scale,
      horizon: this.#horizon,
    };
  }

  /** The book as it stands. */
  image(): BookImage {
    return { ...this.stand, ...sidesOf(this.#book) };
  }

  #openBlock(monotonicMs: number): OpenBlock {
    return new OpenBlock(this.identity, {
      scale: this.#book.scale,
      sequence: this.#sequence,
      exchangeTimeUs: this.#exchangeTimeUs,
      monotonicMs,
      badBetween: this.#badBetween,
    });
  }
}
