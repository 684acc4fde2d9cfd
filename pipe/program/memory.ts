/** The memory of live venues, filled from `--archive` where it is given, else from the loggers themselves. */

import { openArchiveHistory } from '../../manager-cli/archive-history.ts';
import type { History } from '../../manager-cli/history.ts';
import type { Venue } from '../market/venue.ts';
import { LiveMemory } from '../sources/live-memory.ts';
import type { LoggerSource } from '../sources/logger-source.ts';
import type { PipeSession } from './command.ts';
import { memoryUs, namedTexts } from './options.ts';

export function liveMemory(
  session: PipeSession,
  venues: readonly Venue[],
  sources: readonly LoggerSource[],
  signal: AbortSignal,
): LiveMemory {
  const { args, clock, random, log } = session;
  const archives = namedTexts(args, 'archive');
  const opened = new Map<string, Promise<History>>();
  signal.addEventListener('abort', () => closeAll(opened.values()), { once: true });
  const historyOf = async ({ source }: Venue): Promise<History | null> => {
    const archive = archives.find(({ name }) => name === source) ?? archives[0];
    if (archive === undefined) {
      return (await sources.find(({ name }) => name === source)?.history(signal)) ?? null;
    }
    const known = opened.get(archive.rest) ?? openArchiveHistory(archive.rest);
    opened.set(archive.rest, known);
    return known;
  };
  return new LiveMemory(venues, memoryUs(args), { historyOf, clock, random, log, signal });
}

function closeAll(opened: Iterable<Promise<History>>): void {
  for (const history of opened) {
    history.then((one) => one.close()).catch(() => undefined);
  }
}
