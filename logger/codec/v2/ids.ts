/**
 * Ids of orders, clients and trades. Exchanges print UUIDs, with or without dashes, and numbers; anything
 * else is stored as text. A UUID of random bits costs those bits; one that is like another one before it
 * (a time or a counter moves, the rest stays) costs the differences.
 */

import { assertInvariant } from '../../errors.ts';
import { formatUuid, parseUuid } from '../../market/uuid.ts';
import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { NEAR_CONTEXTS, codeNear, codeSigned, codeUnsigned, NO_STEP } from './numbers.ts';

/** Kinds of ids. */
const RANDOM = 0;
const WHOLE = 1;
const LIKE = 2;
const NUMBER = 3;
const TEXT = 4;
const KIND_BITS = 3;
/** The number of UUIDs that others are compared with. */
const EXAMPLES = 4;
const EXAMPLE_BITS = 2;
const WORDS = 4;
const MAX_TEXT_BYTES = 4096;

const KIND = 0;
const IS_BARE = KIND + 2 ** KIND_BITS;
const EXAMPLE = IS_BARE + 2 ** KIND_BITS;
const WORD = EXAMPLE + 2 ** EXAMPLE_BITS;
const NUMERIC = WORD + WORDS * NEAR_CONTEXTS;
export const ID_CONTEXTS = NUMERIC + NEAR_CONTEXTS;

/**
 * The fixed bits of version 4: the digit 4 in the second word, and binary 10 at the top of the
 * third.
 */
const VERSION_MASK = 0xf000;
const VERSION = 0x4000;
const VARIANT_MASK = 0xc0000000 | 0;
const VARIANT = 0x80000000 | 0;

const BARE_LENGTH = 32;
const PLAIN_NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;

export class IdModel {
  readonly #coder: Coder;
  readonly #at: number;
  /** Four words each, latest first. */
  readonly #examples: Int32Array[] = [];
  #number = 0;
  /** The words of the current id. */
  readonly #words = new Int32Array(WORDS);

  /** @param at `ID_CONTEXTS` contexts. */
  constructor(coder: Coder, at: number) {
    this.#coder = coder;
    this.#at = at;
  }

  code(id: string): string {
    const coder = this.#coder;
    let isBare = false;
    let example = -1;
    let kind = TEXT;
    if (!coder.isReading) {
      isBare = id.length === BARE_LENGTH;
      if (parseUuid(isBare ? dashed(id) : id, this.#words)) {
        example = this.#similar();
        if (example >= 0) kind = LIKE;
        else kind = isRandom(this.#words) ? RANDOM : WHOLE;
      } else if (PLAIN_NUMBER.test(id)) {
        kind = NUMBER;
      }
    }
    kind = coder.tree(this.#at + KIND, KIND_BITS, kind);
    if (kind === TEXT) return codeText(coder, id);
    if (kind === NUMBER) return this.#numeric(id);
    if (kind > TEXT) throw corrupt('no such kind of id');
    isBare = coder.bit(this.#at + IS_BARE + kind, isBare ? 1 : 0) === 1;
    if (kind === LIKE) this.#like(example);
    else this.#bits(kind === RANDOM);
    if (!coder.isReading) return id;
    const text = formatUuid(this.#words, 0);
    return isBare ? text.replaceAll('-', '') : text;
  }

  /** The example with most words in common, and at least two; -1 for none. */
  #similar(): number {
    const words = this.#words;
    let best = -1;
    let most = 1;
    for (let i = 0; i < this.#examples.length; i++) {
      const example = this.#examples[i] as Int32Array;
      let same = 0;
      for (let word = 0; word < WORDS; word++) if (example[word] === words[word]) same++;
      if (same > most) {
        best = i;
        most = same;
      }
    }
    return best;
  }

  #like(index: number): void {
    const coder = this.#coder;
    const found = coder.tree(this.#at + EXAMPLE, EXAMPLE_BITS, index);
    const example = this.#examples[found];
    if (example === undefined) throw corrupt('an id is like none');
    const words = this.#words;
    for (let word = 0; word < WORDS; word++) {
      const old = example[word] as number;
      const contexts = this.#at + WORD + word * NEAR_CONTEXTS;
      const step = codeSigned(coder, contexts, ((words[word] as number) - old) | 0);
      if (step === NO_STEP) throw corrupt('an id is too long');
      words[word] = old + step;
    }
    this.#examples.splice(found, 1);
    this.#remember();
  }

  #bits(isRandomId: boolean): void {
    const words = this.#words;
    words[0] = this.#word(0, 0, 32);
    if (isRandomId) {
      words[1] = (this.#word(1, 16, 16) << 16) | VERSION | this.#word(1, 0, 12);
      words[2] = VARIANT | this.#word(2, 0, 30);
    } else {
      words[1] = this.#word(1, 0, 32);
      words[2] = this.#word(2, 0, 32);
    }
    words[3] = this.#word(3, 0, 32);
    // Those of random bits are like no other.
    if (!isRandomId) this.#remember();
  }

  /** Some bits of a word. */
  #word(word: number, shift: number, bits: number): number {
    const value = (this.#words[word] as number) >>> shift;
    return this.#coder.raw(bits === 32 ? value : value & ((1 << bits) - 1), bits);
  }

  #remember(): void {
    this.#examples.unshift(Int32Array.from(this.#words));
    if (this.#examples.length > EXAMPLES) this.#examples.pop();
  }

  #numeric(id: string): string {
    const number = codeNear(this.#coder, this.#at + NUMERIC, Number(id), this.#number);
    if (number < 0) throw corrupt('a numeric id is negative');
    this.#number = number;
    return String(number);
  }
}

function isRandom([, second, third]: Int32Array): boolean {
  const isVersion = ((second as number) & VERSION_MASK) === VERSION;
  return isVersion && ((third as number) & VARIANT_MASK) === VARIANT;
}

function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Text as it is: the number of its bytes in UTF-8, then these. */
export function codeText(coder: Coder, text: string): string {
  const bytes = Buffer.from(coder.isReading ? '' : text, 'utf8');
  if (!coder.isReading) {
    const isWhole = bytes.length <= MAX_TEXT_BYTES && bytes.toString('utf8') === text;
    assertInvariant(isWhole, 'Texts are well-formed and short: adapters check that');
  }
  const length = codeUnsigned(coder, bytes.length);
  if (length > MAX_TEXT_BYTES) throw corrupt('a text is too long');
  const read = Buffer.alloc(length);
  for (let i = 0; i < length; i++) read[i] = coder.raw(bytes[i] ?? 0, 8);
  if (!coder.isReading) return text;
  const found = read.toString('utf8');
  if (!Buffer.from(found, 'utf8').equals(read)) throw corrupt('a text is not UTF-8');
  return found;
}
