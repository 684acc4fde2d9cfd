/**
 * The L3 book: every resting order, in a queue per price. Whether the book is proven is the recorder's
 * concern.
 *
 * The effect of each event, by whether the order is in the book (after Coinbase's description of its
 * `full` channel, and what others found out):
 *
 * | event      | order in the book                                   | order not in the book          |
 * |------------|-----------------------------------------------------|--------------------------------|
 * | `received` | contradiction: ids are unique                       | none                           |
 * | `open`     | contradiction: it rests already                     | appended to its price's queue  |
 * | `match`    | maker shrinks and keeps its place, at 0 removed;    | contradiction: the book lacked |
 * |            | contradiction if it is on the other side or smaller | what was traded                |
 * |            | than the fill                                       |                                |
 * | `change`   | smaller: keeps its place; larger, or at another     | none: it never rested, or is   |
 * |            | price: moved to the end of that price's queue;      | removed already                |
 * |            | at 0 removed; without size and price: none          |                                |
 * | `done`     | removed, whatever price and size the event has      | none: it never rested          |
 *
 * A contradiction proves that the book differs from the exchange's, so it must not be used any longer.
 */

import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { BookUpdate, OrderSide, RestingOrder } from '../market/events.ts';
import type { Side } from './level-book.ts';

/**
 * Why an event cannot be applied: the order rests already (`duplicate`), is not in the book
 * (`missing`), is on the other side (`wrong-side`), or is smaller than the fill (`overfilled`).
 */
export type ContradictionKind = 'duplicate' | 'missing' | 'wrong-side' | 'overfilled';

export interface Contradiction {
  readonly kind: ContradictionKind;
  /** For logs and messages. */
  readonly text: string;
}

/** All orders of one price together. */
export interface LevelTotal {
  readonly price: ScaledInt;
  readonly size: ScaledInt;
  /** Number of orders. */
  readonly count: number;
}

/** A price of one side. */
export interface TouchedPrice {
  readonly side: Side;
  readonly price: ScaledInt;
}

/** The port of L3 books. */
export interface OrderBook {
  readonly level: 'L3';
  readonly scale: Scale;
  /**
   * @returns how the event contradicts the book; null if it does not.
   * @throws InvariantError for a diff.
   */
  apply(event: BookUpdate): Contradiction | null;
  /** The prices at which the event applied last may have changed what rests. */
  readonly touched: readonly TouchedPrice[];
  /** `[price, total size]` of the best level; undefined for an empty side. */
  best(side: Side): readonly [ScaledInt, ScaledInt] | undefined;
  /** Best price first, each price in queue order; at most `depth` prices. */
  orders(side: Side, depth?: number): RestingOrder[];
  /** Best first; at most `depth` prices. Totals equal the sums of their orders. */
  totals(side: Side, depth?: number): LevelTotal[];
  /** Of one price; undefined if no order rests there. */
  total(side: Side, price: ScaledInt): LevelTotal | undefined;
  find(orderId: string): (RestingOrder & { readonly side: OrderSide }) | undefined;
  /** Number of prices. */
  size(side: Side): number;
  /** Number of orders on both sides. */
  readonly orderCount: number;
  /** An independent copy. */
  clone(): OrderBook;
  /** The same book at a finer scale. */
  rescaled(scale: Scale): OrderBook;
}
