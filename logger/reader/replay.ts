/** A book that moves along the records of a segment, as every query that needs one replays it. */

import type { RecordHeader } from '../archive/archive.ts';
import { sidesOf } from '../book/book.ts';
import type { Book } from '../book/book.ts';
import { windowHorizon } from '../book/window.ts';
import type { BookContent } from '../book/difference.ts';
import { LastSizes } from '../book/last-sizes.ts';
import { knownBest } from '../book/known-best.ts';
import type { Side } from '../book/level-book.ts';
import { RecordCorruptError } from '../errors.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookPosition, BookUpdate, Horizon, MarketEvent } from '../market/events.ts';
import { finerScale, isSameScale, rescaleHorizon } from '../market/scale.ts';

/** Of all books: nothing is in it but while `applyAll` runs. */
const COLLECTED = new LastSizes();

/** What is said of a book beside its position. */
export type BookHeader = Pick<RecordHeader, 'security' | 'epoch' | 'level' | 'proof' | 'windowed'>;

/** A book to start from. */
export interface BookStart {
  readonly header: BookHeader;
  readonly image: BookPosition;
  /** It is cloned. */
  readonly book: Book;
}

export class ReplayedBook implements BookPosition {
  /** Of the image from which it started. */
  readonly header: BookHeader;
  #book: Book;
  #horizon: Horizon;
  #sequence: number;
  #exchangeTimeUs: number;
  #receiveTimeUs: number;

  constructor({ header, image, book }: BookStart) {
    this.header = header;
    this.#book = book.clone();
    this.#horizon = image.horizon;
    this.#sequence = image.sequence;
    this.#exchangeTimeUs = image.exchangeTimeUs;
    this.#receiveTimeUs = image.receiveTimeUs;
  }

  /** The same, as level events name it. */
  get identity(): BookHeader {
    return this.header;
  }
  get book(): Book {
    return this.#book;
  }
  get scale(): Scale {
    return this.#book.scale;
  }
  get horizon(): Horizon {
    return this.header.windowed === true ? windowHorizon(this.#book) : this.#horizon;
  }
  get sequence(): number {
    return this.#sequence;
  }
  get exchangeTimeUs(): number {
    return this.#exchangeTimeUs;
  }
  get receiveTimeUs(): number {
    return this.#receiveTimeUs;
  }

  /** undefined: the side is empty, or its best level is not known. */
  best(side: Side): readonly [price: ScaledInt, size: ScaledInt] | undefined {
    // A window always shows the best; where it ends takes long to find.
    return this.header.windowed === true
      ? this.#book.best(side)
      : knownBest(this.#book, this.#horizon, side);
  }

  /** Both sides whole. */
  content(): BookContent {
    return { scale: this.scale, horizon: this.horizon, ...sidesOf(this.#book) };
  }

  /**
   * Brings the book to the scale of a block that follows: the same, or finer once the exchange quoted
   * finer.
   * @throws RecordCorruptError for a coarser one, which no writer makes.
   */
  refine(scale: Scale): void {
    const from = this.scale;
    if (isSameScale(from, scale)) return;
    if (!isSameScale(finerScale(from, scale), scale)) {
      throw new RecordCorruptError('A block is coarser than the book before it');
    }
    this.#book = this.#book.rescaled(scale);
    this.#horizon = rescaleHorizon(this.#horizon, from, scale);
  }

  /** @throws RecordCorruptError for an update that contradicts the book, which no writer stores. */
  apply(update: BookUpdate): void {
    this.#change(update);
    this.#move(update);
  }

  /**
   * Applies the updates after the book's sequence, up to `untilSequence`. Faster than one by one.
   * @throws RecordCorruptError, as above.
   */
  applyAll(events: readonly MarketEvent[], untilSequence = Infinity): void {
    let last: BookUpdate | undefined;
    for (const event of events) {
      if (!isBookUpdate(event) || event.lastSequence <= this.#sequence) continue;
      if (event.lastSequence > untilSequence) break;
      if (!this.#collect(event)) {
        this.#applyCollected();
        this.#change(event);
      }
      last = event;
    }
    this.#applyCollected();
    if (last !== undefined) this.#move(last);
  }

  /** @returns whether it is a diff that may be applied later, together with others. */
  #collect(update: BookUpdate): boolean {
    if (update.type !== 'diff' || this.#book.level !== 'L2' || this.#book.hasCounts) return false;
    return COLLECTED.add(update.bids, update.asks);
  }

  #applyCollected(): void {
    if (this.#book.level === 'L2') COLLECTED.applyTo(this.#book);
  }

  #change(update: BookUpdate): void {
    const isOfItsKind = (update.type === 'diff') === (this.#book.level === 'L2');
    const contradiction = isOfItsKind
      ? this.#book.apply(update)?.text
      : `it holds a ${update.type}`;
    if (contradiction !== undefined) {
      throw new RecordCorruptError(`A record contradicts the book before it: ${contradiction}`);
    }
  }

  #move({ lastSequence, exchangeTimeUs, receiveTimeUs }: BookUpdate): void {
    this.#sequence = lastSequence;
    this.#exchangeTimeUs = exchangeTimeUs;
    this.#receiveTimeUs = receiveTimeUs;
  }
}
