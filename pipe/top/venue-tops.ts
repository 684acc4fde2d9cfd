/** The top of each venue's book as events come in. */

import type { VenueEvent } from '../market/events.ts';
import { VenueBook } from '../market/venue-book.ts';
import type { Venue } from '../market/venue.ts';
import { topOf } from './top.ts';
import type { Top } from './top.ts';

export class VenueTops {
  readonly #books: ReadonlyMap<Venue, VenueBook>;

  constructor(venues: readonly Venue[]) {
    this.#books = new Map(venues.map((venue) => [venue, new VenueBook(venue)]));
  }

  /** @returns the venue's top after the event; null: its book is not proven; undefined: nothing changed. */
  apply(event: VenueEvent): Top | null | undefined {
    const book = this.#books.get(event.venue);
    if (event.type === 'trade' || book === undefined) return undefined;
    book.apply(event);
    return book.book && topOf(book.book);
  }
}
