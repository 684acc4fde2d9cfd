/**
 * What the reader's streams yield: integers at a scale, times in µs. Encoders (`logger/export`) and the
 * library turn them into text; candles and strategies use them as they are.
 */

import type { Candle } from '../candles/candle.ts';
import type { GapCause, Proof } from '../market/coverage.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type {
  BookPosition,
  Horizon,
  LevelCounts,
  Levels,
  OrderActivated,
  OrderEvent,
  TradeId,
} from '../market/events.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';
import type { BookRows } from './book-rows.ts';

/** The trade, or the last message in what is shown. */
interface MessageTimes {
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

export interface TradeItem extends MessageTimes {
  readonly type: 'trade';
  readonly tradeId: TradeId;
  /** null where the exchange does not number trades with the book. */
  readonly sequence: number | null;
  readonly price: ScaledInt;
  readonly size: ScaledInt;
  /** Side of the taker. */
  readonly side: 'buy' | 'sell';
  readonly scale: Scale;
}

/** The best prices after a message; null on an empty side. */
export interface QuoteItem extends MessageTimes {
  readonly type: 'quote';
  /** null where the feed is not sequenced, here and below. */
  readonly sequence: number | null;
  readonly bidPrice: ScaledInt | null;
  readonly bidSize: ScaledInt | null;
  readonly askPrice: ScaledInt | null;
  readonly askSize: ScaledInt | null;
  readonly scale: Scale;
}

/** The whole proven book by price: at the start of every interval, and at the start of the range. */
export interface ImageItem extends MessageTimes {
  readonly type: 'image';
  readonly sequence: number | null;
  /** See `BookView`. */
  readonly windowed?: true | undefined;
  readonly horizon: Horizon;
  /** Best first. */
  readonly bids: Levels;
  readonly asks: Levels;
  /** The number of orders at each level. Absent: the exchange does not report them. */
  readonly counts?: LevelCounts | undefined;
  readonly scale: Scale;
}

/**
 * One diff as the exchange sent it: levels in its order, phantom deletes included. Of an L3 book: the
 * absolute sizes that a message leaves at the prices it touched.
 */
export interface UpdateItem extends MessageTimes {
  readonly type: 'update';
  readonly firstSequence: number | null;
  readonly sequence: number | null;
  readonly bids: Levels;
  readonly asks: Levels;
  /** The number of orders at each level. Absent: the exchange does not report them. */
  readonly counts?: LevelCounts | undefined;
  readonly scale: Scale;
}

/** A message about one order, as the exchange sent it. */
export interface OrderItem {
  readonly type: 'order';
  readonly event: OrderEvent | OrderActivated;
  readonly scale: Scale;
}

/** A proven book as it is shown for a moment. */
export interface BookView extends BookPosition {
  readonly security: string;
  /** As shown: `L2` also for an L3 book by price. */
  readonly level: BookLevel;
  readonly proof: Proof;
  /** The feed shows a window of the book, which ends at the horizon. */
  readonly windowed?: true | undefined;
  /** The moment it is shown for. */
  readonly atUs: number;
  readonly clock: ClockName;
  /** Views of an unchanged book share this object. */
  readonly rows: BookRows;
}

/** The book at one tick, after the last message at or before it; `atUs` is a multiple of the cadence. */
export interface SnapshotItem extends BookView {
  readonly type: 'snapshot';
  /** 1 at the beginning of the range, and one more behind each gap. */
  readonly segment: number;
  /** What was traded since the tick before, `(at − every, at]`; null: that period touches a gap. */
  readonly flows: Flows | null;
  /** What changed at each price since; null as `flows`. Absent: it was not asked for. */
  readonly features?: LevelFeatures | null;
}

/**
 * What changed between two snapshots: at each price size(now) − size(before) = limit − cancel − market, and
 * price × size is the notional. `exact`: single orders say which it was. `inferred` from levels and trades.
 */
export interface LevelFeatures {
  readonly kind: 'exact' | 'inferred';
  /** For each row of the side; null: its price was not known before. */
  readonly bids: readonly (LevelChange | null)[];
  readonly asks: readonly (LevelChange | null)[];
  /**
   * Prices at which something changed and that have no row: as far as the rows of this tick or the one before
   * reach. Best first.
   */
  readonly others: { readonly bids: readonly OtherChange[]; readonly asks: readonly OtherChange[] };
}

/** Sizes, never negative. */
export interface LevelChange {
  /** Added: orders that were opened, or grew. */
  readonly limit: ScaledInt;
  /** Taken back: orders that were cancelled, or became smaller. */
  readonly cancel: ScaledInt;
  readonly market: ScaledInt;
}

export interface OtherChange extends LevelChange {
  readonly price: ScaledInt;
  /** What is there now. */
  readonly size: ScaledInt;
}

/** Single fills of a period: `upticks` whose taker bought, `downticks` whose taker sold. */
export interface Flows {
  readonly upticks: Flow;
  readonly downticks: Flow;
  readonly notionalExponent: number;
}

export interface Flow {
  /** The sum of price × size. */
  readonly notional: ScaledInt;
  readonly count: number;
}

/** What the trades of an interval of the exchange's time come to. */
export interface CandleItem extends Candle {
  readonly type: 'candle';
  readonly security: string;
  /** What it was made of. */
  readonly source: 'trades';
}

/** A gap between the items before and after it. */
export interface GapItem {
  readonly type: 'gap';
  readonly fromUs: number;
  /** null: not yet closed. */
  readonly toUs: number | null;
  readonly cause: GapCause;
  readonly firstMissing: number | null;
  readonly lastMissing: number | null;
  /** What `firstMissing` and `lastMissing` count. */
  readonly missing: 'sequence' | 'tradeId';
}

/** Everything that an encoder writes. */
export type DataItem =
  TradeItem | QuoteItem | ImageItem | UpdateItem | OrderItem | SnapshotItem | CandleItem;
