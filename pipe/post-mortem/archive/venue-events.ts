/**
 * A range of a security's recording as events of a venue: the book as it stood, then every message, and where
 * nothing is proven. What lies before the range is replayed in bulk.
 */

import { isBookUpdate } from '../../../logger/market/events.ts';
import type { BookUpdate } from '../../../logger/market/events.ts';
import { isSameScale } from '../../../logger/market/scale.ts';
import { changedLevels, levelsOf } from '../../../logger/queries/book-rows.ts';
import type { ReaderContext } from '../../../logger/reader/context.ts';
import { itemsInRange } from '../../../logger/reader/range.ts';
import type { RangeItem } from '../../../logger/reader/range.ts';
import { ReplayedBook } from '../../../logger/reader/replay.ts';
import type { BookPoint, VenueEvent, VenueImage } from '../../market/events.ts';
import type { Venue } from '../../market/venue.ts';
import type { Span } from '../past-venues.ts';

/** @throws UnknownSecurityError */
export async function* venueEvents(
  context: ReaderContext,
  venue: Venue,
  span: Span,
): AsyncGenerator<VenueEvent> {
  const moving = new MovingVenue(venue, span);
  const range = { ...span, clock: 'receive' } as const;
  for await (const item of itemsInRange(context, venue.security, range)) {
    // Not `yield*`, which costs some promises more for each item.
    for (const event of moving.take(item)) yield event;
    if (moving.isOver) return;
  }
  for (const event of moving.finish()) yield event;
}

class MovingVenue {
  readonly #venue: Venue;
  readonly #span: Span;
  #book: ReplayedBook | null = null;
  #epoch = 0;
  #declaredUs = Infinity;
  #hasBegun = false;
  #isOver = false;
  /** Since when nothing is proven, and why; of the last gap. */
  #gap: { readonly sinceUs: number | null; readonly reason: string } = {
    sinceUs: null,
    reason: 'not recorded',
  };

  constructor(venue: Venue, span: Span) {
    this.#venue = venue;
    this.#span = span;
  }

  /** The range has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  *take(item: RangeItem): Generator<VenueEvent> {
    switch (item.type) {
      case 'image':
        yield* this.#start(item);
        break;
      case 'deeper':
        yield* this.#deepen(item);
        break;
      case 'events':
        yield* this.#events(item);
        break;
      case 'end':
        // Nothing arrived in the range, but the book stood there.
        if (item.toUs >= this.#span.fromUs) yield* this.#begin();
        yield* this.#unproven(item.toUs, 'the recording ends');
        break;
      case 'gap':
        yield* this.#unproven(item.gap.fromUs, item.gap.cause);
        break;
    }
  }

  *finish(): Generator<VenueEvent> {
    yield* this.#begin();
  }

  *#start({ image, declaredUs }: RangeItem & { type: 'image' }): Generator<VenueEvent> {
    const us = image.image.receiveTimeUs;
    if (us >= this.#span.toUs || us > declaredUs) {
      yield* this.#begin();
      this.#isOver = us >= this.#span.toUs;
      return;
    }
    // What was not proven until then is said where the range begins in it.
    if (us >= this.#span.fromUs && !this.#hasBegun) {
      if (us > this.#span.fromUs) yield* this.#begin();
      this.#hasBegun = true;
    }
    this.#book = new ReplayedBook(image);
    this.#epoch = image.header.epoch;
    this.#declaredUs = declaredUs;
    if (this.#hasBegun) yield this.#image(this.#book);
  }

  *#deepen({ image }: RangeItem & { type: 'deeper' }): Generator<VenueEvent> {
    if (this.#book === null || image.image.receiveTimeUs > this.#declaredUs) return;
    this.#book = new ReplayedBook(image);
    if (this.#hasBegun) yield this.#image(this.#book);
  }

  *#events({ scale, events }: RangeItem & { type: 'events' }): Generator<VenueEvent> {
    const book = this.#book;
    if (book === null) return;
    const isFiner = !isSameScale(book.scale, scale);
    book.refine(scale);
    const updates = events.filter(isBookUpdate);
    const untilUs = Math.min(this.#span.fromUs, this.#declaredUs + 1);
    let at = 0;
    if (!this.#hasBegun) {
      while (at < updates.length && (updates[at] as BookUpdate).receiveTimeUs < untilUs) at++;
      book.applyAll(at === updates.length ? updates : updates.slice(0, at));
      if (at === updates.length) return;
      yield* this.#begin();
    } else if (isFiner) {
      yield this.#image(book);
    }
    for (; at < updates.length; at++) {
      const update = updates[at] as BookUpdate;
      if (update.receiveTimeUs > this.#declaredUs) return;
      this.#isOver = update.receiveTimeUs >= this.#span.toUs;
      if (this.#isOver) return;
      book.apply(update);
      yield {
        type: 'update',
        venue: this.#venue,
        point: this.#point(book),
        ...changedLevels(book.book, update),
      };
    }
  }

  *#begin(): Generator<VenueEvent> {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    if (this.#book !== null) yield this.#image(this.#book);
    else yield { ...this.#gap, type: 'unproven', venue: this.#venue, atUs: this.#span.fromUs };
  }

  *#unproven(fromUs: number, reason: string): Generator<VenueEvent> {
    const { fromUs: beginUs, toUs } = this.#span;
    const wasProven = this.#book !== null;
    this.#book = null;
    this.#gap = { sinceUs: fromUs, reason };
    if (!this.#hasBegun || fromUs >= toUs) return;
    // A gap that follows the end of an interval says why.
    if (!wasProven && reason === 'the recording ends') return;
    const atUs = Math.max(fromUs, beginUs);
    yield { type: 'unproven', venue: this.#venue, sinceUs: fromUs, atUs, reason };
  }

  #image(book: ReplayedBook): VenueImage {
    return {
      type: 'image',
      venue: this.#venue,
      point: this.#point(book),
      scale: book.scale,
      bids: levelsOf(book.book, 'bid'),
      asks: levelsOf(book.book, 'ask'),
      horizon: book.horizon,
    };
  }

  #point({ sequence, exchangeTimeUs, receiveTimeUs, header }: ReplayedBook): BookPoint {
    const isSequenced = header.proof === 'sequence';
    return { epoch: this.#epoch, sequence, isSequenced, exchangeTimeUs, receiveTimeUs };
  }
}
