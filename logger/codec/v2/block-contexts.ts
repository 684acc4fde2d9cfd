/** The contexts of `block/2`: of each decision, the circumstances that it is learnt by. */

import { Contexts } from './coder.ts';
import { NEAR_CONTEXTS, numberContexts } from './numbers.ts';
import { INDEX_CONTEXTS, takeSizeContexts } from './sizes.ts';
import { ID_CONTEXTS } from './ids.ts';
import { PLACE_CONTEXTS } from './place.ts';

const all = new Contexts();

export const COUNT_DIGITS = 2;
export const COUNT_CONTEXTS = numberContexts(COUNT_DIGITS);
/** Lengths of numbers that serve as circumstances end here. */
export const COUNT_LENGTHS = 16;
/** Depths in the book: see `depthOf`. */
export const DEPTHS = 4;
export const FINE_DEPTHS = 8;
export const OPERATIONS = 5;
export const GAPS = 16;
export const AGES = 8;
export const MAX_SKIP_LENGTH = 23;
export const SKIP_DIGITS = 2;

export const AT = {
  /** By whether a trade came before. */
  isTrade: all.take(2),

  // Diffs.
  diffTime: all.take(NEAR_CONTEXTS),
  diffLatency: all.take(NEAR_CONTEXTS),
  /** By the length of the last number of bids; of this one. */
  bidCount: all.take(COUNT_LENGTHS * COUNT_CONTEXTS),
  askCount: all.take(COUNT_LENGTHS * COUNT_CONTEXTS),
  firstSequence: all.take(NEAR_CONTEXTS),
  /** By the length of the number of changes. */
  sequenceSpan: all.take(COUNT_LENGTHS * NEAR_CONTEXTS),

  // Level changes.
  isSorted: all.take(1),
  isInOrder: all.take(1),
  outOfOrder: all.take(4),
  anchor: all.take(NEAR_CONTEXTS),
  /** By last operation and depth. */
  skipLength: all.take(OPERATIONS * DEPTHS * (MAX_SKIP_LENGTH + 1)),
  /** By the length of the skip. */
  skipDigits: all.take((MAX_SKIP_LENGTH + 1) << SKIP_DIGITS),
  /** By the gap in front of the next level, its age, and depth. */
  isNew: all.take(GAPS * AGES * DEPTHS),
  /** By last operation and depth. */
  isInsert: all.take(OPERATIONS * DEPTHS),
  /** By last operation, the level's age, and whether its last change was an update. */
  isDelete: all.take(OPERATIONS * AGES * 2),
  better: all.take(NEAR_CONTEXTS),
  worse: all.take(NEAR_CONTEXTS),
  place: all.take(PLACE_CONTEXTS),

  // Sizes of levels, by depth.
  newSize: takeSizeContexts(all, FINE_DEPTHS),
  update: all.take(FINE_DEPTHS * 8),
  updateIndex: all.take(INDEX_CONTEXTS),
  /** By direction. */
  updateLots: all.take(2 * NEAR_CONTEXTS),

  hasOrders: all.take(1),
  /** By whether the level is deleted. */
  orders: all.take(2 * NEAR_CONTEXTS),

  // Trades.
  eventTime: all.take(NEAR_CONTEXTS),
  /** By whether the trade was sent together with the one before. */
  tradeTime: all.take(2 * NEAR_CONTEXTS),
  tradeReceived: all.take(2 * NEAR_CONTEXTS),
  isText: all.take(1),
  tradeId: all.take(NEAR_CONTEXTS),
  textId: all.take(ID_CONTEXTS),
  hasSequence: all.take(1),
  tradeSequence: all.take(NEAR_CONTEXTS),
  /** By the last side and whether both trades have one time. */
  tradeSide: all.take(4),
  /** By side, whether that is the last one, and whether both trades have one time. */
  tradePrice: all.take(8 * NEAR_CONTEXTS),
  tradeSize: takeSizeContexts(all, 2),
};

export const BLOCK_CONTEXTS = all.count;
