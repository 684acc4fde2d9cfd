/** The top of a book, as far as it is known. */

import { compareScaled } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { Horizon } from '../market/events.ts';
import type { Book } from './book.ts';
import type { Side } from './level-book.ts';

/**
 * The best level of a side. undefined: the side is empty, or the market has moved beyond the horizon,
 * where a better level than those in the book may rest.
 */
export function knownBest(
  book: Book,
  horizon: Horizon,
  side: Side,
): readonly [price: ScaledInt, size: ScaledInt] | undefined {
  const best = book.best(side);
  const edge = horizon[side];
  if (best === undefined || edge === null) return best;
  const beyond = compareScaled(best[0], edge) * (side === 'bid' ? -1 : 1);
  return beyond > 0 ? undefined : best;
}
