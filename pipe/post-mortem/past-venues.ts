/** What a post-mortem asks of recordings. Sources of archives offer it. */

import type { TopSpan } from '../../logger/reader/top-bounds.ts';
import type { VenueEvent, VenueImage } from '../market/events.ts';
import type { Venue } from '../market/venue.ts';

export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

export interface PastVenues {
  /**
   * The events of one venue at `fromUs <= t < toUs` on the receive clock, in order. Begins with the book as
   * it stood at `fromUs`, or with `unproven`.
   */
  range(
    venue: Venue,
    span: Span,
    options: { readonly topOnly?: boolean },
  ): AsyncIterable<VenueEvent>;
  /**
   * Bounds of the best prices of `range`, which cost next to nothing: in order, without overlap. At moments in no
   * span nothing is proven.
   */
  topBounds(venue: Venue, span: Span): Promise<readonly TopSpan[]>;
  /** The book at a point of the recording; null: the archive does not lead to it any more. */
  bookAtPoint(
    venue: Venue,
    point: { readonly epoch: number; readonly sequence: number },
  ): Promise<VenueImage | null>;
  /** The last moment at which anything is known of it. */
  endUs(venue: Venue): Promise<number>;
  /** Changes whenever what is recorded of that time does. */
  fingerprint(venue: Venue, span: Span): Promise<string>;
}
