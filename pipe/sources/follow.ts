/** Several live sources as one stream of events. */

import type { VenueEvent } from '../market/events.ts';
import type { Venue } from '../market/venue.ts';
import type { LiveSource } from './source.ts';

/** Follows the venues of each source. Resolves when the signal aborts. @throws CliError */
export async function follow(
  sources: readonly LiveSource[],
  venues: readonly Venue[],
  onEvent: (event: VenueEvent) => void,
  options: {
    readonly signal: AbortSignal;
    readonly topOnly?: boolean;
    readonly trades?: boolean;
  },
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const streams = sources.map(async (source) => {
    const own = venues.filter((venue) => venue.source === source.name);
    if (own.length === 0) return;
    try {
      await source.events(own, options, onEvent, signal);
    } finally {
      // One that can't go on ends all.
      failed.abort();
    }
  });
  await Promise.all(streams);
}
