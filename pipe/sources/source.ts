/** Where venues come from: a running logger, or an archive. */

import type { InstrumentFacts } from '../../logger/market/instrument.ts';
import type { VenueEvent } from '../market/events.ts';
import type { Venue } from '../market/venue.ts';

export interface KnownInstrument {
  readonly security: string;
  readonly facts: InstrumentFacts;
}

export interface EventOptions {
  /** The best level of each side alone. */
  readonly topOnly?: boolean;
  readonly trades?: boolean;
}

export interface Source {
  readonly name: string;
  instruments(signal: AbortSignal): Promise<readonly KnownInstrument[]>;
  close(): Promise<void>;
}

/** A running logger. */
export interface LiveSource extends Source {
  /**
   * Begins with the present of each venue, then everything as it happens, until the signal aborts. While
   * the logger can't be reached, its venues are unproven, and it is tried again.
   */
  events(
    venues: readonly Venue[],
    options: EventOptions,
    onEvent: (event: VenueEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

/** An archive, or a logger's archive through its manager port. */
export interface PastSource extends Source {
  /**
   * The events of one venue at `fromUs <= t < toUs` on the receive clock, in order. Begins with the book as
   * it stood at `fromUs`, or with `unproven`.
   */
  range(
    venue: Venue,
    range: { readonly fromUs: number; readonly toUs: number },
    options: EventOptions,
  ): AsyncIterable<VenueEvent>;
}
