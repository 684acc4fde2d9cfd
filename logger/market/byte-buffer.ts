/**
 * Bytes that grow at their end, and their reader. Integers are varints: the first byte has the sign and
 * six bits, each further one seven bits, least significant first; the highest bit says that more follow.
 */

import { RecordCorruptError } from '../errors.ts';

const LONGEST_INTEGER_BYTES = 8;
const FIRST_BYTE_BITS = 6;
/** Below it two bytes are enough. */
const INT13 = 2 ** 13;
const INT31 = 2 ** 31;

export class ByteBuffer {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** Any safe integer. */
  integer(value: number): void {
    if (this.#length + LONGEST_INTEGER_BYTES > this.#bytes.length)
      this.#grow(LONGEST_INTEGER_BYTES);
    this.#length = putInteger(this.#bytes, this.#length, value);
  }

  /** Pairs of integers, the first of each as its distance from the one before; `last` precedes them. */
  pairs(pairs: readonly number[], last: number): void {
    const needed = pairs.length * LONGEST_INTEGER_BYTES;
    if (this.#length + needed > this.#bytes.length) this.#grow(needed);
    const bytes = this.#bytes;
    let at = this.#length;
    let before = last;
    for (let i = 0; i < pairs.length; i += 2) {
      const value = pairs[i]!;
      at = putInteger(bytes, at, value - before);
      at = putInteger(bytes, at, pairs[i + 1]!);
      before = value;
    }
    this.#length = at;
  }

  append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** UTF-8, with its length. */
  text(text: string): void {
    const needed = 3 * text.length;
    if (this.#length + needed + LONGEST_INTEGER_BYTES > this.#bytes.length) {
      this.#grow(needed + LONGEST_INTEGER_BYTES);
    }
    const length = Buffer.byteLength(text);
    this.integer(length);
    this.#bytes.write(text, this.#length);
    this.#length += length;
  }

  /** Over what is there, least significant byte first. */
  putUint32(at: number, value: number): void {
    this.#bytes.writeUInt32LE(value, at);
  }

  /** A view. It stays as it is while only more is written. */
  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  #grow(more: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#length + more, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** @returns the position behind it. */
function putInteger(bytes: Uint8Array, from: number, value: number): number {
  let at = from;
  const sign = value < 0 ? 1 : 0;
  let rest = sign === 1 ? -value : value;
  if (rest < 64) {
    bytes[at] = (rest << 1) | sign;
    return at + 1;
  }
  if (rest < INT13) {
    bytes[at] = 128 | ((rest & 63) << 1) | sign;
    bytes[at + 1] = rest >> FIRST_BYTE_BITS;
    return at + 2;
  }
  if (rest < INT31) {
    bytes[at++] = 128 | ((rest & 63) << 1) | sign;
    rest >>>= FIRST_BYTE_BITS;
  } else {
    bytes[at++] = 128 | ((rest % 64) << 1) | sign;
    rest = Math.floor(rest / 64);
    for (; rest >= INT31; rest = Math.floor(rest / 128)) bytes[at++] = 128 | (rest % 128);
  }
  for (; rest >= 128; rest >>>= 7) bytes[at++] = 128 | (rest & 127);
  bytes[at] = rest;
  return at + 1;
}

/** Reads what a `ByteBuffer` holds. @throws RecordCorruptError behind the end. */
export class ByteScanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw damaged('it is truncated');
    return value;
  }

  integer(): number {
    const first = this.byte();
    let value = (first >> 1) & 63;
    if (first >= 128) {
      let power = 64;
      for (let more = true; more; power *= 128) {
        const byte = this.byte();
        more = byte >= 128;
        value += (byte & 127) * power;
        if (value > Number.MAX_SAFE_INTEGER) throw damaged('an integer is too large');
      }
    }
    return (first & 1) === 1 ? -value : value;
  }

  /** What `ByteBuffer.pairs` wrote. */
  pairs(count: number, last: number): number[] {
    const pairs: number[] = [];
    let before = last;
    for (let i = 0; i < count; i++) {
      before += this.integer();
      pairs.push(before, this.integer());
    }
    return pairs;
  }

  /** A count or length: of things that take at least a byte each. */
  count(): number {
    const value = this.integer();
    if (value < 0 || value > this.#bytes.length - this.#at) throw damaged(`a count is ${value}`);
    return value;
  }

  take(length: number): Uint8Array {
    const from = this.#at;
    if (length > this.#bytes.length - from) throw damaged('it is truncated');
    this.#at = from + length;
    return this.#bytes.subarray(from, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#at);
  }

  text(): string {
    return Buffer.from(this.take(this.count())).toString();
  }
}

export function damaged(reason: string): RecordCorruptError {
  return new RecordCorruptError(`Damaged journal: ${reason}`);
}
