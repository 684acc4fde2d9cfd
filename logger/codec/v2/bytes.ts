/**
 * Byte buffers. A writer grows by doubling; a reader throws RecordCorruptError at its end, so that a
 * loop over damaged bytes always terminates.
 */

import { RecordCorruptError } from '../../errors.ts';

const FIRST_CAPACITY_BYTES = 512;

export class ByteWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #length = 0;

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  append(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A non-negative safe integer as a varint: seven bits a byte, least significant first. */
  uint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Adds one to the number that the bytes so far are; never called while they are all 255. */
  carry(): void {
    let at = this.#length - 1;
    while (this.#bytes[at] === 255) this.#bytes[at--] = 0;
    this.#bytes[at]! += 1;
  }

  /** A view of the bytes written so far, valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** The error that every decoder of this version throws. */
export function corrupt(what: string): RecordCorruptError {
  return new RecordCorruptError(`The record is damaged: ${what}`);
}
