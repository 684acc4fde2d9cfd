/** Top lines of a time that is past: of archives, or of what loggers recorded. The same lines as live. */

import { CliError, EXIT } from '../../manager-cli/exit-codes.ts';
import type { ExitCode } from '../../manager-cli/exit-codes.ts';
import { parseTimeUs } from '../../logger/market/time.ts';
import type { Venue } from '../market/venue.ts';
import { mergedTops, pastTops } from '../sources/past-tops.ts';
import type { PastHistory, PastRange } from '../sources/past-tops.ts';
import type { TopEntry } from '../top/top-series.ts';
import type { PipeSession } from './command.ts';
import { linesByPair } from './live-lines.ts';

/** `null`: as far as it is recorded. */
export interface WantedRange {
  readonly fromUs: number | null;
  readonly toUs: number | null;
  /** Instead of `fromUs`: so long before the end. */
  readonly lastUs: number | null;
}

export type VenueTop = TopEntry & { readonly venue: Venue };

export interface PastSourceOf {
  (venue: Venue): Promise<PastHistory>;
}

/** The changes of all venues, in order. @throws CliError */
export async function* topsOfRange(
  venues: readonly Venue[],
  historyOf: PastSourceOf,
  range: PastRange,
  signal: AbortSignal,
): AsyncGenerator<VenueTop> {
  const histories = new Map<Venue, PastHistory>();
  for (const venue of venues) histories.set(venue, await historyOf(venue));
  const topsOf = (venue: Venue): AsyncIterable<TopEntry> =>
    pastTops(histories.get(venue) as PastHistory, venue, range, signal);
  for await (const entry of mergedTops(venues, topsOf)) {
    if (signal.aborted) return;
    yield entry;
  }
}

/** @throws CliError with exit code 5 where nothing of the venues is recorded. */
export async function rangeOf(
  venues: readonly Venue[],
  historyOf: PastSourceOf,
  { fromUs, toUs, lastUs }: WantedRange,
): Promise<PastRange> {
  if (fromUs !== null && toUs !== null) return { fromUs, toUs };
  let [first, end] = [Infinity, -Infinity];
  for (const venue of venues) {
    const { intervals } = await (await historyOf(venue)).coverage({ security: venue.security });
    first = Math.min(first, ...intervals.slice(0, 1).map(({ from }) => parseTimeUs(from)));
    end = Math.max(end, ...intervals.slice(-1).map(({ to }) => parseTimeUs(to)));
  }
  if (end === -Infinity) throw notRecorded();
  // The end itself is proven.
  const endUs = toUs ?? end + 1;
  const beginUs = lastUs === null ? (fromUs ?? first) : endUs - lastUs;
  return { fromUs: beginUs, toUs: endUs, isOpen: toUs === null };
}

/** What stands at the beginning is one line for each pair, whatever number of venues it has. */
export async function pastLines(
  { out }: Pick<PipeSession, 'out'>,
  venues: readonly Venue[],
  tops: AsyncIterable<VenueTop>,
  fromUs: number,
): Promise<ExitCode> {
  const lines = linesByPair(venues);
  let isRecorded = false;
  let hasBegun = false;
  const begin = async (): Promise<void> => {
    hasBegun = true;
    if (!isRecorded) return;
    for (const one of lines.values()) await out.line(one.line(Math.floor(fromUs / 1000)));
  };
  for await (const { venue, atUs, top } of tops) {
    isRecorded ||= top !== null;
    if (!hasBegun && atUs > fromUs) await begin();
    const line = lines.get(venue.pair)?.set(venue.name, top, atUs);
    if (line && hasBegun) await out.line(line);
  }
  if (!hasBegun) await begin();
  if (isRecorded) return EXIT.done;
  throw notRecorded();
}

export function notRecorded(): CliError {
  return new CliError(EXIT.notRecorded, 'Nothing is recorded of that time');
}
