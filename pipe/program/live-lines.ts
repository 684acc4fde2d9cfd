/** Top lines of running loggers, until Ctrl-C. */

import { CliError, EXIT } from '../../manager-cli/exit-codes.ts';
import type { ExitCode } from '../../manager-cli/exit-codes.ts';
import { timeOfEvent } from '../market/events.ts';
import type { VenueEvent } from '../market/events.ts';
import type { Venue } from '../market/venue.ts';
import { follow } from '../sources/follow.ts';
import type { LiveSource } from '../sources/source.ts';
import { VenueTops } from '../top/venue-tops.ts';
import { TopLines } from '../top/top-lines.ts';
import type { PipeSession } from './command.ts';
import { LineSink } from './line-sink.ts';

export async function liveLines(
  session: PipeSession,
  sources: readonly LiveSource[],
  venues: readonly Venue[],
): Promise<ExitCode> {
  const tops = new VenueTops(venues);
  const lines = linesByPair(venues);
  const sink = new LineSink(session);
  const onEvent = (event: VenueEvent): void => {
    const { name, pair } = event.venue;
    const top = tops.apply(event);
    const line = top === undefined ? null : lines.get(pair)?.set(name, top, timeOfEvent(event));
    if (line) sink.put(line);
  };
  await follow(sources, venues, onEvent, { signal: sink.signal, topOnly: true });
  if (sink.isTooSlow) throw new CliError(EXIT.failed, 'The reader of the output is too slow');
  return EXIT.done;
}

export function linesByPair(venues: readonly Venue[]): ReadonlyMap<string, TopLines> {
  const pairs = [...new Set(venues.map(({ pair }) => pair))];
  return new Map(
    pairs.map((pair) => {
      const own = venues.filter((venue) => venue.pair === pair);
      return [pair, new TopLines(pair, own, pairs.length > 1)];
    }),
  );
}
