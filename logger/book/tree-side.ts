/**
 * One side of an L2 book on a `sorted-btree`: the plain one, which the price ladder is tested and
 * measured against.
 */

import SortedBTree from 'sorted-btree';
import { highestFirst, lowestFirst } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { Levels } from '../market/events.ts';
import type { LevelSide, Side } from './level-book.ts';

// The package is CommonJS with a `default` export, so Node's import yields its exports object.
const BTree = SortedBTree.default;
type Tree = InstanceType<typeof BTree<ScaledInt, ScaledInt>>;

export class TreeSide implements LevelSide {
  readonly #side: Side;
  readonly #tree: Tree;

  constructor(side: Side, tree?: Tree) {
    this.#side = side;
    const order = side === 'bid' ? highestFirst : lowestFirst;
    this.#tree = tree ?? new BTree<ScaledInt, ScaledInt>(undefined, order);
  }

  get size(): number {
    return this.#tree.size;
  }

  set(levels: Levels): void {
    for (let i = 0; i + 1 < levels.length; i += 2) {
      const price = levels[i] as ScaledInt;
      const size = levels[i + 1] as ScaledInt;
      if (size === 0) this.#tree.delete(price);
      else this.#tree.set(price, size);
    }
  }

  best(): readonly [ScaledInt, ScaledInt] | undefined {
    const price = this.#tree.minKey();
    return price === undefined ? undefined : [price, this.#tree.get(price) ?? 0];
  }

  levels(depth: number): ScaledInt[] {
    const flat: ScaledInt[] = [];
    const wanted = Math.max(0, depth) * 2;
    for (const [price, size] of this.#tree.entries()) {
      if (flat.length >= wanted) break;
      flat.push(price, size);
    }
    return flat;
  }

  clone(): TreeSide {
    return new TreeSide(this.#side, this.#tree.clone());
  }
}
