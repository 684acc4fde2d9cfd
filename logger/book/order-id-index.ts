/**
 * Maps an order id to its slot in the pool. Nearly all ids are UUIDs: 128 bits, which the pool keeps as
 * four integers, and which an open-addressing hash table finds in a fraction of the time and memory of a
 * `Map` of strings. An entry of the table holds a slot and some bits of its id's hash, so that the pool
 * is seldom read for an id that is another one.
 *
 * Only the canonical text (lower case, with dashes) counts as a UUID, so that every id is returned as it
 * was written; any other text goes into a `Map`.
 */

import { formatUuid, parseUuid } from '../market/uuid.ts';
import type { UuidWords } from '../market/uuid.ts';

const NONE = -1;
const EMPTY = 0;
const FIRST_CAPACITY = 32;
/** The table is at most half full, which keeps searches short. */
const MAX_LOAD = 0.5;
/** Of an entry; the others are of the hash. */
const FIRST_SLOT_BITS = 16;

export class OrderIdIndex {
  /** Integers from one order to the next in the pool; the id is the first four. */
  readonly #stride: number;
  readonly #wanted: UuidWords = new Int32Array(4);
  /** Bits of the hash, and below them the slot plus 1. */
  #table: Int32Array;
  #slotBits: number;
  #used: number;
  /** Where the last search ended: what is found is often removed next. */
  #lastPlace = 0;
  readonly #odd: Map<string, number>;
  readonly #oddTexts: Map<number, string>;

  constructor(stride: number, from?: OrderIdIndex) {
    this.#stride = stride;
    this.#table = from ? from.#table.slice() : new Int32Array(FIRST_CAPACITY);
    this.#slotBits = from ? from.#slotBits : FIRST_SLOT_BITS;
    this.#used = from ? from.#used : 0;
    this.#odd = new Map(from ? from.#odd : []);
    this.#oddTexts = new Map(from ? from.#oddTexts : []);
  }

  /** An independent copy. */
  clone(): OrderIdIndex {
    return new OrderIdIndex(this.#stride, this);
  }

  /** The slot of an id, or -1. */
  find(id: string, pool: Int32Array): number {
    const wanted = this.#wanted;
    if (!parseUuid(id, wanted)) return this.#odd.get(id) ?? NONE;
    return this.#search(hash(wanted, 0), pool);
  }

  /** @returns false, and changes nothing, if the id exists already. */
  add(id: string, slot: number, pool: Int32Array): boolean {
    const wanted = this.#wanted;
    if (!parseUuid(id, wanted)) {
      if (this.#odd.has(id)) return false;
      this.#odd.set(id, slot);
      this.#oddTexts.set(slot, id);
      return true;
    }
    const hashed = hash(wanted, 0);
    if (this.#search(hashed, pool) !== NONE) return false;
    if (this.#used >= this.#table.length * MAX_LOAD || slot + 1 >= 1 << this.#slotBits) {
      this.#rebuild(pool, slot);
      this.#search(hashed, pool);
    }
    this.#table[this.#lastPlace] = this.#entry(hashed, slot);
    this.#used++;
    const at = slot * this.#stride;
    pool[at] = wanted[0] as number;
    pool[at + 1] = wanted[1] as number;
    pool[at + 2] = wanted[2] as number;
    pool[at + 3] = wanted[3] as number;
    return true;
  }

  /** The slot must have an id. */
  remove(slot: number, pool: Int32Array): void {
    if (this.#oddTexts.size > 0) {
      const text = this.#oddTexts.get(slot);
      if (text !== undefined) {
        this.#oddTexts.delete(slot);
        this.#odd.delete(text);
        return;
      }
    }
    this.#close(this.#placeOf(slot, pool), pool);
    this.#used--;
    const { length } = this.#table;
    if (length > FIRST_CAPACITY && this.#used < (length * MAX_LOAD) / 8) this.#rebuild(pool, slot);
  }

  text(slot: number, pool: Int32Array): string {
    return this.#oddTexts.get(slot) ?? formatUuid(pool, slot * this.#stride);
  }

  #entry(hashed: number, slot: number): number {
    return (hashed & (-1 << this.#slotBits)) | (slot + 1);
  }

  /** The slot of the wanted id, or -1. `#lastPlace` is then its place, or the one for it. */
  #search(hashed: number, pool: Int32Array): number {
    const table = this.#table;
    const mask = table.length - 1;
    const hashMask = -1 << this.#slotBits;
    const stride = this.#stride;
    const wanted = this.#wanted;
    for (let place = hashed & mask; ; place = (place + 1) & mask) {
      const entry = table[place] as number;
      if (entry === EMPTY) {
        this.#lastPlace = place;
        return NONE;
      }
      if (((entry ^ hashed) & hashMask) !== 0) continue;
      const slot = (entry & ~hashMask) - 1;
      const at = slot * stride;
      if (
        pool[at] === wanted[0] &&
        pool[at + 1] === wanted[1] &&
        pool[at + 2] === wanted[2] &&
        pool[at + 3] === wanted[3]
      ) {
        this.#lastPlace = place;
        return slot;
      }
    }
  }

  #placeOf(slot: number, pool: Int32Array): number {
    const table = this.#table;
    const slotMask = ~(-1 << this.#slotBits);
    if (((table[this.#lastPlace] as number) & slotMask) === slot + 1) return this.#lastPlace;
    const mask = table.length - 1;
    let place = hash(pool, slot * this.#stride) & mask;
    while (((table[place] as number) & slotMask) !== slot + 1) place = (place + 1) & mask;
    return place;
  }

  /**
   * Empties a place and moves later entries up, so that no search stops short (backward-shift
   * deletion).
   */
  #close(place: number, pool: Int32Array): void {
    const table = this.#table;
    const mask = table.length - 1;
    const slotMask = ~(-1 << this.#slotBits);
    let empty = place;
    for (let next = (place + 1) & mask; ; next = (next + 1) & mask) {
      const entry = table[next] as number;
      if (entry === EMPTY) break;
      const home = hash(pool, ((entry & slotMask) - 1) * this.#stride) & mask;
      // It may move only if the empty place is not before its home.
      if (((next - home) & mask) >= ((next - empty) & mask)) {
        table[empty] = entry;
        empty = next;
      }
    }
    table[empty] = EMPTY;
  }

  /** Gives the table the size that suits its entries, and an entry the bits that a slot needs. */
  #rebuild(pool: Int32Array, slot: number): void {
    const old = this.#table;
    const slotMask = ~(-1 << this.#slotBits);
    while (slot + 1 >= 1 << this.#slotBits) this.#slotBits++;
    let capacity = FIRST_CAPACITY;
    while (this.#used >= capacity * MAX_LOAD) capacity *= 2;
    const table = new Int32Array(capacity);
    for (const entry of old) {
      if (entry === EMPTY) continue;
      const moved = (entry & slotMask) - 1;
      const hashed = hash(pool, moved * this.#stride);
      let place = hashed & (capacity - 1);
      while (table[place] !== EMPTY) place = (place + 1) & (capacity - 1);
      table[place] = this.#entry(hashed, moved);
    }
    this.#table = table;
  }
}

/** Mixes all four words: most ids are random, but some count upwards. */
function hash(words: Int32Array, at: number): number {
  let value = Math.imul((words[at] as number) ^ (words[at + 2] as number), 0x9e3779b1);
  value ^= Math.imul((words[at + 1] as number) ^ (words[at + 3] as number), 0x85ebca6b);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return value ^ (value >>> 13);
}
