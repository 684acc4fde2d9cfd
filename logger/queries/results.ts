/**
 * Results as people and scripts get them: plain JSON values, prices and sizes as decimal text, sequences
 * as text, times as ISO 8601 in µs. Shared by the manager, the CLI and the library.
 */

import type { Contract } from '../market/contract.ts';
import type { CandleState } from '../candles/candle.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import type { BadReceiveTimeCause } from '../market/bad-receive-times.ts';
import type { GapCause, Proof } from '../market/coverage.ts';
import type { Scale } from '../market/decimal.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';

/**
 * `[price, size]`; `[price, size, count]` where the number of orders is known: of each level whose exchange
 * tells it, and of an L3 book by price.
 */
export type LevelRow = readonly [string, string] | readonly [string, string, number];
/** `[price, size, order id]`; orders of one price are in queue order. */
export type OrderRow = readonly [string, string, string];
export type BookRow = LevelRow | OrderRow;

export interface BookResult {
  readonly security: string;
  readonly level: BookLevel;
  /** The time asked for; by sequence, the book's receive time; of the live book, now. */
  readonly at: string;
  readonly clock: ClockName;
  readonly sequence: string | null;
  readonly exchangeTime: string;
  readonly receiveTime: string;
  readonly state: 'proven';
  readonly proof: Proof;
  /**
   * The feed shows a window: the best levels of each side, down to the horizon. What left it since may be
   * in the market still. Absent: it does not.
   */
  readonly windowed?: true;
  readonly horizon: { readonly bid: string | null; readonly ask: string | null };
  /** Best price first: levels, or orders where `level` is L3. */
  readonly bids: readonly BookRow[];
  readonly asks: readonly BookRow[];
}

/** What was traded in a period; null: a part of it was not recorded. */
export interface FlowResult {
  readonly notional: string | null;
  readonly count: number | null;
}

/** What a snapshot has beside its book. */
export interface SnapshotFlowResult {
  /** 1 at the beginning, and one more behind each gap. */
  readonly segment: number;
  /** Fills whose taker bought, since the snapshot before. */
  readonly upticks: FlowResult;
  /** Fills whose taker sold. */
  readonly downticks: FlowResult;
  readonly flow: 'complete' | 'incomplete';
  /** Null where the flow is incomplete. Absent: they were not asked for. */
  readonly features?: FeaturesResult | null;
}

/** What changed at each price since the snapshot before, as notional: price × size. */
export interface FeaturesResult {
  /** `inferred`: from levels and trades; `exact`: from the messages about orders. */
  readonly kind: 'exact' | 'inferred';
  /** For each row of the book's side; null: its price was not known before. */
  readonly bids: readonly (ChangeResult | null)[];
  readonly asks: readonly (ChangeResult | null)[];
  /** `[price, size, limit, cancel, market]` of prices that have no row. */
  readonly others: {
    readonly bids: readonly OtherChangeResult[];
    readonly asks: readonly OtherChangeResult[];
  };
}

export type ChangeResult = readonly [limit: string, cancel: string, market: string];
export type OtherChangeResult = readonly [price: string, size: string, ...change: ChangeResult];

/** A book of single orders. */
export interface OrderBookResult extends BookResult {
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

/** Returned instead of a book where none is proven for that moment. */
export interface NoBookResult {
  readonly security: string;
  readonly state: 'gap';
  readonly gap: Pick<GapResult, 'from' | 'to' | 'cause'>;
}

export interface IntervalResult {
  readonly from: string;
  readonly to: string;
  /** null where the feed is not sequenced. */
  readonly firstSequence: string | null;
  readonly lastSequence: string | null;
  readonly feed: string;
  readonly proof: Proof;
}

/**
 * An event of one order, in the exchange's words, but for one: the `side` of a match is the taker's, as of
 * every trade. A field that its message lacks is null.
 */
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

/** Books are unaffected, but messages received then are not stamped with the time they arrived. */
export interface BadReceiveTimeResult {
  readonly from: string;
  readonly to: string;
  /** `stall`: the process was stopped. `clock`: the machine's clock was set. */
  readonly cause: BadReceiveTimeCause;
}

/** Named by `from`, its open. Prices are null where there was no trade; times are the exchange's. */
export interface CandleResult {
  readonly security: string;
  readonly timeframe: Timeframe;
  readonly from: string;
  readonly to: string;
  readonly open: string | null;
  readonly high: string | null;
  readonly low: string | null;
  readonly close: string | null;
  readonly volume: string;
  /** The sum of price × size. */
  readonly quoteVolume: string;
  /** The part of the volume whose taker bought. */
  readonly buyVolume: string;
  readonly trades: number;
  readonly firstTradeId: string | null;
  readonly lastTradeId: string | null;
  readonly state: CandleState;
  readonly source: 'trades';
  /** The parts of the interval of which trades may be missing. */
  readonly missing: readonly Pick<GapResult, 'from' | 'to' | 'cause'>[];
}

/** What a fetch of the exchange's own candles has come to; counts are intervals. */
export interface FetchedCandles {
  readonly security: string;
  readonly timeframe: Timeframe;
  readonly from: string;
  readonly to: string;
  /** Stored by this fetch, and stored before. */
  readonly stored: number;
  readonly present: number;
  /** The exchange has none. */
  readonly missing: number;
}

export interface FetchCandlesProgress extends FetchedCandles {
  /** Everything before it is done. */
  readonly at: string;
  /** null: it goes on. */
  readonly wait: { readonly seconds: number; readonly reason: string } | null;
}

export interface FetchCandlesResult extends FetchedCandles {
  /** Where the exchange has none. */
  readonly gaps: readonly { readonly from: string; readonly to: string }[];
}

export interface CoverageResult {
  readonly security: string;
  readonly intervals: readonly IntervalResult[];
  readonly gaps: readonly GapResult[];
  /** In order of time; those of different causes may overlap. Usually empty. */
  readonly badReceiveTimes: readonly BadReceiveTimeResult[];
}

/** What an archive holds of a security: all null or zero where it was added and never had a book. */
export interface HoldingResult {
  readonly security: string;
  /** Of its last book. */
  readonly level: BookLevel | null;
  readonly feed: string;
  /** What a size of its last book counts. Absent: an amount of the traded asset. */
  readonly contract?: Contract;
  /** Its first and its last proven moment. */
  readonly from: string | null;
  readonly to: string | null;
  /** Seconds for which its book is proven. */
  readonly covered: number;
  readonly intervals: number;
  readonly gaps: number;
  readonly storedBytes: number;
}

export interface VerifyResult {
  /** Records read. */
  readonly records: number;
  readonly problems: readonly VerifyProblem[];
}

export interface VerifyProblem {
  readonly security: string;
  /** The record's key: `<kind> <epoch>/<sequence>`. */
  readonly record: string;
  readonly problem: string;
}

export type ExportType = 'trades' | 'quotes' | 'incremental' | 'snapshots' | 'orders' | 'candles';
/** `tardis-csv`: the columns of Tardis' downloadable files, see `export/tardis-csv.ts`. */
export type ExportFormat = 'jsonl' | 'csv' | 'tardis-csv';
/** Files with typed columns, see `files/`. They are written where they are asked for, not in a logger. */
export type ColumnFormat = 'parquet' | 'feather' | 'npz';

/**
 * A piece of an exported file, a gap at this place (jsonl: a line of its own; csv: a comment), or the scale
 * of what follows.
 */
export type ExportPart =
  { readonly bytes: Uint8Array } | { readonly gap: ExportGap } | { readonly scale: Scale };

export interface ExportGap extends GapResult {
  /** What `firstMissing` and `lastMissing` count: book sequences or trade ids. */
  readonly missing: 'sequence' | 'tradeId';
}

export interface VerifyProgress {
  readonly security: string;
  readonly records: number;
  readonly problems: number;
  /** Records when it began, journal parts not counted; null: unknown. */
  readonly total: number | null;
}
