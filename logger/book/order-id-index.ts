/**
 * Maps an order id to its slot in the pool. Nearly all ids are UUIDs: 128 bits, kept as four
 * integers in an open-addressing hash table, which takes a fraction of the time and memory of a
 * `Map` of strings. Only the canonical text (lower case, with dashes) counts as a UUID, so that
 * every id is returned as it was written; any other text goes into a `Map`.
 */

import { formatUuid, parseUuid } from '../market/uuid.ts';
import type { UuidWords } from '../market/uuid.ts';

const EMPTY = -1;
const FIRST_CAPACITY = 64;
/** The table is at most half full, which keeps searches short. */
const MAX_LOAD = 0.5;

export class OrderIdIndex {
  /** Ids by slot, four words each. */
  #ids: Int32Array;
  readonly #wanted: UuidWords = new Int32Array(4);
  #table: Int32Array;
  #used: number;
  readonly #odd: Map<string, number>;
  readonly #oddTexts: Map<number, string>;

  constructor(from?: OrderIdIndex) {
    this.#ids = from ? from.#ids.slice() : new Int32Array(FIRST_CAPACITY * 4);
    this.#table = from ? from.#table.slice() : new Int32Array(FIRST_CAPACITY).fill(EMPTY);
    this.#used = from ? from.#used : 0;
    this.#odd = new Map(from ? from.#odd : []);
    this.#oddTexts = new Map(from ? from.#oddTexts : []);
  }

  /** The slot of an id, or -1. */
  find(id: string): number {
    if (!parseUuid(id, this.#wanted)) return this.#odd.get(id) ?? EMPTY;
    return this.#table[this.#place(this.#wanted, 0)] as number;
  }

  /** @returns false, and changes nothing, if the id exists already. */
  add(id: string, slot: number): boolean {
    if (!parseUuid(id, this.#wanted)) {
      if (this.#odd.has(id)) return false;
      this.#odd.set(id, slot);
      this.#oddTexts.set(slot, id);
      return true;
    }
    let place = this.#place(this.#wanted, 0);
    if (this.#table[place] !== EMPTY) return false;
    if (this.#used >= this.#table.length * MAX_LOAD) {
      this.#rebuild(this.#table.length * 2);
      place = this.#place(this.#wanted, 0);
    }
    while (slot * 4 >= this.#ids.length) this.#ids = grown(this.#ids, this.#ids.length * 2);
    this.#ids.set(this.#wanted, slot * 4);
    this.#table[place] = slot;
    this.#used++;
    return true;
  }

  /** The slot must have an id. */
  remove(slot: number): void {
    if (this.#oddTexts.size > 0) {
      const text = this.#oddTexts.get(slot);
      if (text !== undefined) {
        this.#oddTexts.delete(slot);
        this.#odd.delete(text);
        return;
      }
    }
    this.#close(this.#place(this.#ids, slot * 4));
    this.#used--;
    const { length } = this.#table;
    if (length > FIRST_CAPACITY && this.#used < (length * MAX_LOAD) / 8) this.#rebuild(length / 2);
  }

  text(slot: number): string {
    return this.#oddTexts.get(slot) ?? formatUuid(this.#ids, slot * 4);
  }

  /** The place in the table where the id at `words[at]` is, or would be. */
  #place(words: Int32Array, at: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    const ids = this.#ids;
    let place = hash(words, at) & mask;
    for (;;) {
      const slot = table[place] as number;
      if (slot === EMPTY) return place;
      if (isSame(ids, slot * 4, words, at)) return place;
      place = (place + 1) & mask;
    }
  }

  /**
   * Empties a place and moves later entries up, so that no search stops short (backward-shift
   * deletion).
   */
  #close(place: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    const ids = this.#ids;
    let empty = place;
    for (let next = (place + 1) & mask; ; next = (next + 1) & mask) {
      const slot = table[next] as number;
      if (slot === EMPTY) break;
      const home = hash(ids, slot * 4) & mask;
      // It may move only if the empty place is not before its home.
      if (((next - home) & mask) >= ((next - empty) & mask)) {
        table[empty] = slot;
        empty = next;
      }
    }
    table[empty] = EMPTY;
  }

  #rebuild(capacity: number): void {
    const old = this.#table;
    const ids = this.#ids;
    const mask = capacity - 1;
    const table = new Int32Array(capacity).fill(EMPTY);
    for (const slot of old) {
      if (slot === EMPTY) continue;
      let place = hash(ids, slot * 4) & mask;
      while (table[place] !== EMPTY) place = (place + 1) & mask;
      table[place] = slot;
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

function isSame(words: Int32Array, at: number, others: Int32Array, there: number): boolean {
  return (
    words[at + 1] === others[there + 1] &&
    words[at + 2] === others[there + 2] &&
    words[at + 3] === others[there + 3] &&
    words[at] === others[there]
  );
}

export function grown(values: Int32Array, capacity: number): Int32Array {
  const larger = new Int32Array(capacity);
  larger.set(values);
  return larger;
}
