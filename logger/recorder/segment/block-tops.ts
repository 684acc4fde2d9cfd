/** How far apart the best prices of a book get while a block is open: see `RecordHeader.tops`. */

import type { TopBounds } from '../../archive/archive.ts';
import type { Book } from '../../book/book.ts';
import { formatScaled } from '../../market/decimal.ts';
import type { ScaledInt } from '../../market/decimal.ts';

export class BlockTops {
  readonly #priceExponent: number;
  #bid: ScaledInt | undefined;
  #ask: ScaledInt | undefined;
  #maxBid: ScaledInt | undefined;
  #minAsk: ScaledInt | undefined;

  /** @param book as it stands before the first event. */
  constructor(book: Book) {
    this.#priceExponent = book.scale.priceExponent;
    this.add(book);
  }

  /** @param book as it stands now, at the same scale. */
  add(book: Book): void {
    const bid = book.best('bid')?.[0];
    const ask = book.best('ask')?.[0];
    // Few updates move the top.
    if (bid === this.#bid && ask === this.#ask) return;
    this.#bid = bid;
    this.#ask = ask;
    if (bid === undefined || ask === undefined || bid >= ask) return;
    if (this.#maxBid === undefined || bid > this.#maxBid) this.#maxBid = bid;
    if (this.#minAsk === undefined || ask < this.#minAsk) this.#minAsk = ask;
  }

  /** null: the book was crossed, or had an empty side, all the time. */
  get bounds(): TopBounds | null {
    const [maxBid, minAsk] = [this.#maxBid, this.#minAsk];
    if (maxBid === undefined || minAsk === undefined) return null;
    const text = (price: ScaledInt): string => formatScaled(price, this.#priceExponent);
    return { maxBid: text(maxBid), minAsk: text(minAsk) };
  }
}
