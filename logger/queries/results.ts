/**
 * The answers in the shape in which people and scripts get them: plain JSON values, prices and
 * sizes as decimal text, sequences as text, times as ISO 8601 in µs. The manager, the CLI and the
 * library all speak these; nobody formats twice.
 */

import type { BadReceiveTimeCause } from '../market/bad-receive-times.ts';
import type { GapCause, Proof } from '../market/coverage.ts';
import type { TradeId } from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';

/** `[price, size]`; `[price, size, count]` of a level that is made of orders. */
export type LevelRow = readonly [string, string] | readonly [string, string, number];
/** `[price, size, order id]`; orders of one price stand in queue order. */
export type OrderRow = readonly [string, string, string];
export type BookRow = LevelRow | OrderRow;

export interface BookResult {
  readonly security: string;
  readonly level: BookLevel;
  /** The time asked for; at a sequence the book's receive time, for the book now this moment. */
  readonly at: string;
  readonly clock: ClockName;
  readonly sequence: string | null;
  readonly exchangeTime: string;
  readonly receiveTime: string;
  readonly state: 'proven';
  readonly proof: Proof;
  readonly horizon: { readonly bid: string | null; readonly ask: string | null };
  /** Best price first: levels, or orders where `level` is L3. */
  readonly bids: readonly BookRow[];
  readonly asks: readonly BookRow[];
}

/** A book of single orders. */
export interface OrderBookAnswer extends BookResult {
  readonly level: 'L3';
  readonly bids: readonly OrderRow[];
  readonly asks: readonly OrderRow[];
}

export interface GapResult {
  readonly from: string;
  /** null: not yet closed. */
  readonly to: string | null;
  readonly cause: GapCause;
  readonly firstMissing: string | null;
  readonly lastMissing: string | null;
}

/** Instead of a book, where there is none for that moment. */
export interface NoBookResult {
  readonly security: string;
  readonly state: 'gap';
  readonly gap: Pick<GapResult, 'from' | 'to' | 'cause'>;
}

export interface IntervalResult {
  readonly from: string;
  readonly to: string;
  /** null where the exchange numbers nothing. */
  readonly firstSequence: string | null;
  readonly lastSequence: string | null;
  readonly feed: string;
  readonly proof: Proof;
}

/** What happened to one order, in the exchange's words; a field that its message lacks is null. */
export interface OrderEventResult {
  /** null: the message has none. */
  readonly sequence: string | null;
  readonly exchangeTime: string;
  readonly receiveTime: string;
  readonly type: 'received' | 'open' | 'match' | 'change' | 'done' | 'activate';
  readonly side: 'buy' | 'sell';
  /** `orderId`, `price`, `remainingSize` …: see `OrderEvent` in market/events.ts. */
  readonly [field: string]: string | null;
}

/** Books hold, but the receive times of what came in then are not those of its arrival. */
export interface BadReceiveTimeResult {
  readonly from: string;
  readonly to: string;
  /** `stall`: the logger stood still. `clock`: its machine's clock was set. */
  readonly cause: BadReceiveTimeCause;
}

export interface CoverageResult {
  readonly security: string;
  readonly intervals: readonly IntervalResult[];
  readonly gaps: readonly GapResult[];
  /** In order of time; those of different causes may overlap. Mostly empty. */
  readonly badReceiveTimes: readonly BadReceiveTimeResult[];
}

export interface VerifyResult {
  /** How many records were read. */
  readonly records: number;
  readonly problems: readonly VerifyProblem[];
}

export interface VerifyProblem {
  readonly security: string;
  /** The record's key: `<kind> <epoch>/<sequence>`. */
  readonly record: string;
  readonly problem: string;
}

export type ExportType = 'trades' | 'quotes' | 'incremental' | 'snapshots' | 'orders';
/** `tardis-csv`: the columns of Tardis' downloadable files. */
export type ExportFormat = 'jsonl' | 'csv' | 'tardis-csv';

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
  readonly tradeId: TradeId;
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

export interface VerifyProgress {
  readonly security: string;
  readonly records: number;
  readonly problems: number;
  /** How many records there were at the start, pieces of open blocks left out; null: unknown. */
  readonly total: number | null;
}
