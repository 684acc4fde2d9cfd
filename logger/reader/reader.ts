/**
 * The reader: the only way back from records to books. Everything that answers a query about the
 * past (manager, CLI, library, tests) asks one of these. It claims only time inside an unbroken
 * segment of records that starts at a base image, and never answers with a book across a gap.
 */

import type { OpenGap } from '../archive/archive.ts';
import type { YieldToEventLoop } from '../runtime/yield.ts';
import type {
  BookQuery,
  CoverageQuery,
  ExportQuery,
  RangeQuery,
  SnapshotsQuery,
  VerifyQuery,
} from '../queries/queries.ts';
import type {
  BookResult,
  CoverageResult,
  DiffItem,
  ExportLine,
  GapItem,
  ImageItem,
  NoBookResult,
  OrderItem,
  QuoteItem,
  SnapshotItem,
  TradeItem,
  VerifyResult,
} from '../queries/results.ts';

export interface ReaderOptions {
  /** Bytes of decoded images and blocks kept for the next question. Default 32 MiB. */
  readonly cacheMaxBytes?: number;
  /** Default: the machine's event loop. */
  readonly yieldToEventLoop?: YieldToEventLoop;
  /**
   * In a running logger: the hole after the last segment as its recorder knows it. While a connection is
   * away nothing is recorded of that, as it may yet turn out that nothing was missed.
   */
  readonly liveGap?: (security: string) => OpenGap | null;
  /**
   * Whether an exchange numbers the trades of a symbol 1, 2, 3 …, so that a jump in the ids is a loss.
   * Without it none is taken to do so, and every gap of the book may have cost trades.
   */
  readonly hasConsecutiveTradeIds?: (exchange: string) => boolean;
}

/** All methods @throws UnknownSecurityError for a security the archive has never heard of. */
export interface Reader {
  bookAt(question: BookQuery): Promise<BookResult | NoBookResult>;
  coverage(question: CoverageQuery): Promise<CoverageResult>;
  /** Images and diffs in order, with gaps on the way. */
  diffs(question: RangeQuery): AsyncIterableIterator<ImageItem | DiffItem | GapItem>;
  trades(question: RangeQuery): AsyncIterableIterator<TradeItem | GapItem>;
  quotes(question: RangeQuery): AsyncIterableIterator<QuoteItem | GapItem>;
  /** Every message about an order. @throws InvalidArgumentError on reaching a book without orders. */
  orders(question: RangeQuery): AsyncIterableIterator<OrderItem | GapItem>;
  /** The book at every tick of a cadence that lies inside what is covered. One pass, no look-up a tick. */
  snapshots(question: SnapshotsQuery): AsyncIterableIterator<SnapshotItem | GapItem>;
  exportLines(question: ExportQuery): AsyncIterableIterator<ExportLine>;
  verify(question?: VerifyQuery): Promise<VerifyResult>;
}
