/** Puts the reader together over an archive. */

import type { ArchiveReader } from '../archive/archive.ts';
import type { BookContent } from '../book/difference.ts';
import { yieldToEventLoop as yieldToMachine } from '../runtime/yield.ts';
import type { YieldToEventLoop } from '../runtime/yield.ts';
import { bookAt } from './book-at.ts';
import type { ReaderContext } from './context.ts';
import { coverage } from './coverage.ts';
import { exportLines } from './export.ts';
import type { RangeQuery } from '../queries/queries.ts';
import type { Reader, ReaderOptions } from './reader.ts';
import { rebuild } from './rebuild.ts';
import type { Span } from './rebuild.ts';
import { RecordLoader } from './record-loader.ts';
import { snapshots } from './snapshots.ts';
import { diffs, orders, quotes, trades } from './streams.ts';
import { verify } from './verify.ts';

const CACHE_MAX_BYTES = 32 * 1024 * 1024;

/** Rebuilds books for the self-check. Nothing is cached: each record is read once. */
export function createRebuild(
  archive: ArchiveReader,
  yieldToEventLoop: YieldToEventLoop = yieldToMachine,
): (span: Span, signal: AbortSignal) => Promise<BookContent | null> {
  const context = { archive, records: new RecordLoader(0, yieldToEventLoop), yieldToEventLoop };
  return (span, signal) => rebuild(context, span, signal);
}

/** Does not own the archive: closing it stays with the caller. */
export function createReader(archive: ArchiveReader, options: ReaderOptions = {}): Reader {
  const {
    cacheMaxBytes = CACHE_MAX_BYTES,
    yieldToEventLoop = yieldToMachine,
    liveGap,
    hasConsecutiveTradeIds,
  } = options;
  const shared = { archive, yieldToEventLoop, liveGap, hasConsecutiveTradeIds };
  const records = new RecordLoader(cacheMaxBytes, yieldToEventLoop);
  const context: ReaderContext = { ...shared, records };
  // Full scans bypass the cache: they would evict everything else, and `verify` has to read the disk.
  const uncached: ReaderContext = { ...shared, records: new RecordLoader(0, yieldToEventLoop) };
  const within = ({ fromUs, toUs }: RangeQuery): ReaderContext => ({
    ...uncached,
    rangeStartUs: fromUs,
    rangeEndUs: toUs,
  });
  return {
    bookAt: (question) => bookAt(context, question),
    coverage: (question) => coverage(context, question),
    diffs: (question) => diffs(within(question), question),
    trades: (question) => trades(within(question), question),
    quotes: (question) => quotes(within(question), question),
    orders: (question) => orders(within(question), question),
    snapshots: (question) => snapshots(within(question), question),
    exportLines: (question) => exportLines(within(question), question),
    verify: (question) => verify(uncached, question ?? {}),
  };
}
