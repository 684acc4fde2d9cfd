/**
 * Writes decisions as one binary fraction (a range coder) and random bits as they are, beside it. The
 * fraction is known to lie in [low, low + range); each decision takes its share of that, and what can
 * change no more is written out.
 *
 * Decisions are gathered, and coded many at a time by one loop that keeps all it needs in registers.
 */

import type { Coder } from './coder.ts';
import * as limits from './number-limits.ts';
import * as model from './probability.ts';
import { freshContexts } from './probability.ts';

// Copies: what is imported is looked up at each use.
const { ESCAPED, LENGTHS, LENGTH_BITS, LONG, NO_NUMBER, NUMBER_LIMIT } = limits;
const { FIRST_RANGE, MIN_RANGE, ONE, SETTLED, SHARES } = model;

const SIGN = 0x80000000 | 0;
const CHUNK_BITS = 24;
const CHUNK = 2 ** CHUNK_BITS;
/** Decisions that are coded at a time, and those that a call can add beyond. */
const GATHERED = 4096;
const MOST_AT_ONCE = 64;
/** One tree has the length of a number below this. */
const SHORT = 2 ** (LONG - 1);
/** The bytes that are settled at most with a decision. */
const BYTES_AT_MOST = 2;

export class Encoder implements Coder {
  readonly isReading = false;
  readonly #contexts: Int32Array;
  /** Bytes, to some of which a carry is still added. */
  #coded = new Uint16Array(512);
  #length = 0;
  #raw = new Uint8Array(512);
  #rawLength = 0;
  /** Of each decision the context and, in the lowest bit, what was decided. */
  readonly #decisions = new Int32Array(GATHERED + MOST_AT_ONCE);
  #gathered = 0;
  /** Unsigned, of 32 bits, as a signed integer. */
  #low = 0;
  #range = FIRST_RANGE;
  #held = 0;
  #heldBits = 0;

  constructor(contexts: number) {
    this.#contexts = freshContexts(contexts);
  }

  bit(context: number, bit: number): number {
    const at = this.#gathered;
    this.#decisions[at] = (context << 1) | bit;
    this.#gathered = at + 1;
    if (at >= GATHERED) this.#code();
    return bit;
  }

  tree(at: number, bits: number, value: number): number {
    const decisions = this.#decisions;
    let gathered = this.#gathered;
    let node = 1;
    for (let left = bits - 1; left >= 0; left--) {
      const bit = (value >> left) & 1;
      decisions[gathered++] = ((at + node) << 1) | bit;
      node = (node << 1) | bit;
    }
    this.#gathered = gathered;
    if (gathered >= GATHERED) this.#code();
    return value;
  }

  count(at: number, limit: number, value: number): number {
    const decisions = this.#decisions;
    let gathered = this.#gathered;
    for (let i = 0; i < value; i++) decisions[gathered++] = ((at + i) << 1) | 1;
    if (value < limit) decisions[gathered++] = (at + value) << 1;
    this.#gathered = gathered;
    if (gathered >= GATHERED) this.#code();
    return value;
  }

  digits(at: number, length: number, learnt: number, value: number): number {
    if (length < 2) return length;
    const decisions = this.#decisions;
    let gathered = this.#gathered;
    let left = length - 1;
    const random = left > learnt ? left - learnt : 0;
    while (left > random) {
      const prefix = value >> left;
      left--;
      decisions[gathered++] = ((at + prefix) << 1) | ((value >> left) & 1);
    }
    this.#gathered = gathered;
    if (gathered >= GATHERED) this.#code();
    if (random > CHUNK_BITS) this.raw(value & ((1 << random) - 1), random);
    else if (random > 0) this.#rawChunk(value & ((1 << random) - 1), random);
    return value;
  }

  countDown(at: number, from: number, value: number): number {
    const decisions = this.#decisions;
    let gathered = this.#gathered;
    for (let i = from; i > value; i--) decisions[gathered++] = (at + i) << 1;
    if (value > 0) decisions[gathered++] = ((at + value) << 1) | 1;
    this.#gathered = gathered;
    if (gathered >= GATHERED) this.#code();
    return value;
  }

  number(at: number, value: number, learnt: number): number {
    if (value === 0) {
      this.bit(at, 1);
      return 0;
    }
    this.bit(at, 0);
    if (!(value > 0 && value < SHORT)) return this.#long(at + 1, value);
    const length = 32 - Math.clz32(value);
    this.tree(at + 1, LENGTH_BITS, length);
    return this.digits(at + 1 + 2 * LENGTHS + (length << learnt), length, learnt, value);
  }

  #long(at: number, value: number): number {
    this.tree(at, LENGTH_BITS, LONG);
    const isNumber = value > 0 && value < NUMBER_LIMIT;
    const length = isNumber ? 31 - Math.clz32(Math.floor(value / SHORT)) : ESCAPED;
    this.tree(at + LENGTHS, LENGTH_BITS, length);
    if (!isNumber) return NO_NUMBER;
    const bits = length + LONG - 1;
    this.raw(value % 2 ** bits, bits);
    return value;
  }

  raw(value: number, bits: number): number {
    let rest = value;
    let left = bits;
    while (left > CHUNK_BITS) {
      this.#rawChunk(rest % CHUNK, CHUNK_BITS);
      rest = Math.floor(rest / CHUNK);
      left -= CHUNK_BITS;
    }
    this.#rawChunk(rest, left);
    return value;
  }

  /** Ends both streams. */
  finish(): { readonly coded: Uint8Array; readonly raw: Uint8Array } {
    this.#code();
    if (this.#heldBits > 0) this.#rawChunk(0, 8 - this.#heldBits);
    return { coded: this.#finishCoded(), raw: this.#raw.subarray(0, this.#rawLength) };
  }

  /**
   * Codes what was gathered. There are no branches on what was decided, which nothing could predict, and no
   * loop inside, which would make this one slower.
   */
  #code(): void {
    const gathered = this.#gathered;
    this.#reserve(gathered * BYTES_AT_MOST);
    const decisions = this.#decisions;
    const contexts = this.#contexts;
    const shares = SHARES;
    const coded = this.#coded;
    // `| 0`: what is known to be an integer need not be checked in the loop.
    const one = ONE | 0;
    const settled = SETTLED | 0;
    const least = MIN_RANGE | 0;
    const sign = SIGN | 0;
    let length = this.#length | 0;
    let low = this.#low | 0;
    let range = this.#range | 0;
    for (let i = 0; i < gathered; i++) {
      const decision = decisions[i] as number;
      const context = decision >>> 1;
      const state = contexts[context] as number;
      const probability = state >>> 8;
      const seen = state & 255;
      // All bits set for a 1, and for a 0.
      const ones = (decision << 31) >> 31;
      const zeros = ~ones;
      const toMove = ((probability ^ ones) - ones + (one & ones)) | 0;
      const moved = (Math.imul(toMove, shares[seen] as number) >> 15) << 8;
      contexts[context] = (state + ((moved ^ zeros) - zeros) + ((seen - settled) >>> 31)) | 0;
      const share = Math.imul(range >>> 15, probability);
      const before = low;
      low = (before + (share & zeros)) | 0;
      range = (share & ones) | ((range - share) & zeros);
      // The unsigned sum is smaller than a summand: it went beyond 32 bits.
      if ((low ^ sign) < (before ^ sign)) coded[length - 1] = (coded[length - 1] as number) + 1;
      if (range < least) {
        coded[length++] = low >>> 24;
        low <<= 8;
        range <<= 8;
        if (range < least) {
          coded[length++] = low >>> 24;
          low <<= 8;
          range <<= 8;
        }
      }
    }
    this.#length = length;
    this.#low = low;
    this.#range = range;
    this.#gathered = 0;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#coded.length) return;
    const coded = new Uint16Array(Math.max(needed, 2 * this.#coded.length));
    coded.set(this.#coded);
    this.#coded = coded;
  }

  /** The shortest fraction in the range; what follows its last byte is taken for zeros. */
  #finishCoded(): Uint8Array {
    const low = this.#low >>> 0;
    let bits = 24;
    let value = 0;
    for (; bits >= 0; bits -= 8) {
      value = Math.ceil(low / 2 ** bits) * 2 ** bits;
      if (value < low + this.#range) break;
    }
    const bytes = new Uint8Array(this.#length + 4);
    let carry = value >= 2 ** 32 ? 1 : 0;
    for (let i = this.#length - 1; i >= 0; i--) {
      carry += this.#coded[i] as number;
      bytes[i] = carry;
      carry >>= 8;
    }
    let length = this.#length;
    for (let rest = value % 2 ** 32; rest > 0; rest = (rest * 256) % 2 ** 32) {
      bytes[length++] = Math.floor(rest / 2 ** 24);
    }
    return bytes.subarray(0, length);
  }

  #rawChunk(value: number, bits: number): void {
    let held = this.#held | (value << this.#heldBits);
    let heldBits = this.#heldBits + bits;
    if (heldBits >= 8) {
      if (this.#rawLength + 4 > this.#raw.length) this.#raw = grown(this.#raw);
      const raw = this.#raw;
      let length = this.#rawLength;
      do {
        raw[length++] = held;
        held >>>= 8;
        heldBits -= 8;
      } while (heldBits >= 8);
      this.#rawLength = length;
    }
    this.#held = held;
    this.#heldBits = heldBits;
  }
}

function grown(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(2 * bytes.length);
  more.set(bytes);
  return more;
}
