/**
 * The reader: the only way back from records to books. Everything that answers a question about
 * the past (manager, CLI, library, tests) asks one of these. It claims only time inside an unbroken
 * segment of records that starts at a base image; whatever else is stored or missing, it never
 * answers with a book across a hole.
 */

import type { OpenGap, Position } from '../archive/archive.ts';
import type { GapCause } from '../market/coverage.ts';
import type { ClockName } from '../market/time.ts';
import type {
  BookResult,
  CoverageResult,
  ExportFormat,
  ExportType,
  GapResult,
  LevelRow,
  NoBookResult,
  OrderEventResult,
  VerifyResult,
} from '../queries/results.ts';

export interface BookQuery {
  readonly security: string;
  /** Absent: the last proven book that the archive holds. */
  readonly position?: Position | undefined;
  /** Prices per side, with all of their orders; absent: all. */
  readonly depth?: number | undefined;
  /** `L2`: an L3 book by price. Absent: as it was recorded. */
  readonly level?: 'L2' | undefined;
}

export interface CoverageQuery {
  readonly security: string;
  /** Only what touches this stretch of receive time; nothing is cut at its ends. */
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

/** A stretch of a security's history: `fromUs <= t < toUs` on `clock`; absent ends are open. */
export interface RangeQuery {
  readonly security: string;
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  /** Default `receive`. */
  readonly clock?: ClockName | undefined;
}

export interface SnapshotsQuery extends RangeQuery {
  /** The cadence: a whole number of µs from 1 to a day. Default a second. */
  readonly everyUs?: number | undefined;
  /** Prices per side, with all of their orders; absent: all. */
  readonly depth?: number | undefined;
  /** `L2`: an L3 book by price. Absent: as it was recorded. */
  readonly level?: 'L2' | undefined;
}

/** What `SnapshotsQuery` adds to a range is for snapshots alone. */
export interface ExportQuery extends SnapshotsQuery {
  readonly type: ExportType;
  readonly format: ExportFormat;
}

/** One line without its line end, or a gap on the way (jsonl prints it, csv tells it on stderr). */
export type ExportLine = { readonly text: string } | { readonly gap: ExportGap };

/** `missing` says what `firstMissing` and `lastMissing` count: book sequences or trade ids. */
export interface ExportGap extends GapResult {
  readonly missing: 'sequence' | 'tradeId';
}

export interface GapItem {
  readonly type: 'gap';
  readonly fromUs: number;
  /** null: not yet closed. */
  readonly toUs: number | null;
  readonly cause: GapCause;
  readonly firstMissing: number | null;
  readonly lastMissing: number | null;
  readonly missing: 'sequence' | 'tradeId';
}

/** The whole proven book: at the start of every interval, and at the start of the range. */
export interface ImageItem {
  readonly type: 'image';
  /** null where the exchange numbers nothing. */
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly horizon: { readonly bid: string | null; readonly ask: string | null };
  /** Exact decimals, best first. */
  readonly bids: readonly LevelRow[];
  readonly asks: readonly LevelRow[];
}

/**
 * One diff as the exchange sent it: levels in its order, phantom deletes and all. Of an L3 book: what a
 * message left of the prices that it touched, which is nothing for most.
 */
export interface DiffItem {
  readonly type: 'diff';
  readonly firstSequence: number | null;
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly bids: readonly LevelRow[];
  readonly asks: readonly LevelRow[];
}

export interface TradeItem {
  readonly type: 'trade';
  readonly tradeId: number;
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly price: string;
  readonly size: string;
  /** Side of the taker. */
  readonly side: 'buy' | 'sell';
}

/** The best prices after a message; null on an empty side. */
export interface QuoteItem {
  readonly type: 'quote';
  readonly sequence: number | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly bidPrice: string | null;
  readonly bidSize: string | null;
  readonly askPrice: string | null;
  readonly askSize: string | null;
}

/** The book at one tick: after the last message at or before it. */
export interface SnapshotItem {
  readonly type: 'snapshot';
  /** The tick, on the clock that was asked for: a whole multiple of the cadence. */
  readonly atUs: number;
  /** Of that last message. */
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  /** What `bookAt` answers for the tick. */
  readonly book: BookResult;
}

/** A message about one order, as the exchange sent it; amounts as exact decimals. */
export interface OrderItem {
  readonly type: 'order';
  readonly event: OrderEventResult;
}

export interface VerifyQuery {
  /** Absent: every security. */
  readonly security?: string | undefined;
  /** Called after every record. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VerifyProgress {
  readonly security: string;
  readonly records: number;
  readonly problems: number;
  /** How many records there were at the start, pieces of open blocks left out; null: unknown. */
  readonly total: number | null;
}

export interface ReaderOptions {
  /** Bytes of decoded images and blocks kept for the next question. Default 32 MiB. */
  readonly cacheMaxBytes?: number;
  /**
   * In a running logger: the hole after the last segment as its recorder knows it. While a connection is
   * away nothing is recorded of that, as it may yet turn out that nothing was missed.
   */
  readonly liveGap?: (security: string) => OpenGap | null;
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
