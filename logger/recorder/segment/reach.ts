/**
 * How far out a book is known: when its horizon was set, and how much of that is left now that the market
 * has moved. Rounded: nothing is computed from it but who is to be asked about first.
 */

import type { Book } from '../../book/book.ts';
import type { Side } from '../../book/level-book.ts';
import type { Horizon } from '../../market/events.ts';

const SIDES: readonly Side[] = ['bid', 'ask'];

export class Reach {
  readonly #horizon: Horizon;
  readonly #initial: Readonly<Record<Side, number | null>>;

  constructor(book: Book, horizon: Horizon) {
    this.#horizon = horizon;
    this.#initial = { bid: distance(book, horizon, 'bid'), ask: distance(book, horizon, 'ask') };
  }

  /** What is left on the side with less; 0 or below: the top itself is not known. null: no horizon. */
  left(book: Book): number | null {
    let least: number | null = null;
    for (const side of SIDES) {
      const initial = this.#initial[side];
      if (initial === null) continue;
      const share = (distance(book, this.#horizon, side) ?? 0) / Math.max(1, initial);
      least = Math.min(least ?? Infinity, share);
    }
    return least;
  }
}

/** null: the side is whole. An empty side has its top behind any horizon. */
function distance(book: Book, horizon: Horizon, side: Side): number | null {
  const edge = horizon[side];
  if (edge === null) return null;
  const best = book.best(side)?.[0];
  if (best === undefined) return 0;
  return (Number(edge) - Number(best)) * (side === 'ask' ? 1 : -1);
}
