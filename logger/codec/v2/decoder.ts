/** Reads what `encoder.ts` wrote: keeps the distance of the stored fraction from the encoder's `low`. */

import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import * as limits from './number-limits.ts';
import * as model from './probability.ts';
import { freshContexts } from './probability.ts';

// Copies: what is imported is looked up at each use.
const { ESCAPED, LENGTHS, LENGTH_BITS, LONG, MAX_LENGTH, NO_NUMBER } = limits;
const { FIRST_RANGE, MIN_RANGE, ONE, PROBABILITY_BITS, SETTLED, SHARES: shares } = model;

/** The bytes that the decoder is ahead: beyond the end they are zeros. */
const AHEAD_BYTES = 4;
const CHUNK_BITS = 24;
const CHUNK = 2 ** CHUNK_BITS;

export class Decoder implements Coder {
  readonly isReading = true;
  readonly #contexts: Int32Array;
  readonly #coded: Uint8Array;
  readonly #raw: Uint8Array;
  #codedAt = 0;
  #rawAt = 0;
  /** Below `#range`. */
  #distance = 0;
  #range = FIRST_RANGE;
  #held = 0;
  #heldBits = 0;

  /** @throws RecordCorruptError, as every method does, at the end of a stream. */
  constructor(contexts: number, coded: Uint8Array, raw: Uint8Array) {
    this.#contexts = freshContexts(contexts);
    this.#coded = coded;
    this.#raw = raw;
    for (let i = 0; i < AHEAD_BYTES; i++) this.#distance = (this.#distance << 8) | this.#next();
    if (this.#distance < 0 || this.#distance >= FIRST_RANGE) throw corrupt('no such fraction');
  }

  bit(context: number): number {
    const contexts = this.#contexts;
    const state = contexts[context] as number;
    const probability = state >>> 8;
    const seen = state & 255;
    const range = this.#range;
    const distance = this.#distance;
    const share = Math.imul(range >>> PROBABILITY_BITS, probability);
    let bit = 0;
    let rest = 0;
    if (distance < share) {
      const moved = Math.imul(ONE - probability, shares[seen] as number) >> PROBABILITY_BITS;
      contexts[context] = state + (moved << 8) + ((seen - SETTLED) >>> 31);
      this.#range = rest = share;
      bit = 1;
    } else {
      const moved = Math.imul(probability, shares[seen] as number) >> PROBABILITY_BITS;
      contexts[context] = state - (moved << 8) + ((seen - SETTLED) >>> 31);
      this.#distance = distance - share;
      this.#range = rest = range - share;
    }
    if (rest < MIN_RANGE) this.#shift();
    return bit;
  }

  tree(at: number, bits: number): number {
    const contexts = this.#contexts;
    let range = this.#range;
    let distance = this.#distance;
    let node = 1;
    for (let left = bits; left > 0; left--) {
      const context = at + node;
      const state = contexts[context] as number;
      const seen = state & 255;
      const probability = state >>> 8;
      const share = Math.imul(range >>> PROBABILITY_BITS, probability);
      // All bits set for a 1, and for a 0: no branch on what nothing could predict.
      const ones = (distance - share) >> 31;
      const zeros = ~ones;
      const toMove = (probability ^ ones) - ones + (ONE & ones);
      const moved = (Math.imul(toMove, shares[seen] as number) >> PROBABILITY_BITS) << 8;
      contexts[context] = state + ((moved ^ zeros) - zeros) + ((seen - SETTLED) >>> 31);
      range = (share & ones) | ((range - share) & zeros);
      distance -= share & zeros;
      node = (node << 1) - ones;
      if (range < MIN_RANGE) {
        distance = (distance << 8) | this.#next();
        range <<= 8;
        if (range < MIN_RANGE) {
          distance = (distance << 8) | this.#next();
          range <<= 8;
        }
      }
    }
    this.#range = range;
    this.#distance = distance;
    return node - (1 << bits);
  }

  count(at: number, limit: number): number {
    const contexts = this.#contexts;
    let range = this.#range;
    let distance = this.#distance;
    let count = 0;
    while (count < limit) {
      const context = at + count;
      const state = contexts[context] as number;
      const seen = state & 255;
      const probability = state >>> 8;
      const share = Math.imul(range >>> PROBABILITY_BITS, probability);
      const isZero = distance >= share;
      if (isZero) {
        const moved = Math.imul(probability, shares[seen] as number) >> PROBABILITY_BITS;
        contexts[context] = state - (moved << 8) + ((seen - SETTLED) >>> 31);
        range -= share;
        distance -= share;
      } else {
        const moved = Math.imul(ONE - probability, shares[seen] as number) >> PROBABILITY_BITS;
        contexts[context] = state + (moved << 8) + ((seen - SETTLED) >>> 31);
        range = share;
        count++;
      }
      if (range < MIN_RANGE) {
        distance = (distance << 8) | this.#next();
        range <<= 8;
        if (range < MIN_RANGE) {
          distance = (distance << 8) | this.#next();
          range <<= 8;
        }
      }
      if (isZero) break;
    }
    this.#range = range;
    this.#distance = distance;
    return count;
  }

  countDown(at: number, from: number): number {
    let value = from;
    while (value > 0 && this.bit(at + value) === 0) value--;
    return value;
  }

  number(at: number, _: number, learnt: number): number {
    if (this.bit(at) === 1) return 0;
    const length = this.tree(at + 1, LENGTH_BITS);
    if (length === LONG) return this.#long(at + 1 + LENGTHS);
    return this.digits(at + 1 + 2 * LENGTHS + (length << learnt), length, learnt);
  }

  #long(at: number): number {
    const length = this.tree(at, LENGTH_BITS);
    if (length === ESCAPED) return NO_NUMBER;
    const bits = length + LONG - 1;
    if (bits >= MAX_LENGTH) throw corrupt('a number is too long');
    return 2 ** bits + this.raw(0, bits);
  }

  digits(at: number, length: number, learnt: number): number {
    if (length < 2) return length;
    const known = Math.min(learnt, length - 1);
    const random = length - 1 - known;
    const prefix = (1 << known) | this.tree(at, known);
    if (random === 0) return prefix;
    return (
      (prefix << random) | (random > CHUNK_BITS ? this.raw(0, random) : this.#rawChunk(random))
    );
  }

  raw(_: number, bits: number): number {
    if (bits <= CHUNK_BITS) return this.#rawChunk(bits);
    const low = this.#rawChunk(CHUNK_BITS);
    return this.raw(0, bits - CHUNK_BITS) * CHUNK + low;
  }

  /** @throws RecordCorruptError if anything but the last byte's zero padding is left. */
  end(): void {
    const isCodedLeft = this.#codedAt < this.#coded.length;
    if (isCodedLeft || this.#rawAt !== this.#raw.length || this.#held !== 0) {
      throw corrupt('there is more than it declares');
    }
  }

  #shift(): void {
    do {
      this.#distance = (this.#distance << 8) | this.#next();
      this.#range <<= 8;
    } while (this.#range < MIN_RANGE);
  }

  #next(): number {
    const at = this.#codedAt++;
    if (at < this.#coded.length) return this.#coded[at] as number;
    if (at >= this.#coded.length + AHEAD_BYTES) throw corrupt('it is truncated');
    return 0;
  }

  #rawChunk(bits: number): number {
    let held = this.#held;
    let heldBits = this.#heldBits;
    while (heldBits < bits) {
      if (this.#rawAt >= this.#raw.length) throw corrupt('it is truncated');
      held |= (this.#raw[this.#rawAt++] as number) << heldBits;
      heldBits += 8;
    }
    this.#held = held >>> bits;
    this.#heldBits = heldBits - bits;
    return held & ((1 << bits) - 1);
  }
}
