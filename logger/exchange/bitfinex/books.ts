/** The books that can be recorded. Both show the best 250 of each side. */

import type { BookLevel } from '../../market/security.ts';

/** Of `BITFINEX_FEED`: prices with the number of orders at each, or single orders. */
export type BitfinexFeedName = 'p0' | 'r0';

/** Rows of a side that either book shows. */
export const WINDOW = 250;

export interface BookKind {
  /** The exchange's own name: `P0`. */
  readonly precision: 'P0' | 'R0';
  readonly level: BookLevel;
  /** Under this name it is recorded. */
  readonly feed: string;
}

/** Source: https://docs.bitfinex.com/reference/ws-public-books and ws-public-raw-books (gathered 2026-11-20). */
export const BOOKS: Readonly<Record<BitfinexFeedName, BookKind>> = {
  p0: { precision: 'P0', level: 'L2', feed: 'book.P0' },
  r0: { precision: 'R0', level: 'L3', feed: 'book.R0' },
};
