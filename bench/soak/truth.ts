/** Compares a logger's books with the exchange's own. */

import { createHash } from 'node:crypto';
import type { BookResult, BookRow } from '../../logger/queries/results.ts';
import { compareBooks } from '../../sandbox/demo/demo-check.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { VenueBook } from '../../sandbox/venues/venue.ts';

/**
 * The exchange's book at the last message at or before `sequence`; undefined if it is no longer
 * known.
 */
export function trueBook(
  sandbox: Sandbox,
  security: string,
  sequence: number,
): VenueBook | undefined {
  return sandbox.bookAtSequence(security, sequence);
}

/** Describes the difference between a result and the truth; null if there is none. */
export function difference(answer: BookResult, truth: VenueBook): string | null {
  if (Number(answer.sequence) !== truth.sequence) {
    return `sequence ${answer.sequence} instead of ${truth.sequence}`;
  }
  return compareBooks(answer, truth).difference;
}

/** A digest of a book's content. */
export function digest(book: {
  readonly bids: readonly BookRow[];
  readonly asks: readonly BookRow[];
}): string {
  return createHash('sha256')
    .update(JSON.stringify([book.bids, book.asks]))
    .digest('base64');
}
