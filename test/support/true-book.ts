/** Whether a book of the logger is the exchange's own. */

import { expect } from 'vitest';
import type { BookResult } from '../../logger/queries/results.ts';
import { compareBooks } from '../../sandbox/demo/demo-check.ts';
import type { VenueBook } from '../../sandbox/venues/venue.ts';

type Rows = VenueBook['bids'];

/**
 * The same message, and the same levels as far as the book is known: a first snapshot is shallow where
 * the request budget is short. Beyond the horizon, levels may be missing, but none may be wrong.
 */
export function expectTrueBook(
  book: Pick<BookResult, 'sequence' | 'horizon' | 'bids' | 'asks'>,
  truth: VenueBook | undefined,
  message = '',
): void {
  expect(String(truth?.sequence), message).toBe(book.sequence);
  if (truth === undefined) return;
  expect(compareBooks(book, truth).difference, message).toBeNull();
  expect(invented(book.bids, truth.bids), message).toEqual([]);
  expect(invented(book.asks, truth.asks), message).toEqual([]);
}

/** Rows that the exchange did not have. */
function invented(rows: BookResult['bids'], truth: Rows): string[] {
  const known = new Set(truth.map((row) => row.join()));
  return rows.map((row) => row.join()).filter((row) => !known.has(row));
}
