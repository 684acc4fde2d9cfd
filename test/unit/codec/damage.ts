/** Damages records, and forges some with a valid checksum. */

import { crc32 } from 'node:zlib';

import { RecordCorruptError } from '../../../logger/errors.ts';

/** Every variant of `body` with one bit flipped. */
export function* flippedBits(body: Uint8Array): Generator<{ place: string; bytes: Uint8Array }> {
  for (let byte = 0; byte < body.length; byte++) {
    for (let bit = 0; bit < 8; bit++) {
      const bytes = body.slice();
      bytes[byte] = (bytes[byte] as number) ^ (1 << bit);
      yield { place: `byte ${byte} bit ${bit}`, bytes };
    }
  }
}

/** The same content with a valid checksum. */
export function withRightChecksum(body: Uint8Array): Uint8Array {
  const forged = body.slice();
  const length = forged.length - 4;
  new DataView(forged.buffer).setUint32(length, crc32(forged.subarray(0, length)), true);
  return forged;
}

/** The outcome of decoding; `corrupt` is the only error that it may throw. */
export function outcomeOf(decode: () => unknown): 'decoded' | 'corrupt' {
  try {
    decode();
    return 'decoded';
  } catch (error) {
    if (error instanceof RecordCorruptError) return 'corrupt';
    throw error;
  }
}
