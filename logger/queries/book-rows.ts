/** The rows of a book as they are shown: levels, levels made of single orders, or orders. */

import type { Book } from '../book/book.ts';
import type { Side } from '../book/level-book.ts';
import type { LevelTotal } from '../book/order-book.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { BookUpdate, LevelCounts, Levels, RestingOrder } from '../market/events.ts';

/** Best price first. */
export type BookRows =
  | {
      readonly kind: 'levels';
      readonly bids: Levels;
      readonly asks: Levels;
      /** Absent: the exchange does not report them. */
      readonly counts?: LevelCounts | undefined;
    }
  | {
      readonly kind: 'totals';
      readonly bids: readonly LevelTotal[];
      readonly asks: readonly LevelTotal[];
    }
  | {
      readonly kind: 'orders';
      readonly bids: readonly RestingOrder[];
      readonly asks: readonly RestingOrder[];
    };

/**
 * @param depth prices per side; absent: all.
 * @param level `L2`: an L3 book by price.
 */
export function rowsOf(book: Book, depth?: number, level?: 'L2'): BookRows {
  if (book.level === 'L2') {
    const { bids, asks, counts } = book.sides(depth);
    return { kind: 'levels', bids, asks, ...(counts && { counts }) };
  }
  return level === 'L2'
    ? { kind: 'totals', bids: book.totals('bid', depth), asks: book.totals('ask', depth) }
    : { kind: 'orders', bids: book.orders('bid', depth), asks: book.orders('ask', depth) };
}

/** Price, size … of a side's best `depth` prices, best first; of an L3 book the totals. */
export function levelsOf(book: Book, side: Side, depth?: number): Levels {
  if (book.level === 'L2') return book.levels(side, depth);
  return book.totals(side, depth).flatMap(({ price, size }) => [price, size]);
}

/**
 * What the last update left at the prices that it named, price, size …; of an L3 book the totals at the
 * prices that it touched.
 * @param update has been applied, and nothing after it.
 */
export function changedLevels(book: Book, update: BookUpdate): { bids: Levels; asks: Levels } {
  if (update.type === 'diff') return { bids: update.bids, asks: update.asks };
  const bids: ScaledInt[] = [];
  const asks: ScaledInt[] = [];
  if (book.level === 'L2') return { bids, asks };
  for (const { side, price } of book.touched) {
    (side === 'bid' ? bids : asks).push(price, book.total(side, price)?.size ?? 0);
  }
  return { bids, asks };
}

/** The price of each row of a side. */
export function pricesOf(rows: BookRows, side: 'bids' | 'asks'): ScaledInt[] {
  if (rows.kind === 'levels') return rows[side].filter((_, i) => i % 2 === 0);
  return rows[side].map(({ price }) => price);
}
