/**
 * A stream of raw bits, least significant first. It holds the parts of numbers that are nearly random
 * and would only cost a compressor time.
 */

import { ByteWriter, corrupt } from './bytes.ts';

const CHUNK_BITS = 24;
const CHUNK = 2 ** CHUNK_BITS;

export class BitWriter {
  readonly #out = new ByteWriter();
  #held = 0;
  #heldBits = 0;

  /** Writes a non-negative integer below 2^`bits`; `bits` is at most 52. */
  write(value: number, bits: number): void {
    let rest = value;
    let left = bits;
    while (left > CHUNK_BITS) {
      this.#writeChunk(rest % CHUNK, CHUNK_BITS);
      rest = Math.floor(rest / CHUNK);
      left -= CHUNK_BITS;
    }
    this.#writeChunk(rest, left);
  }

  /** Pads the last byte with zeros. */
  finish(): Uint8Array {
    if (this.#heldBits > 0) this.#out.byte(this.#held);
    this.#held = 0;
    this.#heldBits = 0;
    return this.#out.bytes();
  }

  #writeChunk(value: number, bits: number): void {
    let held = this.#held | (value << this.#heldBits);
    let heldBits = this.#heldBits + bits;
    while (heldBits >= 8) {
      this.#out.byte(held & 255);
      held >>>= 8;
      heldBits -= 8;
    }
    this.#held = held;
    this.#heldBits = heldBits;
  }
}

export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;
  #held = 0;
  #heldBits = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(bits: number): number {
    if (bits <= CHUNK_BITS) return this.#readChunk(bits);
    const low = this.#readChunk(CHUNK_BITS);
    return this.read(bits - CHUNK_BITS) * CHUNK + low;
  }

  /** @throws RecordCorruptError if anything but the last byte's zero padding is left. */
  end(): void {
    if (this.#position !== this.#bytes.length || this.#held !== 0) {
      throw corrupt('trailing bits');
    }
  }

  #readChunk(bits: number): number {
    let held = this.#held;
    let heldBits = this.#heldBits;
    while (heldBits < bits) {
      if (this.#position >= this.#bytes.length) throw corrupt('the bit stream is truncated');
      held |= (this.#bytes[this.#position++] ?? 0) << heldBits;
      heldBits += 8;
    }
    this.#held = held >>> bits;
    this.#heldBits = heldBits - bits;
    return held & ((1 << bits) - 1);
  }
}
