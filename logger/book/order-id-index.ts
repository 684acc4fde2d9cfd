/**
 * From order id to a slot in the pool. Ids are UUIDs in nearly all cases: 128 bits, kept as four
 * integers in an open-addressing table, which costs a fraction of a `Map` of strings in time and
 * memory. Only the canonical text (lower case, with its dashes) is taken for a UUID, so that every
 * id comes back as it was written; any other text goes into a `Map` beside it.
 */

const EMPTY = -1;
const FIRST_CAPACITY = 64;
/** The table is kept at most half full: searches stay short. */
const LOAD_MAX = 0.5;

const HEX_DIGITS = 36;
/** Places of the hex digits of each of the four words, and of the dashes. */
const WORDS: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7],
  [9, 10, 11, 12, 14, 15, 16, 17],
  [19, 20, 21, 22, 24, 25, 26, 27],
  [28, 29, 30, 31, 32, 33, 34, 35],
];
const DASHES = [8, 13, 18, 23];
const DASH = 45;

/** A UUID as four integers; a place to parse into. */
export type IdWords = Int32Array<ArrayBuffer>;

/** @returns whether `text` is a canonical UUID; then `words` holds it. */
export function parseId(text: string, words: IdWords): boolean {
  if (text.length !== HEX_DIGITS) return false;
  for (const place of DASHES) if (text.charCodeAt(place) !== DASH) return false;
  for (let word = 0; word < 4; word++) {
    let value = 0;
    for (const place of WORDS[word] as readonly number[]) {
      const code = text.charCodeAt(place);
      const isDigit = code >= 48 && code <= 57;
      if (!isDigit && !(code >= 97 && code <= 102)) return false;
      value = (value << 4) | (isDigit ? code - 48 : code - 87);
    }
    words[word] = value;
  }
  return true;
}

/** The canonical text of four integers at `at`. */
export function formatId(words: Int32Array, at: number): string {
  let hex = '';
  for (let word = 0; word < 4; word++) {
    hex += ((words[at + word] as number) >>> 0).toString(16).padStart(8, '0');
  }
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export class OrderIdIndex {
  /** Ids by slot, four words each: the index holds no ids of its own. Belongs to the pool. */
  readonly #ids: () => Int32Array;
  readonly #wanted: IdWords = new Int32Array(4);
  #table: Int32Array;
  #used = 0;
  readonly #odd: Map<string, number>;
  readonly #oddTexts: Map<number, string>;

  constructor(ids: () => Int32Array, from?: OrderIdIndex) {
    this.#ids = ids;
    this.#table = from ? from.#table.slice() : new Int32Array(FIRST_CAPACITY).fill(EMPTY);
    this.#used = from ? from.#used : 0;
    this.#odd = new Map(from ? from.#odd : []);
    this.#oddTexts = new Map(from ? from.#oddTexts : []);
  }

  /** -1: there is none. */
  find(id: string): number {
    if (!parseId(id, this.#wanted)) return this.#odd.get(id) ?? EMPTY;
    return this.#table[this.#place()] as number;
  }

  /** @param slot whose id is stored by this, if it is a UUID. The id must not be there yet. */
  add(id: string, slot: number): void {
    const ids = this.#ids();
    if (!parseId(id, this.#wanted)) {
      this.#odd.set(id, slot);
      this.#oddTexts.set(slot, id);
      return;
    }
    for (let word = 0; word < 4; word++) ids[slot * 4 + word] = this.#wanted[word] as number;
    if (++this.#used > this.#table.length * LOAD_MAX) this.#rebuild(this.#table.length * 2);
    this.#table[this.#place()] = slot;
  }

  /** The id must be there. */
  remove(id: string, slot: number): void {
    if (this.#oddTexts.delete(slot)) {
      this.#odd.delete(id);
      return;
    }
    parseId(id, this.#wanted);
    this.#close(this.#place());
    this.#used--;
    const { length } = this.#table;
    if (length > FIRST_CAPACITY && this.#used < (length * LOAD_MAX) / 8) this.#rebuild(length / 2);
  }

  text(slot: number): string {
    return this.#oddTexts.get(slot) ?? formatId(this.#ids(), slot * 4);
  }

  /** Where the wanted id stands, or would. */
  #place(): number {
    const table = this.#table;
    const mask = table.length - 1;
    const ids = this.#ids();
    const wanted = this.#wanted;
    let place = hash(wanted, 0) & mask;
    for (;;) {
      const slot = table[place] as number;
      if (slot === EMPTY || isSame(ids, slot * 4, wanted)) return place;
      place = (place + 1) & mask;
    }
  }

  /** Empties a place, and moves up what stands behind it, so that searches never stop short. */
  #close(place: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    const ids = this.#ids();
    let hole = place;
    for (let next = (place + 1) & mask; ; next = (next + 1) & mask) {
      const slot = table[next] as number;
      if (slot === EMPTY) break;
      const home = hash(ids, slot * 4) & mask;
      // It may move into the hole only if the hole is not before its home.
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        table[hole] = slot;
        hole = next;
      }
    }
    table[hole] = EMPTY;
  }

  #rebuild(capacity: number): void {
    const old = this.#table;
    const ids = this.#ids();
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

/** Most ids are random, some count upwards: every word has a part in it, stirred once. */
function hash(words: Int32Array, at: number): number {
  let value = Math.imul((words[at] as number) ^ (words[at + 2] as number), 0x9e3779b1);
  value ^= Math.imul((words[at + 1] as number) ^ (words[at + 3] as number), 0x85ebca6b);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return value ^ (value >>> 13);
}

function isSame(words: Int32Array, at: number, wanted: IdWords): boolean {
  return (
    words[at] === wanted[0] &&
    words[at + 1] === wanted[1] &&
    words[at + 2] === wanted[2] &&
    words[at + 3] === wanted[3]
  );
}
