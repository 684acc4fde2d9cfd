/** The L2 book: absolute size by price. Whether the book is proven is the recorder's concern. */

import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { BookUpdate, LevelCounts, LevelSides, Levels } from '../market/events.ts';

export type Side = 'bid' | 'ask';

/** One side of an L2 book. */
export interface LevelSide {
  /** Number of levels. */
  readonly size: number;
  /** Sets absolute sizes (price, size …), in order; size 0 deletes the level, if there is one. */
  set(levels: Levels): void;
  /** The best level; undefined: the side is empty. */
  best(): readonly [price: ScaledInt, size: ScaledInt] | undefined;
  /** Price, size … of the best `depth` levels, best first. */
  levels(depth: number): ScaledInt[];
  /** An independent copy. */
  clone(): LevelSide;
}

/** The port of L2 books. */
export interface LevelBook {
  readonly level: 'L2';
  readonly scale: Scale;
  /**
   * Applies a diff, which nothing contradicts.
   * @throws InvariantError for an order event.
   */
  apply(update: BookUpdate): null;
  /** Sets absolute sizes, in order; size 0 deletes the level, if there is one. */
  setLevels(bids: Levels, asks: Levels, counts?: LevelCounts): void;
  /**
   * The number of orders at each level is known: its image has them, and every level that was set since
   * came with its own. Once one comes without, the book has none until the next image.
   */
  readonly hasCounts: boolean;
  /** `[price, size]` of the best level; undefined for an empty side. */
  best(side: Side): readonly [ScaledInt, ScaledInt] | undefined;
  /** Flat list of price, size …, best first; at most `depth` levels. */
  levels(side: Side, depth?: number): ScaledInt[];
  /** Both sides as `levels`, with the numbers of orders if they are known. */
  sides(depth?: number): LevelSides;
  /** Number of levels. */
  size(side: Side): number;
  /** An independent copy. */
  clone(): LevelBook;
  /** The same book at a finer scale. */
  rescaled(scale: Scale): LevelBook;
}
