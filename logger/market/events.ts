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

/** Ordered changes of an L2 book from one sequence to the next. */
export interface Diff {
  readonly type: 'diff';
  /** First and last update id that the diff covers (Binance `U` and `u`). */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** The exchange's event time. */
  readonly exchangeTimeUs: number;
  /** Our clock when the frame arrived, before anything else touched it. */
  readonly receiveTimeUs: number;
  readonly bids: Levels;
  readonly asks: Levels;
}

/** One fill. */
export interface Trade {
  readonly type: 'trade';
  readonly tradeId: number;
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

export type MarketEvent = Diff | Trade;

/** The exchange's own full answer about a book, not yet proven by a diff that bridges it. */
export interface BookSnapshot {
  readonly sequence: number;
  readonly receiveTimeUs: number;
  readonly scale: Scale;
  /** Best first. */
  readonly bids: Levels;
  readonly asks: Levels;
  readonly horizon: Horizon;
}

/**
 * The worst price per side up to which a book is known to be complete: the edge of the snapshot it
 * grew from. null: the whole side is known.
 */
export interface Horizon {
  readonly bid: ScaledInt | null;
  readonly ask: ScaledInt | null;
}

/** A proven L2 book at one sequence, as it is stored. */
export interface BookImage {
  readonly sequence: number;
  /** Exchange and receive time of the last message in it. */
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
  readonly scale: Scale;
  readonly horizon: Horizon;
  /** Best first, sizes never 0. */
  readonly bids: Levels;
  readonly asks: Levels;
}

export const EMPTY_LEVELS: Levels = Object.freeze([]);
