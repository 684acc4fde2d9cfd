/** The proven book of one venue as it moves, or that there is none. */

import type { LevelBook } from '../../logger/book/level-book.ts';
import { windowHorizon } from '../../logger/book/window.ts';
import { TwoSidedBook } from '../../logger/book/two-sided-book.ts';
import { NO_HORIZON } from '../../logger/market/events.ts';
import type { Horizon } from '../../logger/market/events.ts';
import type { BookPoint, VenueEvent } from './events.ts';
import type { Venue } from './venue.ts';

export interface UnprovenBook {
  readonly sinceUs: number | null;
  readonly reason: string;
}

export class VenueBook {
  readonly venue: Venue;
  #book: LevelBook | null = null;
  #point: BookPoint | null = null;
  #horizon: Horizon = NO_HORIZON;
  #isWindowed = false;
  /** Of a window: where it ended at that point. */
  #window: { readonly point: BookPoint; readonly horizon: Horizon } | null = null;
  #unproven: UnprovenBook = { sinceUs: null, reason: 'no book yet' };

  constructor(venue: Venue) {
    this.venue = venue;
  }

  /** null: it is not proven. */
  get book(): LevelBook | null {
    return this.#book;
  }

  /** Of the proven book; null: there is none. */
  get point(): BookPoint | null {
    return this.#book && this.#point;
  }

  /** The worst price per side up to which the book is known. */
  get horizon(): Horizon {
    const [book, point] = [this.#book, this.#point];
    if (!this.#isWindowed || book === null || point === null) return this.#horizon;
    if (this.#window?.point !== point) this.#window = { point, horizon: windowHorizon(book) };
    return this.#window.horizon;
  }

  /** Why there is no proven book; null: there is one. */
  get unproven(): UnprovenBook | null {
    return this.#book ? null : this.#unproven;
  }

  /** Takes an event of this venue. An update without a book to apply it to is dropped. */
  apply(event: VenueEvent): void {
    switch (event.type) {
      case 'image':
        this.#book = TwoSidedBook.fromImage(event);
        this.#point = event.point;
        this.#horizon = event.horizon;
        this.#isWindowed = event.windowed === true;
        return;
      case 'update':
        if (this.#book === null) return;
        this.#book.setLevels(event.bids, event.asks);
        this.#point = event.point;
        return;
      case 'unproven':
        this.#book = null;
        this.#unproven = { sinceUs: event.sinceUs, reason: event.reason };
        return;
      case 'trade':
    }
  }
}
