/**
 * Byte buffers. A writer grows by doubling; a reader throws RecordCorruptError at its end, so that a
 * loop over damaged bytes always terminates.
 */

import { assertInvariant, RecordCorruptError } from '../../errors.ts';
import { toScaled } from '../../market/decimal.ts';
import type { ScaledInt } from '../../market/decimal.ts';

const FIRST_CAPACITY_BYTES = 256;
/** No price or size is longer: 24 + 18 digits need 18 bytes. */
const MAX_BIGINT_BYTES = 64;

export class ByteWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

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
    assertInvariant(Number.isSafeInteger(value) && value >= 0, `Not an unsigned integer: ${value}`);
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Any safe integer, as the eight bytes of a double; for values that nothing predicts. */
  safeInteger(value: number): void {
    assertInvariant(Number.isSafeInteger(value), `Not a safe integer: ${value}`);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.append(bytes);
  }

  /**
   * Any scaled integer: a byte of length and sign (lowest bit), then the magnitude in
   * little-endian.
   */
  scaled(value: ScaledInt): void {
    assertInvariant(
      typeof value === 'bigint' || Number.isSafeInteger(value),
      `Not a scaled integer: ${value}`,
    );
    const whole = BigInt(value);
    const isNegative = whole < 0n;
    const magnitude: number[] = [];
    for (let rest = isNegative ? -whole : whole; rest > 0n; rest >>= 8n) {
      magnitude.push(Number(rest & 255n));
    }
    assertInvariant(
      magnitude.length <= MAX_BIGINT_BYTES,
      'A price or size is longer than 64 bytes',
    );
    this.byte(magnitude.length * 2 + (isNegative ? 1 : 0));
    this.append(Uint8Array.from(magnitude));
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

export class ByteReader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  byte(): number {
    const value = this.#bytes[this.#position++];
    if (value === undefined) throw corrupt('it is truncated');
    return value;
  }

  /** The next byte without consuming it; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#position];
  }

  take(length: number): Uint8Array {
    if (length > this.remaining) throw corrupt('it is truncated');
    this.#position += length;
    return this.#bytes.subarray(this.#position - length, this.#position);
  }

  /** @throws RecordCorruptError above `max`, and for a non-minimal encoding. */
  uint(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let power = 1;
    for (let digits = 1; ; digits++) {
      const byte = this.byte();
      value += (byte & 127) * power;
      if (value > max) throw corrupt(`a count or length is ${value}, above the maximum of ${max}`);
      if (byte < 128) {
        if (byte === 0 && digits > 1) throw corrupt('an integer is not minimally encoded');
        return value;
      }
      if (digits === 8) throw corrupt('an integer is too long');
      power *= 128;
    }
  }

  safeInteger(): number {
    const bytes = this.take(8);
    const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
    if (!Number.isSafeInteger(value)) throw corrupt('not a safe integer');
    return value;
  }

  scaled(): ScaledInt {
    const head = this.byte();
    const length = head >> 1;
    if (length > MAX_BIGINT_BYTES) throw corrupt('a number is too long');
    let magnitude = 0n;
    const bytes = this.take(length);
    for (let i = length - 1; i >= 0; i--) magnitude = magnitude * 256n + BigInt(bytes[i] ?? 0);
    return toScaled((head & 1) === 1 ? -magnitude : magnitude);
  }

  /** @throws RecordCorruptError if anything is left. */
  end(): void {
    if (this.remaining !== 0) throw corrupt(`${this.remaining} trailing bytes`);
  }
}

/** The error that every decoder of this version throws. */
export function corrupt(what: string): RecordCorruptError {
  return new RecordCorruptError(`The record is damaged: ${what}`);
}
