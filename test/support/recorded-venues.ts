/** Recordings of venues in memory, as a post-mortem reads them from an archive. */

import type { TopSpan } from '../../logger/reader/top-bounds.ts';
import type { VenueEvent, VenueImage } from '../../pipe/market/events.ts';
import { timeOfEvent } from '../../pipe/market/events.ts';
import { VenueBook } from '../../pipe/market/venue-book.ts';
import type { Venue } from '../../pipe/market/venue.ts';
import type { PastVenues, Span } from '../../pipe/post-mortem/past-venues.ts';
import { levelsOf } from './trade-books.ts';

/** Fine enough for everything in tests of books. */
export const SCALE = { priceExponent: 4, sizeExponent: 8 };

export function testVenue(name: string, lotSize: string | null = null): Venue {
  const none = { tickSize: null, minSize: null, minNotional: null, contract: null };
  return {
    name,
    exchange: name,
    source: 'archive',
    security: `${name}:BTCUSDT`,
    pair: 'BTCUSDT',
    base: 'BTC',
    quote: 'USDT',
    instrument: { base: 'BTC', quote: 'USDT', lotSize, ...none },
  };
}

/** Writes what happened to one venue. */
export class VenueScript {
  readonly venue: Venue;
  readonly events: VenueEvent[] = [];
  #sequence = 0;

  constructor(venue: Venue) {
    this.venue = venue;
  }

  /** Levels as `100×1 101×2`. */
  image(us: number, bids: string, asks: string): VenueImage {
    const event: VenueImage = {
      type: 'image',
      venue: this.venue,
      point: this.#point(us),
      scale: SCALE,
      bids: levelsOf(bids, SCALE).levels,
      asks: levelsOf(asks, SCALE).levels,
      horizon: { bid: null, ask: null },
    };
    this.events.push(event);
    return event;
  }

  update(us: number, bids: string, asks: string): void {
    this.events.push({
      type: 'update',
      venue: this.venue,
      point: this.#point(us),
      bids: levelsOf(bids, SCALE).levels,
      asks: levelsOf(asks, SCALE).levels,
    });
  }

  unproven(us: number, reason = 'disconnect'): void {
    this.events.push({ type: 'unproven', venue: this.venue, sinceUs: us, atUs: us, reason });
  }

  #point(us: number): VenueImage['point'] {
    const sequence = ++this.#sequence;
    return { epoch: 1, sequence, isSequenced: true, exchangeTimeUs: us, receiveTimeUs: us };
  }
}

export class RecordedVenues implements PastVenues {
  readonly #scripts: readonly VenueScript[];
  readonly #endUs: number;
  /** How many ranges were read. */
  reads = 0;

  constructor(scripts: readonly VenueScript[], endUs: number) {
    this.#scripts = scripts;
    this.#endUs = endUs;
  }

  async *range(
    venue: Venue,
    { fromUs, toUs }: Span,
    { topOnly = false }: { readonly topOnly?: boolean },
  ): AsyncGenerator<VenueEvent> {
    this.reads++;
    const book = new VenueBook(venue);
    const events = this.#of(venue).filter((event) => timeOfEvent(event) < toUs);
    for (const event of events) if (timeOfEvent(event) < fromUs) book.apply(event);
    yield (
      imageOf(book) ?? {
        type: 'unproven',
        venue,
        sinceUs: book.unproven?.sinceUs ?? null,
        atUs: fromUs,
        reason: book.unproven?.reason ?? '',
      }
    );
    for (const event of events.filter((one) => timeOfEvent(one) >= fromUs)) {
      book.apply(event);
      if (topOnly && event.type !== 'unproven') yield topOf(imageOf(book) as VenueImage);
      // A venue is known by its object.
      else yield { ...event, venue };
    }
  }

  topBounds(_venue: Venue, span: Span): Promise<readonly TopSpan[]> {
    return Promise.resolve([{ ...span, bounds: undefined }]);
  }

  async bookAtPoint(
    venue: Venue,
    { sequence }: { readonly sequence: number },
  ): Promise<VenueImage | null> {
    const book = new VenueBook(venue);
    for (const event of this.#of(venue)) {
      book.apply(event);
      if ('point' in event && event.point.sequence === sequence) return imageOf(book);
    }
    return null;
  }

  endUs(): Promise<number> {
    return Promise.resolve(this.#endUs);
  }

  fingerprint(venue: Venue, { fromUs, toUs }: Span): Promise<string> {
    const events = this.#of(venue).filter((event) => timeOfEvent(event) < toUs);
    return Promise.resolve(`${fromUs} ${events.length}`);
  }

  #of({ security }: Venue): readonly VenueEvent[] {
    return this.#scripts.find(({ venue }) => venue.security === security)?.events ?? [];
  }
}

export function imageOf({ venue, book, point, horizon }: VenueBook): VenueImage | null {
  if (book === null || point === null) return null;
  const [bids, asks] = [book.levels('bid'), book.levels('ask')];
  return { type: 'image', venue, point, scale: book.scale, bids, asks, horizon };
}

function topOf(image: VenueImage): VenueImage {
  return { ...image, bids: image.bids.slice(0, 2), asks: image.asks.slice(0, 2) };
}
