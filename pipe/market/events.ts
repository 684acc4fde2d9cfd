/**
 * What happens to the books of venues, live or from an archive, in exact integers. Every source yields the
 * same events for the same recording.
 */

import type {
  BookPoint,
  LevelImageEvent,
  LevelTradeEvent,
  LevelUpdateEvent,
  UnprovenEvent,
} from '../../logger/market/level-events.ts';
import type { Venue } from './venue.ts';

export type { BookPoint };

export interface VenueImage extends LevelImageEvent {
  readonly venue: Venue;
}

/** At the scale of the last image. */
export interface VenueUpdate extends Omit<LevelUpdateEvent, 'scale'> {
  readonly venue: Venue;
}

export interface VenueUnproven extends UnprovenEvent {
  readonly venue: Venue;
  /** It is this program that lost its source: what happens meanwhile may be recorded all the same. */
  readonly isOurs?: true;
}

export interface VenueTrade extends Omit<LevelTradeEvent, 'tradeId'> {
  readonly venue: Venue;
  readonly tradeId: string;
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
