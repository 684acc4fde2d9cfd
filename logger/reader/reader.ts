/**
 * The reader: the only way back from records to books. Everything that answers a query about the
 * past (manager, CLI, library, tests) asks one of these. It claims only time inside an unbroken
 * segment of records that starts at a base image, and never answers with a book across a gap.
 */

import type { OpenGap } from '../archive/archive.ts';
import type { TradeTimeline } from '../candles/trade-timeline.ts';
import type { LevelImageEvent, StoredLevelEvent } from '../market/level-events.ts';
import type {
  CandleItem,
  GapItem,
  ImageItem,
  OrderItem,
  QuoteItem,
  SnapshotItem,
  TradeItem,
  UpdateItem,
} from '../queries/items.ts';
import type {
  BookQuery,
  CandlesQuery,
  CoverageQuery,
  ExportQuery,
  LevelsQuery,
  PointQuery,
  RangeQuery,
  SnapshotsQuery,
  TopBoundsQuery,
  VerifyQuery,
} from '../queries/queries.ts';
import type {
  BookResult,
  CoverageResult,
  ExportPart,
  NoBookResult,
  VerifyResult,
} from '../queries/results.ts';
import type { YieldToEventLoop } from '../runtime/yield.ts';
import type { ReplayedTrades } from './candles.ts';
import type { TopSpan } from './top-bounds.ts';

export interface ReaderOptions {
  /** Bytes of decoded images and blocks kept for the next query. Default 8 MiB. */
  readonly cacheMaxBytes?: number;
  /** Default: the machine's event loop. */
  readonly yieldToEventLoop?: YieldToEventLoop;
  /**
   * In a running logger: the recorder's view of a gap that is not stored yet. While a connection is down
   * nothing is stored about it, because it may turn out that nothing was missed.
   */
  readonly liveGap?: (security: string) => OpenGap | null;
  /**
   * Whether an exchange numbers the trades of a symbol 1, 2, 3 …, so that a jump in the ids is a loss.
   * Default: none does, and every gap in the book is one in the trades.
   */
  readonly hasConsecutiveTradeIds?: (exchange: string) => boolean;
}

/** All methods @throws UnknownSecurityError for a security of which the archive has no trace. */
export interface Reader {
  bookAt(query: BookQuery): Promise<BookResult | NoBookResult>;
  coverage(query: CoverageQuery): Promise<CoverageResult>;
  verify(query?: VerifyQuery): Promise<VerifyResult>;

  // Lazy streams of integers at a scale, in order, with the gaps between. A slow consumer makes the archive
  // be read slowly.
  trades(query: RangeQuery): AsyncIterableIterator<TradeItem | GapItem>;
  quotes(query: RangeQuery): AsyncIterableIterator<QuoteItem | GapItem>;
  /** With the images and updates, the book at every moment of the range can be rebuilt. */
  updates(query: RangeQuery): AsyncIterableIterator<ImageItem | UpdateItem | GapItem>;
  /** The same with places in the recording, so that each book of it can be asked for: as live. */
  levels(query: LevelsQuery): AsyncIterableIterator<StoredLevelEvent | GapItem>;
  /** What headers say of the best prices that `levels` would show: no body is read. */
  topBounds(query: TopBoundsQuery): AsyncIterableIterator<TopSpan>;
  /** The book at a point of `levels`, or of the live feed; null: the records do not lead there any more. */
  bookAtPoint(query: PointQuery): Promise<LevelImageEvent | null>;
  /** Every message about an order. @throws InvalidArgumentError if all was recorded by price. */
  orders(query: RangeQuery): AsyncIterableIterator<OrderItem | GapItem>;
  /** The book at every tick of a cadence inside what is covered: one pass, no look-up per tick. */
  snapshots(query: SnapshotsQuery): AsyncIterableIterator<SnapshotItem | GapItem>;
  /** The candles of the trades, with a gap where none of an interval was recorded. */
  candles(query: CandlesQuery): AsyncIterableIterator<CandleItem | GapItem>;
  /** Plays stored trades into a timeline, and yields after each record. */
  replayTrades(
    security: string,
    timeline: TradeTimeline,
    range: ReplayedTrades,
  ): AsyncIterableIterator<void>;

  /**
   * A stream as the bytes of a file. Whole lines per part, as far as they fit.
   * @param maxPartBytes default 64 KiB.
   */
  export(query: ExportQuery, maxPartBytes?: number): AsyncIterableIterator<ExportPart>;
}
