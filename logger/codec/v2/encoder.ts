/**
 * Writes decisions as one binary fraction (a range coder) and random bits as they are, beside it. The
 * fraction is known to lie in [low, low + range); each decision takes its share of that, and what can
 * change no more is written out.
 */

import { ByteWriter } from './bytes.ts';
import type { Coder } from './coder.ts';
import { afterOne, afterZero, freshContexts, PROBABILITY_BITS } from './probability.ts';

export const FIRST_RANGE = 0x7fffffff;
/** Below this, a byte of the fraction is settled but for a carry. */
export const MIN_RANGE = 1 << 23;
const SIGN = 0x80000000 | 0;
const CHUNK_BITS = 24;
const CHUNK = 2 ** CHUNK_BITS;

export class Encoder implements Coder {
  readonly isReading = false;
  readonly #contexts: Int32Array;
  readonly #coded = new ByteWriter();
  readonly #raw = new ByteWriter();
  /** Unsigned, of 32 bits, as a signed integer. */
  #low = 0;
  #range = FIRST_RANGE;
  #held = 0;
  #heldBits = 0;

  constructor(contexts: number) {
    this.#contexts = freshContexts(contexts);
  }

  bit(context: number, bit: number): number {
    const state = this.#contexts[context] as number;
    const range = this.#range;
    const share = Math.imul(range >>> PROBABILITY_BITS, state >>> 8);
    if (bit === 1) {
      this.#contexts[context] = afterOne(state);
      this.#range = share;
      if (share < MIN_RANGE) this.#shift();
    } else {
      this.#contexts[context] = afterZero(state);
      const before = this.#low;
      const low = (before + share) | 0;
      // The unsigned sum is smaller than a summand: it went beyond 32 bits.
      if ((low ^ SIGN) < (before ^ SIGN)) this.#coded.carry();
      this.#low = low;
      const rest = range - share;
      this.#range = rest;
      if (rest < MIN_RANGE) this.#shift();
    }
    return bit;
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
    this.#finishCoded();
    if (this.#heldBits > 0) this.#raw.byte(this.#held);
    return { coded: this.#coded.bytes(), raw: this.#raw.bytes() };
  }

  /** Writes out what is settled. */
  #shift(): void {
    do {
      this.#coded.byte(this.#low >>> 24);
      this.#low <<= 8;
      this.#range <<= 8;
    } while (this.#range < MIN_RANGE);
  }

  /** Writes the shortest fraction in the range; what follows its last byte is taken for zeros. */
  #finishCoded(): void {
    const low = this.#low >>> 0;
    let bits = 24;
    let value = 0;
    for (; bits >= 0; bits -= 8) {
      value = Math.ceil(low / 2 ** bits) * 2 ** bits;
      if (value < low + this.#range) break;
    }
    if (value >= 2 ** 32) {
      this.#coded.carry();
      value -= 2 ** 32;
    }
    for (; value > 0; value = (value * 256) % 2 ** 32) {
      this.#coded.byte(Math.floor(value / 2 ** 24));
    }
  }

  #rawChunk(value: number, bits: number): void {
    let held = this.#held | (value << this.#heldBits);
    let heldBits = this.#heldBits + bits;
    while (heldBits >= 8) {
      this.#raw.byte(held & 255);
      held >>>= 8;
      heldBits -= 8;
    }
    this.#held = held;
    this.#heldBits = heldBits;
  }
}
