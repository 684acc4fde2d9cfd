/**
 * The envelope of every record of format version 2:
 *
 *   version · length of the coded bytes · coded bytes · raw bytes · crc32 of all of that
 *
 * The checksum detects damage. Against forged input the number of values in a record is bounded: a
 * decision may cost next to nothing, so the bytes that are present do not bound it.
 */

import { crc32 } from 'node:zlib';

import { LimitExceededError } from '../../errors.ts';
import { ByteWriter, corrupt } from './bytes.ts';
import { Decoder } from './decoder.ts';
import { Encoder } from './encoder.ts';
import type { Coder } from './coder.ts';

const VERSION = 2;
const CHECKSUM_BYTES = 4;
const MAX_LENGTH_BYTES = 5;
/** Messages, level changes and orders of a record together. A block of 60 s holds less than 100,000. */
export const MAX_VALUES = 5_000_000;

/** @param write must be the inverse of the `read` that is given to `readRecord`. */
export function writeRecord(contexts: number, write: (encoder: Encoder) => void): Uint8Array {
  const encoder = new Encoder(contexts);
  write(encoder);
  const { coded, raw } = encoder.finish();
  const out = new ByteWriter();
  out.byte(VERSION);
  out.uint(coded.length);
  out.append(coded);
  out.append(raw);
  const checksum = crc32(out.bytes());
  for (let shift = 0; shift < 32; shift += 8) out.byte((checksum >>> shift) & 255);
  return out.bytes().slice();
}

/** @throws RecordCorruptError */
export function readRecord<T>(
  contexts: number,
  body: Uint8Array,
  read: (decoder: Decoder) => T,
): T {
  const content = checked(body);
  if (content[0] !== VERSION) throw corrupt(`its version is ${content[0]}, not ${VERSION}`);
  let at = 1;
  let length = 0;
  for (let digit = 0; ; digit++) {
    const byte = content[at++];
    if (byte === undefined || digit === MAX_LENGTH_BYTES) throw corrupt('it has no length');
    length += (byte & 127) * 128 ** digit;
    if (byte < 128) break;
  }
  if (length > content.length - at) throw corrupt('it is truncated');
  const coded = content.subarray(at, at + length);
  const decoder = new Decoder(contexts, coded, content.subarray(at + length));
  const value = read(decoder);
  decoder.end();
  return value;
}

/** What may still be in a record. */
export class Allowance {
  readonly #coder: Coder;
  #left = MAX_VALUES;

  constructor(coder: Coder) {
    this.#coder = coder;
  }

  /** @throws LimitExceededError when writing, RecordCorruptError when reading, beyond the limit. */
  take(values: number): void {
    this.#left -= values;
    if (this.#left >= 0) return;
    if (this.#coder.isReading) throw corrupt('it declares too many values');
    throw new LimitExceededError(`A record of more than ${MAX_VALUES} values is too large`, {
      context: { maxValues: MAX_VALUES },
    });
  }
}

/** The body without its checksum. */
function checked(body: Uint8Array): Uint8Array {
  const length = body.length - CHECKSUM_BYTES;
  if (length < 1) throw corrupt('it is too short');
  const stored = new DataView(body.buffer, body.byteOffset + length, CHECKSUM_BYTES);
  const content = body.subarray(0, length);
  if (crc32(content) !== stored.getUint32(0, true)) throw corrupt('its checksum does not match');
  return content;
}
