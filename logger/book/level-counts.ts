/**
 * The numbers of orders at the levels of an L2 book. They stand beside it, by price: most exchanges report
 * none, and their books have nothing to do with this.
 */

import { assertInvariant } from '../errors.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { LevelCounts, Levels } from '../market/events.ts';

type CountByPrice = Map<ScaledInt, number>;

export class BookCounts {
  readonly #bids: CountByPrice;
  readonly #asks: CountByPrice;

  constructor(bids: CountByPrice = new Map(), asks: CountByPrice = new Map()) {
    this.#bids = bids;
    this.#asks = asks;
  }

  clone(): BookCounts {
    return new BookCounts(new Map(this.#bids), new Map(this.#asks));
  }

  /**
   * As the levels of a book are set.
   * @param counts undefined: they are not reported.
   * @returns whether the count of each level is known afterwards. Once it is not, this is of no use.
   */
  set(bids: Levels, asks: Levels, counts: LevelCounts | undefined): boolean {
    return setSide(this.#bids, bids, counts?.bids) && setSide(this.#asks, asks, counts?.asks);
  }

  /** Those of some levels of the book. */
  of(bids: Levels, asks: Levels): LevelCounts {
    return { bids: countsOf(this.#bids, bids), asks: countsOf(this.#asks, asks) };
  }
}

function setSide(side: CountByPrice, levels: Levels, counts: readonly number[] | undefined) {
  const isParallel = counts === undefined || counts.length * 2 === levels.length;
  assertInvariant(isParallel, 'There is a number of orders for each level or for none');
  for (let i = 0; i + 1 < levels.length; i += 2) {
    const price = levels[i] as ScaledInt;
    if (levels[i + 1] === 0) side.delete(price);
    else if (counts === undefined) return false;
    else side.set(price, counts[i / 2] as number);
  }
  return true;
}

function countsOf(side: CountByPrice, levels: Levels): number[] {
  const counts: number[] = [];
  for (let i = 0; i + 1 < levels.length; i += 2) {
    counts.push(side.get(levels[i] as ScaledInt) as number);
  }
  return counts;
}
