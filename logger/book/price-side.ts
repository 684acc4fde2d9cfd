/**
 * One side of an L3 book: maps prices to level indexes, best first, on a price ladder. The best level is
 * cached, because it is read after every event and few events change it.
 */

import type { ScaledInt } from '../market/decimal.ts';
import type { Side } from './level-book.ts';
import { NONE } from './order-pool.ts';
import { PriceLadder } from './price-ladder.ts';

export class PriceSide {
  readonly #isBid: boolean;
  /** Levels plus 1, since a ladder holds no 0. */
  readonly #ladder: PriceLadder;
  #bestPrice: ScaledInt;
  #best: number;

  constructor(side: Side, from?: PriceSide) {
    this.#isBid = side === 'bid';
    this.#ladder = from ? from.#ladder.clone() : new PriceLadder(side);
    this.#bestPrice = from ? from.#bestPrice : 0;
    this.#best = from ? from.#best : NONE;
  }

  /** The best level, or `NONE` for an empty side. */
  get best(): number {
    return this.#best;
  }

  /** Number of prices. */
  get size(): number {
    return this.#ladder.size;
  }

  /** The level at this price, or `NONE`. */
  level(price: ScaledInt): number {
    return (this.#ladder.get(price) as number) - 1;
  }

  /** Adds a level at a price that has none. */
  add(price: ScaledInt, level: number): void {
    this.#ladder.setLevel(price, level + 1);
    const isBest =
      this.#best === NONE || (this.#isBid ? price > this.#bestPrice : price < this.#bestPrice);
    if (!isBest) return;
    this.#best = level;
    this.#bestPrice = price;
  }

  /** Removes the level of a price, which must have one. */
  delete(price: ScaledInt): void {
    this.#ladder.setLevel(price, 0);
    if (price !== this.#bestPrice) return;
    const [bestPrice, level] = this.#ladder.best() ?? [0, 0];
    this.#bestPrice = bestPrice;
    this.#best = (level as number) - 1;
  }

  /** The best `depth` levels, best first. */
  levels(depth: number): number[] {
    return this.#ladder
      .levels(depth)
      .flatMap((value, i) => (i % 2 === 0 ? [] : [(value as number) - 1]));
  }
}
