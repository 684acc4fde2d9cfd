/**
 * One side of an L2 book. Prices near the best have places in a ladder, where setting a size and finding
 * the best price take a fixed number of steps. The others, which seldom change, are in a sorted tree.
 *
 * Places count from the better end, in steps: the largest distance of which all prices are multiples. No
 * price in the tree is better than the ladder. When a price comes that is, or the best price falls out of
 * the first three quarters, the ladder moves.
 *
 * Once a price beyond 2^50 comes, everything is in the tree. A size beyond 2^53 is kept beside the ladder.
 */

import SortedBTree from 'sorted-btree';
import { highestFirst, lowestFirst } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { Levels } from '../market/events.ts';
import { LadderPages, NO_PLACE, PAGES, PLACES, PLACES_PER_PAGE } from './ladder-pages.ts';
import type { LevelSide, Side } from './level-book.ts';

// The package is CommonJS with a `default` export, so Node's import yields its exports object.
const BTree = SortedBTree.default;
type Tree = InstanceType<typeof BTree<ScaledInt, ScaledInt>>;

/** Left free before the best price when the ladder moves, for better ones to come. */
const HEADROOM = PLACES / 4;
/** A best price beyond it moves the ladder. */
const LAST_BEST_PLACE = (PLACES / 4) * 3;
/** Up to here a price in steps is found by a product that is rounded: an odd number beyond 2^52 plus a half is not. */
const MAX_PRICE = 2 ** 50;

export class PriceLadder implements LevelSide {
  readonly #isBid: boolean;
  /** Prices are multiples of it; 0: there was none yet. */
  #step = 0;
  #stepsPerUnit = Number.POSITIVE_INFINITY;
  /** The price of place 0, in steps. */
  #first = 0;
  readonly #pages: LadderPages;
  readonly #tree: Tree;
  /** Sizes beyond 2^53 by price; the ladder holds infinity for them. */
  readonly #largeSizes: Map<number, bigint>;
  #isTreeOnly = false;

  constructor(side: Side, from?: PriceLadder) {
    this.#isBid = side === 'bid';
    this.#pages = from ? from.#pages.clone() : new LadderPages();
    this.#tree = from
      ? from.#tree.clone()
      : new BTree<ScaledInt, ScaledInt>(undefined, this.#isBid ? highestFirst : lowestFirst);
    this.#largeSizes = new Map(from ? from.#largeSizes : []);
    if (!from) return;
    this.#step = from.#step;
    this.#stepsPerUnit = from.#stepsPerUnit;
    this.#first = from.#first;
    this.#isTreeOnly = from.#isTreeOnly;
  }

  get size(): number {
    return this.#pages.count + this.#tree.size;
  }

  set(levels: Levels): void {
    for (let i = 0; i + 1 < levels.length; i += 2) {
      this.#setOne(levels[i] as ScaledInt, levels[i + 1] as ScaledInt);
    }
    this.#follow();
  }

  /** As `set`, for one level. */
  setLevel(price: ScaledInt, size: ScaledInt): void {
    this.#setOne(price, size);
    this.#follow();
  }

  /** The size at a price; 0 where there is no level. */
  get(price: ScaledInt): ScaledInt {
    if (!this.#isTreeOnly && typeof price === 'number') {
      const steps = Math.floor(price * this.#stepsPerUnit + 0.5);
      if (steps * this.#step !== price) return 0;
      const place = this.#isBid ? this.#first - steps : steps - this.#first;
      if (place < 0) return 0;
      if (place < PLACES) return this.#sizeAt(place);
    }
    return this.#tree.get(price) ?? 0;
  }

  best(): readonly [ScaledInt, ScaledInt] | undefined {
    const place = this.#pages.first();
    if (place !== NO_PLACE) return [this.#priceAt(place), this.#sizeAt(place)];
    const price = this.#tree.minKey();
    return price === undefined ? undefined : [price, this.#tree.get(price) ?? 0];
  }

  clone(): PriceLadder {
    return new PriceLadder(this.#isBid ? 'bid' : 'ask', this);
  }

  levels(depth: number): ScaledInt[] {
    const flat: ScaledInt[] = [];
    const wanted = Math.max(0, depth) * 2;
    this.#pages.each((place, size) => {
      if (flat.length >= wanted) return false;
      const price = this.#priceAt(place);
      flat.push(price, this.#sizeOf(price, size));
      return true;
    });
    for (const [price, size] of this.#tree.entries()) {
      if (flat.length >= wanted) break;
      flat.push(price, size);
    }
    return flat;
  }

  #setOne(price: ScaledInt, size: ScaledInt): void {
    if (this.#isTreeOnly || !hasPlace(price)) {
      this.#setInTree(price, size);
      return;
    }
    // Rounded, since a product is faster than a division; the next line proves it.
    let steps = Math.floor(price * this.#stepsPerUnit + 0.5);
    if (steps * this.#step !== price) {
      if (size === 0) return;
      this.#refine(price);
      steps = price / this.#step;
    }
    const place = this.#isBid ? this.#first - steps : steps - this.#first;
    if (place >= PLACES) setIn(this.#tree, price, size);
    else if (size === 0) this.#clear(place, price);
    else if (place >= 0) this.#fill(place, price, size);
    else {
      this.#moveTo(steps);
      this.#setOne(price, size);
    }
  }

  #setInTree(price: ScaledInt, size: ScaledInt): void {
    if (!this.#isTreeOnly && size === 0) return;
    if (!this.#isTreeOnly) {
      this.#empty();
      this.#isTreeOnly = true;
    }
    setIn(this.#tree, price, size);
  }

  #fill(place: number, price: number, size: ScaledInt): void {
    if (typeof size === 'number') {
      this.#pages.set(place, size);
      if (this.#largeSizes.size > 0) this.#largeSizes.delete(price);
    } else {
      this.#pages.set(place, Number.POSITIVE_INFINITY);
      this.#largeSizes.set(price, size);
    }
  }

  #clear(place: number, price: number): void {
    if (place < 0 || !this.#pages.clear(place)) return;
    if (this.#largeSizes.size > 0) this.#largeSizes.delete(price);
  }

  #priceAt(place: number): number {
    return (this.#isBid ? this.#first - place : this.#first + place) * this.#step;
  }

  #sizeAt(place: number): ScaledInt {
    const size = this.#pages.get(place);
    return Number.isFinite(size) ? size : this.#sizeOf(this.#priceAt(place), size);
  }

  #sizeOf(price: number, size: number): ScaledInt {
    return Number.isFinite(size) ? size : (this.#largeSizes.get(price) ?? 0);
  }

  /** Moves the ladder if the best price has left its better part. */
  #follow(): void {
    const place = this.#pages.first();
    if (place !== NO_PLACE) {
      if (place > LAST_BEST_PLACE) this.#moveTo(this.#priceAt(place) / this.#step);
      return;
    }
    const best = this.#isTreeOnly ? undefined : this.#tree.minKey();
    if (typeof best === 'number') this.#moveTo(best / this.#step);
  }

  /** Puts a price, in steps, behind the headroom, or a little further. */
  #moveTo(steps: number): void {
    const place = this.#isBid ? this.#first - steps : steps - this.#first;
    const pages = Math.floor((place - HEADROOM) / PLACES_PER_PAGE);
    if (Math.abs(pages) >= PAGES) {
      this.#rebuild(this.#step, this.#isBid ? steps + HEADROOM : steps - HEADROOM);
      return;
    }
    if (pages < 0) this.#evict(PAGES + pages);
    this.#pages.shift(pages);
    this.#first += (this.#isBid ? -pages : pages) * PLACES_PER_PAGE;
    this.#takeIn();
  }

  /** Moves the levels from a page on into the tree. */
  #evict(fromPage: number): void {
    const places: number[] = [];
    this.#pages.each((place, size) => {
      const price = this.#priceAt(place);
      this.#tree.set(price, this.#sizeOf(price, size));
      return places.push(place) > 0;
    }, fromPage);
    for (const place of places) this.#clear(place, this.#priceAt(place));
  }

  /** Moves the levels of the tree that have a place in the ladder. */
  #takeIn(): void {
    for (let price = this.#tree.minKey(); price !== undefined; price = this.#tree.minKey()) {
      const steps = (price as number) / this.#step;
      const place = this.#isBid ? this.#first - steps : steps - this.#first;
      if (place >= PLACES) return;
      this.#fill(place, price as number, this.#tree.get(price) ?? 0);
      this.#tree.delete(price);
    }
  }

  /** Finds the step of which this price is a multiple, too. */
  #refine(price: number): void {
    const step = greatestCommonDivisor(price, this.#step) || 1;
    const isFirst = this.#step === 0;
    const best = isFirst ? price : ((this.best()?.[0] ?? price) as number);
    const steps = best / step;
    this.#rebuild(step, this.#isBid ? steps + HEADROOM : steps - HEADROOM);
  }

  #rebuild(step: number, first: number): void {
    this.#empty();
    this.#step = step;
    this.#stepsPerUnit = 1 / step;
    this.#first = first;
    this.#takeIn();
  }

  /** Moves all levels into the tree. */
  #empty(): void {
    this.#pages.each((place, size) => {
      const price = this.#priceAt(place);
      this.#tree.set(price, this.#sizeOf(price, size));
      return true;
    });
    this.#pages.reset();
    this.#largeSizes.clear();
  }
}

function hasPlace(price: ScaledInt): price is number {
  return typeof price === 'number' && price <= MAX_PRICE && price >= -MAX_PRICE;
}

function setIn(tree: Tree, price: ScaledInt, size: ScaledInt): void {
  if (size === 0) tree.delete(price);
  else tree.set(price, size);
}

function greatestCommonDivisor(a: number, b: number): number {
  let [larger, smaller] = [Math.abs(a), Math.abs(b)];
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
