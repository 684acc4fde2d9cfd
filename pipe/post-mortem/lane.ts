/** One venue's recorded events, one after the other, and the book that they move. */

import { timeOfEvent } from '../market/events.ts';
import type { VenueEvent } from '../market/events.ts';
import { VenueBook } from '../market/venue-book.ts';
import type { Venue } from '../market/venue.ts';
import type { PastVenues } from './past-venues.ts';

/** To open a lane costs as much as to read on for so long. */
export const NEAR_US = 20_000_000;

export class Lane {
  readonly book: VenueBook;
  /** Up to here it is known what happened. */
  readonly endUs: number;
  readonly #past: PastVenues;
  #events: AsyncIterator<VenueEvent> | null = null;
  #next: VenueEvent | null = null;

  constructor(past: PastVenues, venue: Venue, endUs: number) {
    this.#past = past;
    this.book = new VenueBook(venue);
    this.endUs = endUs;
  }

  get nextUs(): number {
    return this.#next === null ? Infinity : timeOfEvent(this.#next);
  }

  /** From the book as it stood then on. */
  async open(fromUs: number, toUs = this.endUs + 1): Promise<void> {
    await this.close();
    const span = { fromUs, toUs: Math.max(fromUs + 1, toUs) };
    this.#events = this.#past.range(this.book.venue, span, {})[Symbol.asyncIterator]();
    await this.#advance();
  }

  /** Applies the next event. */
  async take(): Promise<VenueEvent> {
    const event = this.#next as VenueEvent;
    this.book.apply(event);
    await this.#advance();
    return event;
  }

  async close(): Promise<void> {
    await this.#events?.return?.();
    this.#events = null;
    this.#next = null;
  }

  async #advance(): Promise<void> {
    const result = await this.#events?.next();
    this.#next = result === undefined || result.done === true ? null : result.value;
  }
}

/** Applies what comes up to and including that moment. @returns it, lane by lane. */
export async function takeUpTo(lanes: readonly Lane[], us: number): Promise<VenueEvent[]> {
  const events: VenueEvent[] = [];
  for (const lane of lanes) while (lane.nextUs <= us) events.push(await lane.take());
  return events;
}
