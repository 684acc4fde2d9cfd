/** A `LevelBook` on one price ladder per side: the fast one. `TreeLevelBook` is the plain one. */

import { InvariantError } from '../errors.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { BookUpdate, Levels } from '../market/events.ts';
import { rescaleLevels } from '../market/scale.ts';
import type { LevelBook, Side } from './level-book.ts';
import { PriceLadder } from './price-ladder.ts';

export class LadderLevelBook implements LevelBook {
  readonly level = 'L2';
  readonly scale: Scale;
  readonly #bids: PriceLadder;
  readonly #asks: PriceLadder;

  private constructor(scale: Scale, bids: PriceLadder, asks: PriceLadder) {
    this.scale = scale;
    this.#bids = bids;
    this.#asks = asks;
  }

  static empty(scale: Scale): LadderLevelBook {
    return new LadderLevelBook(scale, new PriceLadder('bid'), new PriceLadder('ask'));
  }

  /** The book of an image or a snapshot. */
  static fromImage(image: {
    readonly scale: Scale;
    readonly bids: Levels;
    readonly asks: Levels;
  }): LadderLevelBook {
    const book = LadderLevelBook.empty(image.scale);
    book.setLevels(image.bids, image.asks);
    return book;
  }

  apply(update: BookUpdate): null {
    if (update.type !== 'diff') throw new InvariantError(`An L2 book can't take a ${update.type}`);
    this.setLevels(update.bids, update.asks);
    return null;
  }

  setLevels(bids: Levels, asks: Levels): void {
    this.#bids.set(bids);
    this.#asks.set(asks);
  }

  best(side: Side): readonly [ScaledInt, ScaledInt] | undefined {
    return this.#side(side).best();
  }

  levels(side: Side, depth = Number.POSITIVE_INFINITY): ScaledInt[] {
    return this.#side(side).levels(depth);
  }

  size(side: Side): number {
    return this.#side(side).size;
  }

  clone(): LadderLevelBook {
    const bids = new PriceLadder('bid', this.#bids);
    return new LadderLevelBook(this.scale, bids, new PriceLadder('ask', this.#asks));
  }

  rescaled(scale: Scale): LadderLevelBook {
    const finer = (side: Side): Levels => rescaleLevels(this.levels(side), this.scale, scale);
    return LadderLevelBook.fromImage({ scale, bids: finer('bid'), asks: finer('ask') });
  }

  #side(side: Side): PriceLadder {
    return side === 'bid' ? this.#bids : this.#asks;
  }
}
