/** Compares the best prices and sizes of a book with those that the exchange answers. */

import type { Book } from '../../book/book.ts';
import type { BookProbe } from '../../exchange/exchange.ts';
import { formatScaled } from '../../market/decimal.ts';
import type { Scale, ScaledInt } from '../../market/decimal.ts';

type Best = readonly [price: ScaledInt, size: ScaledInt] | null | undefined;

/** Sizes are compared where the exchange tells them. */
export function agreesWith(book: Book, probe: BookProbe): boolean {
  return (
    isSame(book.best('bid'), book.scale, probe.bid, probe.scale) &&
    isSame(book.best('ask'), book.scale, probe.ask, probe.scale)
  );
}

function isSame(ours: Best, ourScale: Scale, theirs: BookProbe['bid'], theirScale: Scale): boolean {
  if (!ours || !theirs) return !ours && !theirs;
  const [price, size] = theirs;
  const isSamePrice =
    formatScaled(ours[0], ourScale.priceExponent) === formatScaled(price, theirScale.priceExponent);
  if (!isSamePrice || size === null) return isSamePrice;
  return (
    formatScaled(ours[1], ourScale.sizeExponent) === formatScaled(size, theirScale.sizeExponent)
  );
}
