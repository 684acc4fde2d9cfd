/**
 * What an exchange says about a security, in the field's words and exact integers. Adapters turn
 * frames into these; recorder, codec and reader know nothing else of the wire.
 */

import type { Scale, ScaledInt } from './decimal.ts';

/**
 * Price levels of one side, flat: price, size, price, size … in the order that the exchange sent
 * them. A size is the new absolute amount; 0 deletes (also a level that was never there: a phantom
 * delete, which is kept).
 */
export type Levels = readonly ScaledInt[];

/**
 * The number of orders at each level of a diff or a book, in the order of its levels: one for each, 0 where
 * the size is 0. Absent where the exchange does not report them; both sides have them or none.
 */
export interface LevelCounts {
  readonly bids: readonly number[];
  readonly asks: readonly number[];
}

/** Sequences and times of a message that moves a book from one sequence to the next. */
export interface UpdateHead {
  /**
   * The sequences that it covers (Binance `U` and `u`; Coinbase `full`: its one `sequence`, twice).
   * On feeds without sequence numbers these count our received messages: they order the records of
   * a segment and appear in no result.
   */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** The exchange's event time. */
  readonly exchangeTimeUs: number;
  /** Our clock when the frame arrived, before anything else touched it. */
  readonly receiveTimeUs: number;
}

/** How an exchange names a trade: a number, or text that only identifies trades. */
export type TradeId = number | string;

/** Ordered changes of an L2 book. */
export interface Diff extends UpdateHead {
  readonly type: 'diff';
  readonly bids: Levels;
  readonly asks: Levels;
  readonly counts?: LevelCounts;
}

/** Side of an order in the book, in the exchange's words. */
export type OrderSide = 'buy' | 'sell';

/**
 * What happened to one order of an L3 book. The fields are the exchange's; a field that a message
 * lacks is null. Order ids are kept as the exchange prints them. Funds are plain decimal text
 * without trailing zeros: they are money, and share no scale with prices or sizes.
 */
export type OrderEvent = OrderReceived | OrderOpened | OrderMatched | OrderChanged | OrderDone;

/** The engine took the order in. It is not in the book yet, and may never be. */
export interface OrderReceived extends UpdateHead {
  readonly type: 'received';
  readonly orderId: string;
  readonly side: OrderSide;
  /** `limit`, `market` … */
  readonly orderType: string | null;
  /** Market orders have none. */
  readonly price: ScaledInt | null;
  /** The whole size of the order; a market order may have funds instead. */
  readonly size: ScaledInt | null;
  readonly funds: string | null;
  readonly clientOrderId: string | null;
}

/** The order, or what is left of it, rests in the book now, at the end of its price's queue. */
export interface OrderOpened extends UpdateHead {
  readonly type: 'open';
  readonly orderId: string;
  readonly side: OrderSide;
  readonly price: ScaledInt;
  readonly remainingSize: ScaledInt;
}

/** A fill: the maker's remaining size falls by `size`. */
export interface OrderMatched extends UpdateHead {
  readonly type: 'match';
  readonly tradeId: TradeId;
  readonly makerOrderId: string;
  readonly takerOrderId: string;
  /** The side of the **maker**, as the exchange says it; the aggressor is the other one. */
  readonly side: OrderSide;
  readonly price: ScaledInt;
  readonly size: ScaledInt;
}

/** Size or price of an order changed; of one that does not rest in the book, too. */
export interface OrderChanged extends UpdateHead {
  readonly type: 'change';
  readonly orderId: string;
  readonly side: OrderSide;
  /** `STP`, `modify_order` …; older messages have none. */
  readonly reason: string | null;
  /** The price at which the order stays. */
  readonly price: ScaledInt | null;
  /** The prices between which it moves. */
  readonly oldPrice: ScaledInt | null;
  readonly newPrice: ScaledInt | null;
  readonly oldSize: ScaledInt | null;
  readonly newSize: ScaledInt | null;
  readonly oldFunds: string | null;
  readonly newFunds: string | null;
}

/** The order's life ends; whatever of it rested in the book is gone. */
export interface OrderDone extends UpdateHead {
  readonly type: 'done';
  readonly orderId: string;
  readonly side: OrderSide;
  /** `filled`, `canceled` … */
  readonly reason: string;
  readonly orderType: string | null;
  readonly price: ScaledInt | null;
  /** What was not filled. */
  readonly remainingSize: ScaledInt | null;
}

/** A stop order was parked or woken. Not numbered, and without effect on the book. */
export interface OrderActivated {
  readonly type: 'activate';
  readonly orderId: string;
  readonly side: OrderSide;
  readonly stopType: string | null;
  readonly stopPrice: ScaledInt | null;
  readonly size: ScaledInt | null;
  readonly funds: string | null;
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

/** One fill. */
export interface Trade {
  readonly type: 'trade';
  readonly tradeId: TradeId;
  /** The book sequence of the fill, where the exchange numbers trades with the book; else null. */
  readonly sequence: number | null;
  /** When the fill happened at the exchange (Binance `T`). */
  readonly exchangeTimeUs: number;
  /** When the exchange sent the message (Binance `E`). */
  readonly eventTimeUs: number;
  readonly receiveTimeUs: number;
  readonly price: ScaledInt;
  readonly size: ScaledInt;
  /** The aggressor: side of the taker. */
  readonly side: 'buy' | 'sell';
}

/** What changes a book. */
export type BookUpdate = Diff | OrderEvent;
/** What is recorded beside it: it needs no proof and does not move the sequence. */
export type SideEvent = Trade | OrderActivated;
export type MarketEvent = BookUpdate | SideEvent;

export function isBookUpdate(event: MarketEvent): event is BookUpdate {
  return event.type !== 'trade' && event.type !== 'activate';
}

/** An order that rests in the book. */
export interface RestingOrder {
  readonly orderId: string;
  readonly price: ScaledInt;
  /** What is left of it; never 0. */
  readonly size: ScaledInt;
}

/** Both sides of a book, whole, as levels or as orders. */
export type BookSides = LevelSides | OrderSides;

export interface LevelSides {
  readonly level: 'L2';
  /** Best first, sizes never 0. */
  readonly bids: Levels;
  readonly asks: Levels;
  readonly counts?: LevelCounts;
}

export interface OrderSides {
  readonly level: 'L3';
  /** Best price first; orders of one price in queue order. */
  readonly bids: readonly RestingOrder[];
  readonly asks: readonly RestingOrder[];
}

interface SnapshotHead {
  readonly sequence: number;
  readonly receiveTimeUs: number;
  /** null where the exchange does not say; the message that bridges it does. */
  readonly exchangeTimeUs: number | null;
  readonly scale: Scale;
  readonly horizon: Horizon;
  /** Levels a side that were asked for; absent: all. */
  readonly depth?: number;
}

/** The exchange's own answer about a book, not yet proven by a step that bridges it. */
export type BookSnapshot = SnapshotHead & BookSides;

/**
 * The worst price per side up to which a book is known to be complete: the edge of the snapshot it
 * grew from. null: the whole side is known.
 */
export interface Horizon {
  readonly bid: ScaledInt | null;
  readonly ask: ScaledInt | null;
}

export const NO_HORIZON: Horizon = Object.freeze({ bid: null, ask: null });

/** A book's position: everything but its sides. */
export interface BookPosition {
  readonly sequence: number;
  /** Exchange and receive time of the last message in it. */
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly scale: Scale;
  readonly horizon: Horizon;
}

/** A proven book at one sequence, as it is stored. */
export type BookImage = LevelImage | OrderImage;
export type LevelImage = BookPosition & LevelSides;
export type OrderImage = BookPosition & OrderSides;

export const EMPTY_LEVELS: Levels = Object.freeze([]);
