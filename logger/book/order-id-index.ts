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

const TEXT_LENGTH = 36;
const DASH = 45;
/** The value of a character as a lower-case hex digit, by its code; negative for any other. */
const DIGITS = new Int8Array(65_536).fill(-1);
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value;

const DIGIT_CODES = Buffer.from('0123456789abcdef', 'latin1');
/** A text in the making: with its dashes, and digits that are written over. A book has many ids. */
const written = Buffer.alloc(TEXT_LENGTH, '-');

/** A UUID as four integers; a place to parse into. */
export type IdWords = Int32Array<ArrayBuffer>;

/** @returns whether `text` is a canonical UUID; then `words` holds it. */
export function parseId(text: string, words: IdWords): boolean {
  if (text.length !== TEXT_LENGTH) return false;
  const dashes =
    (text.charCodeAt(8) ^ DASH) |
    (text.charCodeAt(13) ^ DASH) |
    (text.charCodeAt(18) ^ DASH) |
    (text.charCodeAt(23) ^ DASH);
  // One character that is no digit makes its four negative, and with them the union of all.
  const a = fourDigits(text, 0);
  const b = fourDigits(text, 4);
  const c = fourDigits(text, 9);
  const d = fourDigits(text, 14);
  const e = fourDigits(text, 19);
  const f = fourDigits(text, 24);
  const g = fourDigits(text, 28);
  const h = fourDigits(text, 32);
  if (dashes !== 0 || (a | b | c | d | e | f | g | h) < 0) return false;
  words[0] = (a << 16) | b;
  words[1] = (c << 16) | d;
  words[2] = (e << 16) | f;
  words[3] = (g << 16) | h;
  return true;
}

function fourDigits(text: string, at: number): number {
  return (
    ((DIGITS[text.charCodeAt(at)] as number) << 12) |
    ((DIGITS[text.charCodeAt(at + 1)] as number) << 8) |
    ((DIGITS[text.charCodeAt(at + 2)] as number) << 4) |
    (DIGITS[text.charCodeAt(at + 3)] as number)
  );
}

/** The canonical text of four integers at `at`. */
export function formatId(words: Int32Array, at: number): string {
  const [a, b] = [words[at] as number, words[at + 1] as number];
  const [c, d] = [words[at + 2] as number, words[at + 3] as number];
  putFourDigits(a >>> 16, 0);
  putFourDigits(a, 4);
  putFourDigits(b >>> 16, 9);
  putFourDigits(b, 14);
  putFourDigits(c >>> 16, 19);
  putFourDigits(c, 24);
  putFourDigits(d >>> 16, 28);
  putFourDigits(d, 32);
  return written.toString('latin1');
}

function putFourDigits(value: number, at: number): void {
  written[at] = DIGIT_CODES[(value >>> 12) & 15] as number;
  written[at + 1] = DIGIT_CODES[(value >>> 8) & 15] as number;
  written[at + 2] = DIGIT_CODES[(value >>> 4) & 15] as number;
  written[at + 3] = DIGIT_CODES[value & 15] as number;
}

export class OrderIdIndex {
  /** Ids by slot, four words each. */
  #ids: Int32Array;
  readonly #wanted: IdWords = new Int32Array(4);
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

  /** -1: there is none. */
  find(id: string): number {
    if (!parseId(id, this.#wanted)) return this.#odd.get(id) ?? EMPTY;
    return this.#table[this.#place(this.#wanted, 0)] as number;
  }

  /** @returns false, and changes nothing, where the id is there already. */
  add(id: string, slot: number): boolean {
    if (!parseId(id, this.#wanted)) {
      if (this.#odd.has(id)) return false;
      this.#odd.set(id, slot);
      this.#oddTexts.set(slot, id);
      return true;
    }
    let place = this.#place(this.#wanted, 0);
    if (this.#table[place] !== EMPTY) return false;
    if (this.#used >= this.#table.length * LOAD_MAX) {
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
    if (length > FIRST_CAPACITY && this.#used < (length * LOAD_MAX) / 8) this.#rebuild(length / 2);
  }

  text(slot: number): string {
    return this.#oddTexts.get(slot) ?? formatId(this.#ids, slot * 4);
  }

  /** Where the id whose words stand at `at` is, or would be. */
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

  /** Empties a place, and moves up what stands behind it, so that searches never stop short. */
  #close(place: number): void {
    const table = this.#table;
    const mask = table.length - 1;
    const ids = this.#ids;
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

/** Most ids are random, some count upwards: every word has a part in it, stirred once. */
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
