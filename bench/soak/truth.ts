/** What the exchange itself had, and whether an answer is that. */

import { createHash } from 'node:crypto';
import type { BookResult, BookRow } from '../../logger/queries/results.ts';
import { compareBooks } from '../../sandbox/demo/demo-check.ts';
import type { BookReply } from '../../sandbox/demo/demo-check.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { VenueBook } from '../../sandbox/venues/venue.ts';

/** The book after the last message at or before `sequence`; undefined where it is forgotten. */
export function trueBook(
  sandbox: Sandbox,
  security: string,
  sequence: number,
): VenueBook | undefined {
  return sandbox.bookAtSequence(security, sequence);
}

/** What is wrong with an answer, in words; null: nothing is. */
export function difference(answer: BookResult, truth: VenueBook): string | null {
  if (Number(answer.sequence) !== truth.sequence) {
    return `sequence ${answer.sequence} instead of ${truth.sequence}`;
  }
  return compareBooks(answer as unknown as BookReply, truth).difference;
}

/** One text for each book there can be. */
export function digest(book: {
  readonly bids: readonly BookRow[];
  readonly asks: readonly BookRow[];
}): string {
  return createHash('sha256')
    .update(JSON.stringify([book.bids, book.asks]))
    .digest('base64');
}
