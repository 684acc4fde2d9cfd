/** One side of a proven book, as far as it is known and not taken yet. */

import type { LevelBook } from '../../logger/book/level-book.ts';
import type { Scale, ScaledInt } from '../../logger/market/decimal.ts';
import { formatScaled } from '../../logger/market/decimal.ts';
import type { Horizon, Levels } from '../../logger/market/events.ts';
import { powerOfTen, valueAt } from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';

/** What was taken of levels, by price as a plain decimal. */
export type TakenLevels = ReadonlyMap<string, Exact>;

const NOTHING_TAKEN: TakenLevels = new Map();

export interface BookSide {
  readonly side: 'bid' | 'ask';
  readonly scale: Scale;
  /** The worst price up to which it is known; null: it is known whole. */
  readonly horizon: ScaledInt | null;
  readonly taken: TakenLevels;
  /** Price, size … of the best levels, best first. */
  levels(depth: number): Levels;
}

export function bookSide(
  side: 'bid' | 'ask',
  book: LevelBook,
  horizon: Horizon,
  taken: TakenLevels = NOTHING_TAKEN,
): BookSide {
  return {
    side,
    scale: book.scale,
    horizon: side === 'bid' ? horizon.bid : horizon.ask,
    taken,
    levels: (depth) => book.levels(side, depth),
  };
}

/** A level in integers of the walk's decimals. */
export interface WalkLevel {
  readonly price: bigint;
  readonly size: bigint;
}

/** Levels that are asked of a book at first; a longer walk asks for four times as many. */
const FIRST_DEPTH = 16;

/** Walks from the best price on, in integers with so many decimals, which are at least the book's. */
export class LevelWalk {
  readonly #side: BookSide;
  readonly #sizeDecimals: number;
  readonly #priceFactor: bigint;
  readonly #sizeFactor: bigint;
  #depth = FIRST_DEPTH;
  #levels: Levels;
  #next = 0;

  constructor(side: BookSide, priceDecimals: number, sizeDecimals: number) {
    this.#side = side;
    this.#sizeDecimals = sizeDecimals;
    this.#priceFactor = powerOfTen(priceDecimals - side.scale.priceExponent);
    this.#sizeFactor = powerOfTen(sizeDecimals - side.scale.sizeExponent);
    this.#levels = side.levels(this.#depth);
  }

  /** What keeps it from going on, where `next` is null. */
  get end(): 'horizon' | 'depth' {
    return this.#side.horizon === null ? 'depth' : 'horizon';
  }

  /** null: nothing more is known. */
  next(): WalkLevel | null {
    for (;;) {
      if (this.#next >= this.#levels.length && !this.#ask()) return null;
      const price = this.#levels[this.#next] as ScaledInt;
      if (this.#isBeyondHorizon(price)) return null;
      const size = this.#left(price, this.#levels[this.#next + 1] as ScaledInt);
      this.#next += 2;
      if (size > 0n) return { price: BigInt(price) * this.#priceFactor, size };
    }
  }

  #ask(): boolean {
    if (this.#levels.length < 2 * this.#depth) return false;
    this.#depth *= 4;
    this.#levels = this.#side.levels(this.#depth);
    return this.#next < this.#levels.length;
  }

  #isBeyondHorizon(price: ScaledInt): boolean {
    const { side, horizon } = this.#side;
    return horizon !== null && (side === 'bid' ? price < horizon : price > horizon);
  }

  #left(price: ScaledInt, size: ScaledInt): bigint {
    const whole = BigInt(size) * this.#sizeFactor;
    const { taken, scale } = this.#side;
    if (taken.size === 0) return whole;
    const gone = taken.get(formatScaled(price, scale.priceExponent));
    return gone === undefined ? whole : whole - valueAt(gone, this.#sizeDecimals);
  }
}

/** The decimals that the sizes of a side need. */
export function sizeDecimalsOf({ scale, taken }: BookSide): number {
  let decimals = scale.sizeExponent;
  for (const amount of taken.values()) decimals = Math.max(decimals, amount.exponent);
  return decimals;
}
