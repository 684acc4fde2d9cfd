/**
 * The L3 book: every resting order, in a queue per price. Exact and ordered; says nothing about
 * whether it is proven, which is the recorder's business.
 *
 * What each message does, and what it means when the order is not in the book (the exchange's own
 * description of its `full` channel, and what others found out):
 *
 * | message    | order in the book                                  | order not in the book          |
 * |------------|----------------------------------------------------|--------------------------------|
 * | `received` | contradiction: ids are given once                  | nothing                        |
 * | `open`     | contradiction: it rests already                    | joins the end of its queue     |
 * | `match`    | maker shrinks and keeps its place; at 0 it is gone; | contradiction: what traded was |
 * |            | contradiction where it is on the other side or     | not in our book                |
 * |            | smaller than the fill                              |                                |
 * | `change`   | smaller: keeps its place; larger or at another     | nothing: it was never open, or |
 * |            | price: goes to the end of that price's queue;      | is gone already                |
 * |            | at 0 it is gone; without size and price: nothing   |                                |
 * | `done`     | gone, whatever the message says of price and size  | nothing: it never rested       |
 *
 * A contradiction means that this book was not the exchange's, so it must not be used any longer.
 */

import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { OrderEvent, OrderSide, RestingOrder } from '../market/events.ts';
import type { Side } from './level-book.ts';

/** All orders of one price together. */
export interface LevelTotal {
  readonly price: ScaledInt;
  readonly size: ScaledInt;
  /** How many orders. */
  readonly count: number;
}

/** What any L3 book structure offers; `PoolOrderBook` is ours. */
export interface OrderBook {
  readonly level: 'L3';
  readonly scale: Scale;
  /** @returns what contradicts the book, in words for the log; null: nothing does. */
  apply(event: OrderEvent): string | null;
  /** `[price, total size]` of the best level, or undefined for an empty side. */
  best(side: Side): readonly [ScaledInt, ScaledInt] | undefined;
  /** Best price first, each price in queue order; at most `depth` prices. */
  orders(side: Side, depth?: number): RestingOrder[];
  /** Best first; at most `depth` prices. Totals equal the sums of their orders. */
  totals(side: Side, depth?: number): LevelTotal[];
  /** Of one price; undefined where nothing rests there. */
  total(side: Side, price: ScaledInt): LevelTotal | undefined;
  find(orderId: string): (RestingOrder & { readonly side: OrderSide }) | undefined;
  /** Prices. */
  size(side: Side): number;
  /** Orders on both sides. */
  readonly orderCount: number;
  /** A consistent copy that later updates do not touch. */
  clone(): OrderBook;
  /** The same book with finer integers. */
  rescaled(scale: Scale): OrderBook;
}
