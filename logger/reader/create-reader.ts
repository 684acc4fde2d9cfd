/** Puts the reader together over an archive. */

import type { ArchiveReader } from '../archive/archive.ts';
import type { ShownBook } from '../book/difference.ts';
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

/** For the self-check of who writes the archive. What it reads is of no use to later questions. */
export function createRebuild(
  archive: ArchiveReader,
): (span: Span, signal: AbortSignal) => Promise<ShownBook | null> {
  const context = { archive, records: new RecordLoader(0) };
  return (span, signal) => rebuild(context, span, signal);
}

/** Does not own the archive: closing it stays with who opened it. */
export function createReader(archive: ArchiveReader, options: ReaderOptions = {}): Reader {
  const records = new RecordLoader(options.cacheMaxBytes ?? CACHE_MAX_BYTES);
  const { liveGap, hasConsecutiveTradeIds } = options;
  const context: ReaderContext = { archive, records, liveGap, hasConsecutiveTradeIds };
  // Who reads through everything would only drive the rest out; and who verifies wants the disk.
  const uncached: ReaderContext = {
    archive,
    records: new RecordLoader(0),
    liveGap,
    hasConsecutiveTradeIds,
  };
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
