/** A `LevelBook` of two sides of one kind: price ladders, which are fast, or the plain trees. */

import { InvariantError } from '../errors.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { BookUpdate, LevelCounts, LevelSides, Levels } from '../market/events.ts';
import { rescaleLevelSides } from '../market/scale.ts';
import type { LevelBook, LevelSide, Side } from './level-book.ts';
import { BookCounts } from './level-counts.ts';
import { PriceLadder } from './price-ladder.ts';

export type CreateSide = (side: Side) => LevelSide;

const createLadder: CreateSide = (side) => new PriceLadder(side);

export class TwoSidedBook implements LevelBook {
  readonly level = 'L2';
  readonly scale: Scale;
  readonly #createSide: CreateSide;
  readonly #bids: LevelSide;
  readonly #asks: LevelSide;
  /** undefined: they are not known. */
  #counts: BookCounts | undefined;

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
    image: Omit<LevelSides, 'level'> & { readonly scale: Scale },
    createSide?: CreateSide,
  ): TwoSidedBook {
    const book = new TwoSidedBook(image.scale, createSide);
    if (image.counts !== undefined) book.#counts = new BookCounts();
    book.setLevels(image.bids, image.asks, image.counts);
    return book;
  }

  apply(update: BookUpdate): null {
    if (update.type !== 'diff') throw new InvariantError(`An L2 book can't take a ${update.type}`);
    this.setLevels(update.bids, update.asks, update.counts);
    return null;
  }

  setLevels(bids: Levels, asks: Levels, counts?: LevelCounts): void {
    this.#bids.set(bids);
    this.#asks.set(asks);
    if (this.#counts?.set(bids, asks, counts) === false) this.#counts = undefined;
  }

  get hasCounts(): boolean {
    return this.#counts !== undefined;
  }

  best(side: Side): readonly [ScaledInt, ScaledInt] | undefined {
    return this.#side(side).best();
  }

  levels(side: Side, depth = Number.POSITIVE_INFINITY): ScaledInt[] {
    return this.#side(side).levels(depth);
  }

  sides(depth?: number): LevelSides {
    const [bids, asks] = [this.levels('bid', depth), this.levels('ask', depth)];
    const counts = this.#counts?.of(bids, asks);
    return { level: 'L2', bids, asks, ...(counts && { counts }) };
  }

  size(side: Side): number {
    return this.#side(side).size;
  }

  clone(): TwoSidedBook {
    const [bids, asks] = [this.#bids.clone(), this.#asks.clone()];
    const copy = new TwoSidedBook(this.scale, this.#createSide, bids, asks);
    copy.#counts = this.#counts?.clone();
    return copy;
  }

  rescaled(scale: Scale): TwoSidedBook {
    const image = { scale, ...rescaleLevelSides(this.sides(), this.scale, scale) };
    return TwoSidedBook.fromImage(image, this.#createSide);
  }

  #side(side: Side): LevelSide {
    return side === 'bid' ? this.#bids : this.#asks;
  }
}
