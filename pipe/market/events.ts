/**
 * What happens to the books of venues, live or from an archive, in exact integers. Every source yields the
 * same events for the same recording.
 */

import type { Scale, ScaledInt } from '../../logger/market/decimal.ts';
import type { Horizon, Levels } from '../../logger/market/events.ts';
import type { Venue } from './venue.ts';

/** Where a book is: with it, anyone finds this book in the archive again. */
export interface BookPoint {
  readonly epoch: number;
  /** The sequence by which the archive knows it; on feeds without sequences it counts messages. */
  readonly sequence: number;
  readonly isSequenced: boolean;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

/** A book to start from: everything known of an earlier one is void. Levels are best first. */
export interface VenueImage {
  readonly type: 'image';
  readonly venue: Venue;
  readonly point: BookPoint;
  readonly scale: Scale;
  readonly bids: Levels;
  readonly asks: Levels;
  readonly horizon: Horizon;
}

/** Absolute sizes by price, at the scale of the last image; 0 deletes. */
export interface VenueUpdate {
  readonly type: 'update';
  readonly venue: Venue;
  readonly point: BookPoint;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** The venue has no proven book until its next image. */
export interface VenueUnproven {
  readonly type: 'unproven';
  readonly venue: Venue;
  /** The last moment at which the book was known to be the exchange's; null: never. */
  readonly sinceUs: number | null;
  /** When that became known here. */
  readonly atUs: number;
  readonly reason: string;
  /** It is this program that lost its source: what happens meanwhile may be recorded all the same. */
  readonly isOurs?: true;
}

export interface VenueTrade {
  readonly type: 'trade';
  readonly venue: Venue;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly tradeId: string;
  readonly scale: Scale;
  readonly price: ScaledInt;
  readonly size: ScaledInt;
  /** The taker's. */
  readonly side: 'buy' | 'sell';
}

export type VenueEvent = VenueImage | VenueUpdate | VenueUnproven | VenueTrade;

/** When an event happened, on the recorders' clock. */
export function timeOfEvent(event: VenueEvent): number {
  switch (event.type) {
    case 'image':
    case 'update':
      return event.point.receiveTimeUs;
    case 'unproven':
      return event.atUs;
    case 'trade':
      return event.receiveTimeUs;
  }
}
