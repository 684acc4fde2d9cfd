/**
 * The L2 book: absolute size by price, best first. Exact and ordered; says nothing about whether it
 * is proven, which is the recorder's business.
 */

import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { Levels } from '../market/events.ts';

export type Side = 'bid' | 'ask';

/** What any L2 book structure offers; `TreeLevelBook` is the plain one. */
export interface LevelBook {
  readonly level: 'L2';
  readonly scale: Scale;
  /** Sets absolute sizes, in order; size 0 deletes, also what is not there (a no-op then). */
  apply(bids: Levels, asks: Levels): void;
  /** `[price, size]` of the best level, or undefined for an empty side. */
  best(side: Side): readonly [ScaledInt, ScaledInt] | undefined;
  /** Flat price, size …, best first; at most `depth` levels. */
  levels(side: Side, depth?: number): ScaledInt[];
  size(side: Side): number;
  /** A consistent copy that later updates do not touch. */
  clone(): LevelBook;
  /** The same book with finer integers. */
  rescaled(scale: Scale): LevelBook;
}
