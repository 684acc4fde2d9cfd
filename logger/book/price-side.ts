/**
 * One side of an L3 book: from price to the number of its level, best first. The best level is kept
 * beside the tree, since it is asked for after every event and changes with few of them.
 */

import SortedBTree from 'sorted-btree';
import { highestFirst, lowestFirst } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { Side } from './level-book.ts';
import { NONE } from './order-pool.ts';

// The package is CommonJS with a `default` export: Node hands out its exports object.
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

  /** How many prices there are. */
  get size(): number {
    return this.#tree.size;
  }

  /** The level at this price, or `NONE`. */
  level(price: ScaledInt): number {
    return this.#tree.get(price) ?? NONE;
  }

  /** A new level at a price that has none. */
  add(price: ScaledInt, level: number): void {
    this.#tree.set(price, level);
    const isBest =
      this.#best === NONE || (this.#isBid ? price > this.#bestPrice : price < this.#bestPrice);
    if (!isBest) return;
    this.#best = level;
    this.#bestPrice = price;
  }

  /** The price has a level, which is empty now. */
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
