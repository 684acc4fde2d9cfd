/** A book of either level, for code that need not know which. */

import type { BookSides } from '../market/events.ts';
import type { Scale } from '../market/decimal.ts';
import type { LevelBook } from './level-book.ts';
import type { OrderBook } from './order-book.ts';
import { PoolOrderBook } from './pool-order-book.ts';
import { TwoSidedBook } from './two-sided-book.ts';

export type Book = LevelBook | OrderBook;

/** The book of an image or a snapshot. */
export function bookOf(image: BookSides & { readonly scale: Scale }): Book {
  return image.level === 'L2' ? TwoSidedBook.fromImage(image) : PoolOrderBook.fromImage(image);
}

/** Both sides, complete or their best `depth` prices. */
export function sidesOf(book: Book, depth?: number): BookSides {
  return book.level === 'L2'
    ? book.sides(depth)
    : { level: 'L3', bids: book.orders('bid', depth), asks: book.orders('ask', depth) };
}
