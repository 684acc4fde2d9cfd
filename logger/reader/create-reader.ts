/** Puts the reader together over an archive. */

import type { ArchiveReader } from '../archive/archive.ts';
import { bookAt } from './book-at.ts';
import type { ReaderContext } from './context.ts';
import { coverage } from './coverage.ts';
import { exportLines } from './export.ts';
import type { Reader, ReaderOptions } from './reader.ts';
import { RecordLoader } from './record-loader.ts';
import { snapshots } from './snapshots.ts';
import { diffs, orders, quotes, trades } from './streams.ts';
import { verify } from './verify.ts';

const CACHE_MAX_BYTES = 32 * 1024 * 1024;

/** Does not own the archive: closing it stays with who opened it. */
export function createReader(archive: ArchiveReader, options: ReaderOptions = {}): Reader {
  const records = new RecordLoader(options.cacheMaxBytes ?? CACHE_MAX_BYTES);
  const context: ReaderContext = { archive, records };
  // Who reads through everything would only drive the rest out; and who verifies wants the disk.
  const uncached: ReaderContext = { archive, records: new RecordLoader(0) };
  return {
    bookAt: (question) => bookAt(context, question),
    coverage: (question) => coverage(context, question),
    diffs: (question) => diffs(uncached, question),
    trades: (question) => trades(uncached, question),
    quotes: (question) => quotes(uncached, question),
    orders: (question) => orders(uncached, question),
    snapshots: (question) => snapshots(uncached, question),
    exportLines: (question) => exportLines(uncached, question),
    verify: (question) => verify(uncached, question ?? {}),
  };
}
