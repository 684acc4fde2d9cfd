/** JSON with an 8-byte digest in front, so that a flipped bit is detected without the record's body. */

import { createHash } from 'node:crypto';
import { RecordCorruptError } from '../errors.ts';

const DIGEST_BYTES = 8;

export function encodeJson(value: unknown): Uint8Array {
  const text = Buffer.from(JSON.stringify(value));
  return Buffer.concat([digestOf(text), text]);
}

/** @throws RecordCorruptError naming `what` if the bytes are not what `encodeJson` wrote. */
export function decodeJson(bytes: Uint8Array, what: string): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(DIGEST_BYTES);
  if (!digestOf(text).equals(bytes.subarray(0, DIGEST_BYTES))) {
    throw new RecordCorruptError(`${what} fails its checksum`);
  }
  return JSON.parse(text.toString());
}

function digestOf(text: Uint8Array): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, DIGEST_BYTES);
}
