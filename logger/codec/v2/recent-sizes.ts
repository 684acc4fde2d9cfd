/**
 * The most recent sizes in lots, latest first. Orders are moved more often than created: a size that was
 * just deleted at one price reappears at another, and round sizes recur. Encoder and decoder keep
 * identical lists.
 *
 * A size stands in a place, and moves to a new place in front of all others when it is used; what it leaves is a hole.
 * So an index is the number of places in front that are taken, which is counted by words of 32 places, and
 * nothing else moves. Places are found by a hash of the size, the latest one first.
 */

import { corrupt } from './bytes.ts';

/** Fewer would find much less, more hardly anything. */
const RECENT_SIZES = 128;
const PLACES = 1024;
/** Copied: making them one by one takes fifteen times as long, and a block has two lists. */
const ZEROS: readonly number[] = Array.from({ length: PLACES }, () => 0);
const WORD_BITS = 5;
const WORD = 1 << WORD_BITS;
const WORDS = PLACES / WORD;
const HASH_BITS = 9;
const NOWHERE = -1;

export class RecentSizes {
  readonly #sizes = ZEROS.slice();
  /** A bit for each place that is taken, in each word the highest one first, and the number of them. */
  readonly #taken = new Int32Array(WORDS);
  readonly #numbers = new Int32Array(WORDS);
  /** The first place by hash, and for each place the next one with its hash. */
  readonly #heads = new Int16Array(1 << HASH_BITS).fill(NOWHERE);
  readonly #next = new Int16Array(PLACES);
  /** The number of sizes that were not in the list. */
  added = 0;
  #count = 0;
  /** The place of the latest size. */
  #first = PLACES;
  /** Behind the place of the oldest one. */
  #end = PLACES;
  /** What was found last. */
  #foundIndex = NOWHERE;
  #foundPlace = 0;

  /** The index of `size`, or -1. */
  find(size: number): number {
    const place = this.#placeOf(size);
    if (place === NOWHERE) return NOWHERE;
    const numbers = this.#numbers;
    const word = place >> WORD_BITS;
    let index = onesIn((this.#taken[word] as number) & ~(-1 >>> (place & (WORD - 1))));
    for (let i = this.#first >> WORD_BITS; i < word; i++) index += numbers[i] as number;
    this.#foundIndex = index;
    this.#foundPlace = place;
    return index;
  }

  /** Moves the size at `index` to the front and returns it. */
  use(index: number): number {
    if (index >= this.#count) {
      throw corrupt(
        index >= RECENT_SIZES
          ? 'an index is beyond the recent sizes'
          : 'it refers to an unknown recent size',
      );
    }
    const place = index === this.#foundIndex ? this.#foundPlace : this.#placeAt(index);
    const size = this.#sizes[place] as number;
    this.#remove(place, size);
    this.#put(size);
    return size;
  }

  /** Adds a size to the front, whether or not it is in the list; drops the oldest of too many. */
  addNew(size: number): void {
    this.added++;
    if (this.#count === RECENT_SIZES) this.#dropOldest();
    this.#put(size);
  }

  /** Moves `size` to the front, or adds it. */
  add(size: number): void {
    const place = this.#placeOf(size);
    if (place === NOWHERE) {
      this.addNew(size);
    } else {
      this.#remove(place, size);
      this.#put(size);
    }
  }

  #placeOf(size: number): number {
    const sizes = this.#sizes;
    let place = this.#heads[hashOf(size)] as number;
    while (place !== NOWHERE && sizes[place] !== size) place = this.#next[place] as number;
    return place;
  }

  #placeAt(index: number): number {
    const numbers = this.#numbers;
    let word = this.#first >> WORD_BITS;
    let left = index;
    for (let here = numbers[word] as number; left >= here; here = numbers[word] as number) {
      left -= here;
      word++;
    }
    let taken = this.#taken[word] as number;
    for (; left > 0; left--) taken &= ~highest(taken);
    return (word << WORD_BITS) + Math.clz32(taken);
  }

  #remove(place: number, size: number): void {
    const next = this.#next;
    const hash = hashOf(size);
    const head = this.#heads[hash] as number;
    if (head === place) {
      this.#heads[hash] = next[place] as number;
    } else {
      let before = head;
      while (next[before] !== place) before = next[before] as number;
      next[before] = next[place] as number;
    }
    const word = place >> WORD_BITS;
    this.#taken[word]! &= ~bitOf(place);
    this.#numbers[word]! -= 1;
    this.#count--;
  }

  #put(size: number): void {
    if (this.#first === 0) this.#compact();
    const place = --this.#first;
    this.#sizes[place] = size;
    const hash = hashOf(size);
    this.#next[place] = this.#heads[hash] as number;
    this.#heads[hash] = place;
    const word = place >> WORD_BITS;
    this.#taken[word]! |= bitOf(place);
    this.#numbers[word]! += 1;
    this.#count++;
    this.#foundIndex = NOWHERE;
  }

  #dropOldest(): void {
    let word = (this.#end - 1) >> WORD_BITS;
    while (this.#taken[word] === 0) word--;
    const taken = this.#taken[word] as number;
    const place = (word << WORD_BITS) + Math.clz32(taken & -taken);
    this.#end = place;
    this.#remove(place, this.#sizes[place] as number);
  }

  /** Moves all sizes to the last places. */
  #compact(): void {
    const sizes: number[] = [];
    for (let place = PLACES - 1; place >= 0; place--) {
      const isTaken = ((this.#taken[place >> WORD_BITS] as number) & bitOf(place)) !== 0;
      if (isTaken) sizes.push(this.#sizes[place] as number);
    }
    this.#taken.fill(0);
    this.#numbers.fill(0);
    this.#heads.fill(NOWHERE);
    this.#count = 0;
    this.#first = PLACES;
    this.#end = PLACES;
    for (const size of sizes) this.#put(size);
  }
}

function hashOf(size: number): number {
  return Math.imul(size, 0x9e3779b1) >>> (32 - HASH_BITS);
}

/** A place's bit in its word. */
function bitOf(place: number): number {
  return 0x80000000 >>> (place & (WORD - 1));
}

function highest(bits: number): number {
  return 0x80000000 >>> Math.clz32(bits);
}

function onesIn(bits: number): number {
  const pairs = bits - ((bits >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
