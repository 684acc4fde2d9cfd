/**
 * A `LevelBook` on one `sorted-btree` per side, ordered best first. Keys and values are canonical
 * scaled integers; the tree's copy-on-write clone makes a consistent image cheap.
 */

import SortedBTree from 'sorted-btree';
import { InvariantError } from '../errors.ts';
import { highestFirst, lowestFirst } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { BookUpdate, Levels } from '../market/events.ts';
import { rescaleLevels } from '../market/scale.ts';
import type { LevelBook, Side } from './level-book.ts';

// The package is CommonJS with a `default` export, so Node's import yields its exports object.
const BTree = SortedBTree.default;
type Tree = InstanceType<typeof BTree<ScaledInt, ScaledInt>>;

export class TreeLevelBook implements LevelBook {
  readonly level = 'L2';
  readonly scale: Scale;
  readonly #bids: Tree;
  readonly #asks: Tree;

  private constructor(scale: Scale, bids: Tree, asks: Tree) {
    this.scale = scale;
    this.#bids = bids;
    this.#asks = asks;
  }

  static empty(scale: Scale): TreeLevelBook {
    return new TreeLevelBook(
      scale,
      new BTree<ScaledInt, ScaledInt>(undefined, highestFirst),
      new BTree<ScaledInt, ScaledInt>(undefined, lowestFirst),
    );
  }

  /** The book of an image or a snapshot. */
  static fromImage(image: {
    readonly scale: Scale;
    readonly bids: Levels;
    readonly asks: Levels;
  }): TreeLevelBook {
    const book = TreeLevelBook.empty(image.scale);
    book.setLevels(image.bids, image.asks);
    return book;
  }

  apply(update: BookUpdate): null {
    if (update.type !== 'diff') throw new InvariantError(`An L2 book can't take a ${update.type}`);
    this.setLevels(update.bids, update.asks);
    return null;
  }

  setLevels(bids: Levels, asks: Levels): void {
    applySide(this.#bids, bids);
    applySide(this.#asks, asks);
  }

  best(side: Side): readonly [ScaledInt, ScaledInt] | undefined {
    const tree = this.#tree(side);
    const price = tree.minKey();
    return price === undefined ? undefined : [price, tree.get(price) ?? 0];
  }

  levels(side: Side, depth = Number.POSITIVE_INFINITY): ScaledInt[] {
    const flat: ScaledInt[] = [];
    if (depth <= 0) return flat;
    const wanted = depth * 2;
    for (const [price, size] of this.#tree(side).entries()) {
      flat.push(price, size);
      if (flat.length >= wanted) break;
    }
    return flat;
  }

  size(side: Side): number {
    return this.#tree(side).size;
  }

  clone(): TreeLevelBook {
    return new TreeLevelBook(this.scale, this.#bids.clone(), this.#asks.clone());
  }

  rescaled(scale: Scale): TreeLevelBook {
    const finer = (side: Side): Levels => rescaleLevels(this.levels(side), this.scale, scale);
    return TreeLevelBook.fromImage({ scale, bids: finer('bid'), asks: finer('ask') });
  }

  #tree(side: Side): Tree {
    return side === 'bid' ? this.#bids : this.#asks;
  }
}

function applySide(tree: Tree, levels: Levels): void {
  for (let i = 0; i + 1 < levels.length; i += 2) {
    const price = levels[i] as ScaledInt;
    const size = levels[i + 1] as ScaledInt;
    if (size === 0) tree.delete(price);
    else tree.set(price, size);
  }
}
