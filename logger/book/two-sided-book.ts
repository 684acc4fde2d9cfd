/** A `LevelBook` of two sides of one kind: price ladders, which are fast, or the plain trees. */

import { InvariantError } from '../errors.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { BookUpdate, Levels } from '../market/events.ts';
import { rescaleLevels } from '../market/scale.ts';
import type { LevelBook, LevelSide, Side } from './level-book.ts';
import { PriceLadder } from './price-ladder.ts';

export type CreateSide = (side: Side) => LevelSide;

const createLadder: CreateSide = (side) => new PriceLadder(side);

export class TwoSidedBook implements LevelBook {
  readonly level = 'L2';
  readonly scale: Scale;
  readonly #createSide: CreateSide;
  readonly #bids: LevelSide;
  readonly #asks: LevelSide;

  /** Empty, unless it is given its sides. */
  constructor(
    scale: Scale,
    createSide: CreateSide = createLadder,
    bids: LevelSide = createSide('bid'),
    asks: LevelSide = createSide('ask'),
  ) {
    this.scale = scale;
    this.#createSide = createSide;
    this.#bids = bids;
    this.#asks = asks;
  }

  /** The book of an image or a snapshot. */
  static fromImage(
    image: { readonly scale: Scale; readonly bids: Levels; readonly asks: Levels },
    createSide?: CreateSide,
  ): TwoSidedBook {
    const book = new TwoSidedBook(image.scale, createSide);
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

  clone(): TwoSidedBook {
    const [bids, asks] = [this.#bids.clone(), this.#asks.clone()];
    return new TwoSidedBook(this.scale, this.#createSide, bids, asks);
  }

  rescaled(scale: Scale): TwoSidedBook {
    const finer = (side: Side): Levels => rescaleLevels(this.levels(side), this.scale, scale);
    const image = { scale, bids: finer('bid'), asks: finer('ask') };
    return TwoSidedBook.fromImage(image, this.#createSide);
  }

  #side(side: Side): LevelSide {
    return side === 'bid' ? this.#bids : this.#asks;
  }
}
