/** `--strategy NAME --mode post-mortem`: what came of it, from the records of its runs and from archives. */

import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ArchiveReader } from '../../../logger/archive/archive.ts';
import { isMongoUri } from '../../../logger/archive/mongodb/location.ts';
import { openArchiveReader } from '../../../logger/open-archive.ts';
import { text } from '../../../manager-cli/arguments.ts';
import { CliError, EXIT, cliErrorOf, usageError } from '../../../manager-cli/exit-codes.ts';
import type { ExitCode } from '../../../manager-cli/exit-codes.ts';
import { bar, progressLine } from '../../../manager-cli/progress.ts';
import { parseTimeUs } from '../../../logger/market/time.ts';
import { loadFees } from '../../fees/load-fees.ts';
import { ArchiveVenues } from '../../post-mortem/archive/archive-venues.ts';
import { pageOf } from '../../post-mortem/page/page.ts';
import { postMortem } from '../../post-mortem/post-mortem.ts';
import type { PostMortemOptions } from '../../post-mortem/post-mortem.ts';
import type { PostMortem } from '../../post-mortem/report.ts';
import { SearchThreads } from '../../post-mortem/search-threads.ts';
import type { SearchedArchives } from '../../post-mortem/search-threads.ts';
import { textOf } from '../../post-mortem/text.ts';
import { TopsCache } from '../../post-mortem/tops/tops-cache.ts';
import { DEFAULT_STORE, openRecordStore } from '../../records/open-store.ts';
import type { StrategyDefinition } from '../../strategy/strategy.ts';
import type { PipeSession } from '../command.ts';
import { namedTexts } from '../options.ts';

/** What of a strategy's records can be made again. */
const STRATEGIES: readonly string[] = ['arbitrage'];
/** Messages of a day may still be on their way to the archive when it ends. */
const SETTLED_US = 600_000_000;

export async function runPostMortem(
  session: PipeSession,
  { name }: StrategyDefinition,
): Promise<ExitCode> {
  const { args, out } = session;
  if (!STRATEGIES.includes(name)) {
    throw usageError(`--mode: only ${STRATEGIES.join(', ')} has a post-mortem`);
  }
  const given = namedTexts(args, 'archive');
  if (given.length === 0) {
    throw usageError('--archive is missing: where what happened was recorded');
  }
  const options = optionsOf(session, name);
  const locations = given.map(
    ({ name: source, rest }) => [source ?? basename(rest), rest] as const,
  );
  const archives = new Map<string, ArchiveReader>();
  try {
    for (const [source, location] of locations) {
      archives.set(source, await openArchiveReader(location));
    }
    const report = await reportOf(session, { archives, locations }, options);
    const path = text(args, 'report');
    if (path !== undefined) await writePage(path, pageOf(report));
    if (out.isJson) await out.write(`${JSON.stringify(report)}\n`);
    else for (const line of textOf(report)) await out.write(`${line}\n`);
    return report.recomputation.different > 0 ? EXIT.failed : EXIT.done;
  } catch (error) {
    throw cliErrorOf(error);
  } finally {
    for (const archive of archives.values()) await archive.close();
  }
}

function optionsOf({ args }: PipeSession, strategy: string): PostMortemOptions {
  const time = (name: string): number | null => {
    const value = text(args, name);
    try {
      return value === undefined ? null : parseTimeUs(value, `--${name}`);
    } catch (error) {
      throw cliErrorOf(error);
    }
  };
  const [fromUs, toUs] = [time('from'), time('to')];
  if (fromUs !== null && toUs !== null && fromUs >= toUs) {
    throw usageError('--to has to be later than --from');
  }
  const fees = text(args, 'fees');
  return {
    strategy,
    fromUs,
    toUs,
    other: fees === undefined ? null : loadFees(fees),
    venues: [],
  };
}

async function reportOf(
  session: PipeSession,
  {
    archives,
    locations,
  }: {
    readonly archives: ReadonlyMap<string, ArchiveReader>;
    readonly locations: SearchedArchives['archives'];
  },
  options: PostMortemOptions,
): Promise<PostMortem> {
  const { args, clock, io } = session;
  const location = text(args, 'store') ?? DEFAULT_STORE;
  const store = await openRecordStore(location, 'read', clock);
  const past = new ArchiveVenues(archives);
  const topsDirectory = isMongoUri(location) ? null : join(location, 'tops');
  const closedUs = clock.nowUs() - SETTLED_US;
  const threads = new SearchThreads({ archives: locations, topsDirectory, closedUs });
  const progress = progressLine(io);
  try {
    const report = await postMortem(
      {
        past,
        store,
        tops: new TopsCache(past, topsDirectory, closedUs),
        threads,
        onProgress: (stage, done, total) => {
          session.signal.throwIfAborted();
          progress.show(() => `${bar(done, total)} ${stage}: ${done} of ${total}`);
        },
      },
      options,
    );
    if (report !== null) return report;
    throw new CliError(EXIT.notRecorded, `${options.strategy} has left no record in ${location}`);
  } finally {
    progress.clear();
    await threads.close();
    await past.close();
    await store.close();
  }
}

/** Readers see the old page or the new one. */
async function writePage(path: string, page: string): Promise<void> {
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, page);
  await rename(unfinished, path);
}
