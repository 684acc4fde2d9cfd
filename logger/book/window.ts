/**
 * Books of feeds that show a window: the best levels (or orders) of each side. The exchange deletes what
 * leaves the window as if it were gone, and adds what enters it. So such a book is known up to the last price
 * of each side, and that moves with every update. A window of orders may end between two of one price: it is
 * known up to the price before its last.
 */

import type { Horizon } from '../market/events.ts';
import type { ScaledInt } from '../market/decimal.ts';
import { lastWholePrice } from '../market/last-whole-price.ts';
import type { Book } from './book.ts';
import type { Side } from './level-book.ts';

export function windowHorizon(book: Book): Horizon {
  return { bid: lastPrice(book, 'bid'), ask: lastPrice(book, 'ask') };
}

function lastPrice(book: Book, side: Side): ScaledInt | null {
  if (book.level === 'L3') return lastWholePrice(book.orders(side));
  return book.levels(side).at(-2) ?? null;
}
