/** Sides of proven books, and why there is none. */

import type { LevelBook } from '../../../logger/book/level-book.ts';
import type { Horizon, Levels } from '../../../logger/market/events.ts';
import type { Exact } from '../../market/exact.ts';
import type { VenueEvent } from '../../market/events.ts';
import type { VenueBook } from '../../market/venue-book.ts';
import { bookSide } from '../../strategy/book-side.ts';
import type { BookSide } from '../../strategy/book-side.ts';
import type { Nothing, Unknown } from '../report.ts';

/** The last price that a walk came to. */
export type Worst = Exact;

export interface ProvenBook {
  readonly book: LevelBook;
  readonly horizon: Horizon;
}

export interface NoBook {
  readonly reason: string;
}

export function unknown(reason: string): Unknown {
  return { state: 'unknown', reason };
}

/** There is nothing to be known. */
export function nothing(reason: string): Nothing {
  return { state: 'none', reason };
}

export function bookOf({ book, horizon, unproven, venue }: VenueBook): ProvenBook | NoBook {
  if (book !== null) return { book, horizon };
  return { reason: `${venue.name}: no proven book then (${unproven?.reason ?? ''})` };
}

/** As it stands; it moves with its book. */
export function sideOf(side: 'bid' | 'ask', { book, horizon }: ProvenBook): BookSide {
  return bookSide(side, book, horizon);
}

/** As it stands, whatever comes later. */
export function keptSide(side: 'bid' | 'ask', venueBook: VenueBook): BookSide | NoBook {
  const proven = bookOf(venueBook);
  if ('reason' in proven) return proven;
  const levels = proven.book.levels(side);
  return { ...sideOf(side, proven), levels: (depth) => levels.slice(0, 2 * depth) };
}

/** Whether an event may change what a walk up to `worst` came to. */
export function touches(event: VenueEvent, side: 'bid' | 'ask', worst: Worst): boolean {
  if (event.type !== 'update') return event.type !== 'trade';
  const levels: Levels = side === 'bid' ? event.bids : event.asks;
  for (let i = 0; i < levels.length; i += 2) {
    const price = levels[i] as Levels[number];
    if (side === 'bid' ? price >= worst.value : price <= worst.value) return true;
  }
  return false;
}
