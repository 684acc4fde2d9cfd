/** The memory of live venues, filled from `--archive` where it is given, else from the loggers themselves. */

import type { Venue } from '../market/venue.ts';
import type { ArchiveSource } from '../sources/archive-source.ts';
import { LiveMemory } from '../sources/live-memory.ts';
import type { PastHistory } from '../sources/past-tops.ts';
import type { LoggerSource } from '../sources/logger-source.ts';
import type { PipeSession } from './command.ts';
import { memoryUs } from './options.ts';

export function liveMemory(
  session: PipeSession,
  venues: readonly Venue[],
  given: {
    readonly loggers: readonly LoggerSource[];
    readonly archives: readonly ArchiveSource[];
    readonly signal: AbortSignal;
  },
): LiveMemory {
  const { args, clock, random, log } = session;
  const { loggers, archives, signal } = given;
  const historyOf = async ({ source }: Venue): Promise<PastHistory | null> => {
    const archive = archives.find(({ name }) => name === source) ?? archives[0];
    if (archive !== undefined) return archive.history();
    return (await loggers.find(({ name }) => name === source)?.history(signal)) ?? null;
  };
  return new LiveMemory(venues, memoryUs(args), { historyOf, clock, random, log, signal });
}
