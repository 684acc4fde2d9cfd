/** A book of either kind, for those who keep one without looking inside. */

import type { BookSides, BookUpdate } from '../market/events.ts';
import type { Scale } from '../market/decimal.ts';
import { InvariantError } from '../errors.ts';
import type { LevelBook } from './level-book.ts';
import type { OrderBook } from './order-book.ts';
import { PoolOrderBook } from './pool-order-book.ts';
import { TreeLevelBook } from './tree-level-book.ts';

export type Book = LevelBook | OrderBook;

/** The book that an image (or a snapshot) shows. */
export function bookOf(image: BookSides & { readonly scale: Scale }): Book {
  return image.level === 'L2' ? TreeLevelBook.fromImage(image) : PoolOrderBook.fromImage(image);
}

/**
 * Moves the book over a step of its own kind.
 * @returns what contradicts the book (never an L2 one), in words; null: nothing does.
 */
export function applyUpdate(book: Book, step: BookUpdate): string | null {
  if (book.level === 'L3') {
    if (step.type !== 'diff') return book.apply(step);
  } else if (step.type === 'diff') {
    book.apply(step.bids, step.asks);
    return null;
  }
  throw new InvariantError(`A ${step.type} has no meaning for an ${book.level} book`);
}

/** Both sides whole, or their best `depth` prices. */
export function sidesOf(book: Book, depth?: number): BookSides {
  return book.level === 'L2'
    ? { level: 'L2', bids: book.levels('bid', depth), asks: book.levels('ask', depth) }
    : { level: 'L3', bids: book.orders('bid', depth), asks: book.orders('ask', depth) };
}
