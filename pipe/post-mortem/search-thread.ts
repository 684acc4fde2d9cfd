/** The thread behind `search-threads.ts`: a day searched for each message. */

import { parentPort, workerData } from 'node:worker_threads';
import type { ArchiveReader } from '../../logger/archive/archive.ts';
import { openArchiveReader } from '../../logger/open-archive.ts';
import { ArchiveVenues } from './archive/archive-venues.ts';
import { searchDay } from './search-day.ts';
import type { SearchRequest, SearchedArchives } from './search-threads.ts';
import { TopsCache } from './tops/tops-cache.ts';

const { archives, topsDirectory, closedUs } = workerData as SearchedArchives;
const opened = new Map<string, ArchiveReader>();
for (const [source, location] of archives) opened.set(source, await openArchiveReader(location));
const past = new ArchiveVenues(opened);
const tops = new TopsCache(past, topsDirectory, closedUs);

parentPort?.on('message', ({ options, day }: SearchRequest) => {
  // A rejection ends the thread, and the search with it.
  void searchDay({ past, tops }, options, day).then((found) => parentPort?.postMessage(found));
});
