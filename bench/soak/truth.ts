/** What the exchange itself had, and whether an answer is that. */

import { createHash } from 'node:crypto';
import type { BookResult, BookRow } from '../../logger/queries/results.ts';
import { compareBooks } from '../../sandbox/demo/demo-check.ts';
import type { BookReply, TrueRows } from '../../sandbox/demo/demo-check.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';

export interface TrueBook extends TrueRows {
  readonly sequence: number;
}

/** The book after the last message at or before `sequence`; undefined where it is forgotten. */
export function trueBook(
  sandbox: Sandbox,
  security: string,
  sequence: number,
): TrueBook | undefined {
  const [exchange, symbol = ''] = security.split(':');
  return exchange === 'coinbase'
    ? sandbox.ordersAtSequence(symbol, sequence)
    : sandbox.bookAtSequence(symbol, sequence);
}

/** What is wrong with an answer, in words; null: nothing is. */
export function difference(answer: BookResult, truth: TrueBook): string | null {
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
