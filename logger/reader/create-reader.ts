/** Puts the reader together over an archive. */

import type { ArchiveReader } from '../archive/archive.ts';
import type { BookContent } from '../book/difference.ts';
import { createEncoder } from '../export/create-encoder.ts';
import { encodeParts } from '../export/parts.ts';
import type { DataItem, GapItem } from '../queries/items.ts';
import type { ExportQuery } from '../queries/queries.ts';
import type { ExportPart } from '../queries/results.ts';
import { DEFAULT_TARDIS_DEPTH, checkExport, validTimeframe } from '../queries/validate.ts';
import { yieldToEventLoop as yieldToMachine } from '../runtime/yield.ts';
import type { YieldToEventLoop } from '../runtime/yield.ts';
import { bookAt } from './book-at.ts';
import { candles, replayTrades } from './candles.ts';
import type { ReaderContext } from './context.ts';
import { coverage } from './coverage.ts';
import { orders } from './orders.ts';
import { bookAtPoint, levels } from './levels.ts';
import { KnownBlocks } from './known-blocks.ts';
import type { Reader, ReaderOptions } from './reader.ts';
import { rebuild } from './rebuild.ts';
import type { Span } from './rebuild.ts';
import { RecordLoader } from './record-loader.ts';
import { snapshots } from './snapshots.ts';
import { topBounds } from './top-bounds.ts';
import { trades } from './trades.ts';
import { quotes, updates } from './updates.ts';
import { verify } from './verify.ts';

/** Enough for queries close to one another. What is kept longer costs each collection of garbage. */
const CACHE_MAX_BYTES = 8 * 1024 * 1024;

/** Rebuilds books for the self-check. Nothing is cached: each record is read once. */
export function createRebuild(
  archive: ArchiveReader,
  yieldToEventLoop: YieldToEventLoop = yieldToMachine,
): (span: Span, signal: AbortSignal) => Promise<BookContent | null> {
  const context = {
    archive,
    records: new RecordLoader(0, yieldToEventLoop),
    known: new KnownBlocks(archive),
    yieldToEventLoop,
  };
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
  const known = new KnownBlocks(archive);
  const shared = { archive, known, yieldToEventLoop, liveGap, hasConsecutiveTradeIds };
  const records = new RecordLoader(cacheMaxBytes, yieldToEventLoop);
  const context: ReaderContext = { ...shared, records };
  // Full scans bypass the cache: they would evict everything else, and `verify` has to read the disk.
  const uncached: ReaderContext = { ...shared, records: new RecordLoader(0, yieldToEventLoop) };
  const reader: Reader = {
    bookAt: (query) => bookAt(context, query),
    coverage: (query) => coverage(context, query),
    verify: (query) => verify(uncached, query ?? {}),
    trades: (query) => trades(uncached, query),
    quotes: (query) => quotes(uncached, query),
    updates: (query) => updates(uncached, query),
    levels: (query) => levels(uncached, query),
    topBounds: (query) => topBounds(uncached, query),
    bookAtPoint: (query) => bookAtPoint(context, query),
    orders: (query) => orders(uncached, query),
    snapshots: (query) => snapshots(uncached, query),
    candles: (query) => candles(uncached, query),
    replayTrades: (security, timeline, range) => replayTrades(uncached, security, timeline, range),
    export: (query, maxPartBytes) => exportFrom(reader, query, maxPartBytes),
  };
  return reader;
}

async function* exportFrom(
  reader: Reader,
  query: ExportQuery,
  maxPartBytes: number | undefined,
): AsyncGenerator<ExportPart> {
  checkExport(query);
  yield* encodeParts(itemsOf(reader, query), createEncoder(query), maxPartBytes, query.hasScales);
}

/** What an export is made of. */
export function itemsOf(reader: Reader, query: ExportQuery): AsyncIterable<DataItem | GapItem> {
  switch (query.type) {
    case 'trades':
      return reader.trades(query);
    case 'quotes':
      return reader.quotes(query);
    case 'incremental':
      return reader.updates(query);
    case 'orders':
      return reader.orders(query);
    case 'candles':
      return reader.candles({ ...query, timeframe: validTimeframe(query.timeframe) });
    case 'snapshots': {
      if (query.format !== 'tardis-csv') return reader.snapshots(query);
      const { depth = DEFAULT_TARDIS_DEPTH } = query;
      return reader.snapshots({ ...query, depth, level: 'L2' });
    }
  }
}
