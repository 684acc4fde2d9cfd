/**
 * One side of an L3 book: maps prices to level indexes, best first. The best level is cached,
 * because it is read after every event and few events change it.
 */

import SortedBTree from 'sorted-btree';
import { highestFirst, lowestFirst } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { Side } from './level-book.ts';
import { NONE } from './order-pool.ts';

// The package is CommonJS with a `default` export, so Node's import yields its exports object.
const BTree = SortedBTree.default;
type Tree = InstanceType<typeof BTree<ScaledInt, number>>;

export class PriceSide {
  readonly #isBid: boolean;
  readonly #tree: Tree;
  #bestPrice: ScaledInt;
  #best: number;

  constructor(side: Side, from?: PriceSide) {
    this.#isBid = side === 'bid';
    this.#tree = from
      ? from.#tree.clone()
      : new BTree<ScaledInt, number>(undefined, this.#isBid ? highestFirst : lowestFirst);
    this.#bestPrice = from ? from.#bestPrice : 0;
    this.#best = from ? from.#best : NONE;
  }

  /** The best level, or `NONE` for an empty side. */
  get best(): number {
    return this.#best;
  }

  /** Number of prices. */
  get size(): number {
    return this.#tree.size;
  }

  /** The level at this price, or `NONE`. */
  level(price: ScaledInt): number {
    return this.#tree.get(price) ?? NONE;
  }

  /** Adds a level at a price that has none. */
  add(price: ScaledInt, level: number): void {
    this.#tree.set(price, level);
    const isBest =
      this.#best === NONE || (this.#isBid ? price > this.#bestPrice : price < this.#bestPrice);
    if (!isBest) return;
    this.#best = level;
    this.#bestPrice = price;
  }

  /** Removes the level of a price, which must have one. */
  delete(price: ScaledInt): void {
    this.#tree.delete(price);
    if (price !== this.#bestPrice) return;
    const next = this.#tree.minKey();
    this.#bestPrice = next ?? 0;
    this.#best = next === undefined ? NONE : this.level(next);
  }

  /** Levels, best first. */
  levels(): IterableIterator<number> {
    return this.#tree.values();
  }
}
