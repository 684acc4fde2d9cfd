/** Reads what `encoder.ts` wrote: keeps the distance of the stored fraction from the encoder's `low`. */

import { corrupt } from './bytes.ts';
import type { Coder } from './coder.ts';
import { FIRST_RANGE, MIN_RANGE } from './encoder.ts';
import { afterOne, afterZero, freshContexts, PROBABILITY_BITS } from './probability.ts';

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
    const state = this.#contexts[context] as number;
    const range = this.#range;
    const share = Math.imul(range >>> PROBABILITY_BITS, state >>> 8);
    const distance = this.#distance;
    if (distance < share) {
      this.#contexts[context] = afterOne(state);
      this.#range = share;
      if (share < MIN_RANGE) this.#shift();
      return 1;
    }
    this.#contexts[context] = afterZero(state);
    this.#distance = distance - share;
    const rest = range - share;
    this.#range = rest;
    if (rest < MIN_RANGE) this.#shift();
    return 0;
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
