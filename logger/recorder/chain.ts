/**
 * One proven stretch of a security: a base image and everything that follows it without a hole.
 * Keeps the book, fills the open block and decides what goes to the archive when; it hands out
 * `Write`s and does no I/O. A hole ends a chain; the next one gets the next epoch.
 */

import type { GapRecord, ImageReason, StoredRecord, Write } from '../archive/archive.ts';
import type { LevelBook } from '../book/level-book.ts';
import type { Scale } from '../market/decimal.ts';
import type { BookImage, Diff, Horizon, Trade } from '../market/events.ts';
import { rescaleHorizon } from '../market/scale.ts';
import { imageDue } from './base-image-policy.ts';
import type { RecorderLimits } from './limits.ts';
import { OpenBlock } from './open-block.ts';
import { imageRecord } from './records.ts';
import type { ChainIdentity } from './records.ts';

export interface ProvenBook {
  readonly book: LevelBook;
  readonly horizon: Horizon;
  readonly sequence: number;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

export class Chain {
  readonly identity: ChainIdentity;
  readonly #limits: RecorderLimits;
  readonly #imageIntervalMs: number;
  #book: LevelBook;
  #horizon: Horizon;
  #sequence: number;
  #exchangeTimeUs: number;
  #lastDataUs: number;
  #block: OpenBlock;
  #imageSequence = -1;
  #imageBytes = 0;
  #imageMs = 0;
  #blockBytesSinceImage = 0;
  #markedUs = 0;

  constructor(
    identity: ChainIdentity,
    proven: ProvenBook,
    parts: {
      readonly limits: RecorderLimits;
      readonly imageIntervalMs: number;
      readonly monotonicMs: number;
    },
  ) {
    this.identity = identity;
    this.#limits = parts.limits;
    this.#imageIntervalMs = parts.imageIntervalMs;
    this.#book = proven.book;
    this.#horizon = proven.horizon;
    this.#sequence = proven.sequence;
    this.#exchangeTimeUs = proven.exchangeTimeUs;
    this.#lastDataUs = proven.receiveTimeUs;
    this.#block = this.#openBlock(parts.monotonicMs);
  }

  get book(): LevelBook {
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

  /** When the last diff came in, or the image's last message. */
  get lastDataUs(): number {
    return this.#lastDataUs;
  }

  get queuedEvents(): number {
    return this.#block.events;
  }

  /** What begins the chain in the archive: its image, and the hole before it. */
  begin(reason: ImageReason, gap: GapRecord | undefined, monotonicMs: number): Write[] {
    const writes: Write[] = this.#image(reason, monotonicMs);
    if (gap) writes.push({ type: 'gap', record: gap });
    return writes;
  }

  /** @param diff continues the book (the caller has asked the sequence rule). */
  apply(diff: Diff): void {
    this.#book.apply(diff.bids, diff.asks);
    this.#sequence = diff.lastSequence;
    this.#exchangeTimeUs = diff.exchangeTimeUs;
    this.#lastDataUs = diff.receiveTimeUs;
    this.#block.add(diff);
  }

  addTrade(trade: Trade): void {
    this.#block.add(trade);
  }

  /** Seals what is due; `stuck`: only trades come, so the chain has to end. */
  seal(monotonicMs: number): Write[] | 'stuck' {
    const due = this.#block.due(monotonicMs, this.#limits);
    if (due === 'open') return [];
    if (due === 'stuck') return 'stuck';
    const writes = this.#sealDiffs(monotonicMs);
    const reason = imageDue({
      sinceImageMs: monotonicMs - this.#imageMs,
      blockBytesSinceImage: this.#blockBytesSinceImage,
      imageBytes: this.#imageBytes,
      intervalMs: this.#imageIntervalMs,
    });
    return reason ? [...writes, ...this.#image(reason, monotonicMs)] : writes;
  }

  /** Brings the journal up to now, and how long the connection is known to have been whole. */
  journal(wholeUntilUs: number | null): Write[] {
    const writes: Write[] = [];
    const piece = this.#block.takePiece();
    if (piece) writes.push({ type: 'journal', ...piece });
    const knownUs = Math.max(wholeUntilUs ?? 0, this.#lastDataUs);
    if (knownUs > this.#markedUs) {
      this.#markedUs = knownUs;
      const { security, epoch } = this.identity;
      writes.push({ type: 'mark', security, epoch, wholeUntilUs: knownUs });
    }
    return writes;
  }

  /**
   * An image of the book as it stands; nothing where the last one shows just that. Trades that came
   * since the last diff stay in the open block: a block's key needs a diff.
   */
  imageNow(reason: ImageReason, monotonicMs: number): Write[] {
    if (this.#sequence === this.#imageSequence) return [];
    return [...this.#sealDiffs(monotonicMs), ...this.#image(reason, monotonicMs)];
  }

  /** Goes on with finer integers. Nothing is rounded: every quantity stays what it was. */
  refine(scale: Scale, monotonicMs: number): Write[] {
    const writes = this.#sealDiffs(monotonicMs);
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

  #sealDiffs(monotonicMs: number): Write[] {
    const record = this.#block.hasDiffs ? this.#block.seal() : undefined;
    if (!record) return [];
    this.#block = this.#openBlock(monotonicMs);
    this.#blockBytesSinceImage += record.header.bytes;
    return [{ type: 'block', record }];
  }

  #image(reason: ImageReason, monotonicMs: number): Write[] {
    const record: StoredRecord = imageRecord(this.identity, this.snapshot(), reason);
    this.#imageSequence = this.#sequence;
    this.#imageBytes = record.header.bytes;
    this.#imageMs = monotonicMs;
    this.#blockBytesSinceImage = 0;
    return [{ type: 'image', record }];
  }

  /** The book as it stands. */
  snapshot(depth?: number): BookImage {
    return {
      sequence: this.#sequence,
      exchangeTimeUs: this.#exchangeTimeUs,
      receiveTimeUs: this.#lastDataUs,
      scale: this.#book.scale,
      horizon: this.#horizon,
      bids: this.#book.levels('bid', depth),
      asks: this.#book.levels('ask', depth),
    };
  }

  #openBlock(monotonicMs: number): OpenBlock {
    return new OpenBlock(this.identity, {
      scale: this.#book.scale,
      sequence: this.#sequence,
      exchangeTimeUs: this.#exchangeTimeUs,
      monotonicMs,
    });
  }
}
