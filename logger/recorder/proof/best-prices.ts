/** Compares the best prices and sizes of a book with those that the exchange answers. */

import type { Book } from '../../book/book.ts';
import type { BookProbe } from '../../exchange/exchange.ts';
import { formatScaled } from '../../market/decimal.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';

type Best = readonly [price: ScaledInt, size: ScaledInt] | null | undefined;

export function agreesWith(book: Book, probe: BookProbe): boolean {
  return (
    isSame(book.best('bid'), book.scale, probe.bid, probe.scale) &&
    isSame(book.best('ask'), book.scale, probe.ask, probe.scale)
  );
}

function isSame(ours: Best, ourScale: Scale, theirs: Best, theirScale: Scale): boolean {
  return textOf(ours, ourScale) === textOf(theirs, theirScale);
}

function textOf(best: Best, { priceExponent, sizeExponent }: Scale): string | null {
  if (!best) return null;
  return `${formatScaled(best[0], priceExponent)} ${formatScaled(best[1], sizeExponent)}`;
}
