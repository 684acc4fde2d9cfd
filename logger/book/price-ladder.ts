/**
 * One side of an L2 book. Prices near the best have places in a ladder, where setting a size and finding
 * the best price take a fixed number of steps. The others, which seldom change, are in a sorted tree.
 *
 * Places count from the better end, in steps: the largest distance of which all prices are multiples.
 * The ladder is cut into pages of 32 places, of which only those in use exist; a word of bits says which
 * places of a page are taken, and bits above it which pages are in use. No price in the tree is better
 * than the ladder. When a price comes that is, or the best price falls out of the first three quarters,
 * the ladder moves.
 *
 * Once a price beyond 2^53 comes, everything is in the tree. A size beyond 2^53 is kept beside the ladder.
 */

import SortedBTree from 'sorted-btree';
import { highestFirst, lowestFirst } from '../market/decimal.ts';
import type { ScaledInt } from '../market/decimal.ts';
import type { Levels } from '../market/events.ts';
import type { LevelSide, Side } from './level-book.ts';

// The package is CommonJS with a `default` export, so Node's import yields its exports object.
const BTree = SortedBTree.default;
type Tree = InstanceType<typeof BTree<ScaledInt, ScaledInt>>;

/** Nine of ten changes of a busy book are within this range, and a page that is in use costs 256 bytes. */
const PAGES = 1024;
const PLACES_PER_PAGE = 32;
const PLACES = PAGES * PLACES_PER_PAGE;
/** Left free before the best price when the ladder moves, for better ones to come. */
const HEADROOM = PLACES / 4;
/** A best price beyond it moves the ladder. */
const LAST_BEST_PLACE = (PLACES / 4) * 3;
const FIRST_POOL_PAGES = 8;
const NO_PAGE = -1;
const NO_PLACE = -1;

export class PriceLadder implements LevelSide {
  readonly #isBid: boolean;
  /** Prices are multiples of it; 0: there was none yet. */
  #step = 0;
  #stepsPerUnit = Number.POSITIVE_INFINITY;
  /** The price of place 0, in steps. */
  #first = 0;
  /** The places taken of each page, … */
  readonly #places: Uint32Array;
  /** … the pages in use of each group of 32, … */
  readonly #pages: Uint32Array;
  /** … and the groups in use. */
  readonly #groups: Uint32Array;
  /** Where the sizes of a page are in the pool. */
  readonly #slots: Int16Array;
  #pool: Float64Array;
  #freeSlots: number[];
  #usedSlots: number;
  /** Levels in the ladder. */
  #count = 0;
  readonly #tree: Tree;
  /** Sizes beyond 2^53 by price; the ladder holds infinity for them. */
  readonly #largeSizes: Map<number, bigint>;
  #isTreeOnly = false;

  constructor(side: Side, from?: PriceLadder) {
    this.#isBid = side === 'bid';
    if (from) {
      this.#step = from.#step;
      this.#stepsPerUnit = from.#stepsPerUnit;
      this.#first = from.#first;
      this.#places = from.#places.slice();
      this.#pages = from.#pages.slice();
      this.#groups = from.#groups.slice();
      this.#slots = from.#slots.slice();
      this.#pool = from.#pool.slice();
      this.#freeSlots = [...from.#freeSlots];
      this.#usedSlots = from.#usedSlots;
      this.#count = from.#count;
      this.#tree = from.#tree.clone();
      this.#largeSizes = new Map(from.#largeSizes);
      this.#isTreeOnly = from.#isTreeOnly;
    } else {
      this.#places = new Uint32Array(PAGES);
      this.#pages = new Uint32Array(PAGES / 32);
      this.#groups = new Uint32Array(Math.ceil(PAGES / 32 / 32));
      this.#slots = new Int16Array(PAGES).fill(NO_PAGE);
      this.#pool = new Float64Array(FIRST_POOL_PAGES * PLACES_PER_PAGE);
      this.#freeSlots = [];
      this.#usedSlots = 0;
      this.#tree = new BTree<ScaledInt, ScaledInt>(
        undefined,
        this.#isBid ? highestFirst : lowestFirst,
      );
      this.#largeSizes = new Map();
    }
  }

  get size(): number {
    return this.#count + this.#tree.size;
  }

  set(levels: Levels): void {
    for (let i = 0; i + 1 < levels.length; i += 2) {
      this.#setOne(levels[i] as ScaledInt, levels[i + 1] as ScaledInt);
    }
    this.#follow();
  }

  best(): readonly [ScaledInt, ScaledInt] | undefined {
    const place = this.#bestPlace();
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
    this.#eachPlace((place) => {
      if (flat.length >= wanted) return false;
      flat.push(this.#priceAt(place), this.#sizeAt(place));
      return true;
    });
    for (const [price, size] of this.#tree.entries()) {
      if (flat.length >= wanted) break;
      flat.push(price, size);
    }
    return flat;
  }

  #setOne(price: ScaledInt, size: ScaledInt): void {
    if (this.#isTreeOnly || typeof price !== 'number') {
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
    const page = place >>> 5;
    const bit = 1 << (place & 31);
    const taken = this.#places[page] as number;
    if (taken === 0) this.#usePage(page);
    if ((taken & bit) === 0) {
      this.#places[page] = taken | bit;
      this.#count++;
    }
    const at = (this.#slots[page] as number) * PLACES_PER_PAGE + (place & 31);
    if (typeof size === 'number') {
      this.#pool[at] = size;
      if (this.#largeSizes.size > 0) this.#largeSizes.delete(price);
    } else {
      this.#pool[at] = Number.POSITIVE_INFINITY;
      this.#largeSizes.set(price, size);
    }
  }

  #clear(place: number, price: number): void {
    if (place < 0) return;
    const page = place >>> 5;
    const bit = 1 << (place & 31);
    const taken = this.#places[page] as number;
    if ((taken & bit) === 0) return;
    this.#places[page] = taken & ~bit;
    this.#count--;
    if (this.#largeSizes.size > 0) this.#largeSizes.delete(price);
    if ((taken & ~bit) === 0) this.#leavePage(page);
  }

  #usePage(page: number): void {
    const slot = this.#freeSlots.pop() ?? this.#usedSlots++;
    if (slot * PLACES_PER_PAGE === this.#pool.length) {
      const grown = new Float64Array(this.#pool.length * 2);
      grown.set(this.#pool);
      this.#pool = grown;
    }
    this.#slots[page] = slot;
    this.#mark(page);
  }

  #mark(page: number): void {
    this.#pages[page >>> 5]! |= 1 << (page & 31);
    this.#groups[page >>> 10]! |= 1 << ((page >>> 5) & 31);
  }

  #leavePage(page: number): void {
    this.#freeSlots.push(this.#slots[page] as number);
    this.#slots[page] = NO_PAGE;
    const pages = (this.#pages[page >>> 5]! &= ~(1 << (page & 31)));
    if (pages === 0) this.#groups[page >>> 10]! &= ~(1 << ((page >>> 5) & 31));
  }

  #bestPlace(): number {
    for (let group = 0; group < this.#groups.length; group++) {
      const groups = this.#groups[group] as number;
      if (groups === 0) continue;
      const word = group * 32 + lowestBit(groups);
      const page = word * 32 + lowestBit(this.#pages[word] as number);
      return page * PLACES_PER_PAGE + lowestBit(this.#places[page] as number);
    }
    return NO_PLACE;
  }

  /** Best first, until `visit` returns false. */
  #eachPlace(visit: (place: number) => boolean): void {
    for (let word = 0; word < this.#pages.length; word++) {
      for (let pages = this.#pages[word] as number; pages !== 0; pages &= pages - 1) {
        const page = word * 32 + lowestBit(pages);
        for (let taken = this.#places[page] as number; taken !== 0; taken &= taken - 1) {
          if (!visit(page * PLACES_PER_PAGE + lowestBit(taken))) return;
        }
      }
    }
  }

  #priceAt(place: number): number {
    return (this.#isBid ? this.#first - place : this.#first + place) * this.#step;
  }

  #sizeAt(place: number): ScaledInt {
    const slot = this.#slots[place >>> 5] as number;
    const size = this.#pool[slot * PLACES_PER_PAGE + (place & 31)] as number;
    return Number.isFinite(size) ? size : (this.#largeSizes.get(this.#priceAt(place)) ?? 0);
  }

  /** Moves the ladder if the best price has left its better part. */
  #follow(): void {
    const place = this.#bestPlace();
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
    this.#shift(pages);
    this.#first += (this.#isBid ? -pages : pages) * PLACES_PER_PAGE;
    this.#takeIn();
  }

  /** Moves the levels from a page on into the tree. */
  #evict(fromPage: number): void {
    for (let page = fromPage; page < PAGES; page++) {
      for (let taken = this.#places[page] as number; taken !== 0; taken &= taken - 1) {
        const place = page * PLACES_PER_PAGE + lowestBit(taken);
        const price = this.#priceAt(place);
        this.#tree.set(price, this.#sizeAt(place));
        this.#clear(place, price);
      }
    }
  }

  /** Gives every page a number that is lower by `by`. Those that lose theirs must be empty. */
  #shift(by: number): void {
    for (const ofPages of [this.#places, this.#slots]) {
      ofPages.copyWithin(Math.max(0, -by), Math.max(0, by), PAGES - Math.max(0, -by));
    }
    const [from, to] = by > 0 ? [PAGES - by, PAGES] : [0, -by];
    this.#places.fill(0, from, to);
    this.#slots.fill(NO_PAGE, from, to);
    this.#pages.fill(0);
    this.#groups.fill(0);
    for (let page = 0; page < PAGES; page++) if (this.#places[page] !== 0) this.#mark(page);
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
    this.#eachPlace((place) => this.#tree.set(this.#priceAt(place), this.#sizeAt(place)));
    this.#places.fill(0);
    this.#pages.fill(0);
    this.#groups.fill(0);
    this.#slots.fill(NO_PAGE);
    this.#freeSlots = [];
    this.#usedSlots = 0;
    this.#count = 0;
    this.#largeSizes.clear();
  }
}

function setIn(tree: Tree, price: ScaledInt, size: ScaledInt): void {
  if (size === 0) tree.delete(price);
  else tree.set(price, size);
}

/** The index of the lowest bit that is set. */
function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function greatestCommonDivisor(a: number, b: number): number {
  let [larger, smaller] = [Math.abs(a), Math.abs(b)];
  while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
