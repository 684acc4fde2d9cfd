/**
 * Record headers as the embedded archive stores them, apart from their bodies: an 8-byte digest and
 * the header's JSON. The record's own checksum needs the body; this digest lets coverage be read
 * from headers alone without trusting a flipped bit.
 */

import { createHash } from 'node:crypto';
import { RecordCorruptError } from '../../errors.ts';
import type { RecordHeader, StoredRecord } from '../archive.ts';
import { keySequence } from '../record.ts';

const DIGEST_BYTES = 8;

/** Any JSON value with a digest before it. */
export function encodeJson(value: unknown): Uint8Array {
  const text = Buffer.from(JSON.stringify(value));
  return Buffer.concat([digestOf(text), text]);
}

/** @throws RecordCorruptError naming `what` when the bytes are not what `encodeJson` made. */
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

export interface HeaderKey {
  readonly kind: 'image' | 'block';
  readonly security: string;
  readonly epoch: number;
  readonly sequence: number;
}

/** The header stored under a key, or undefined when its bytes are damaged or belong elsewhere. */
export function decodeHeader(bytes: Uint8Array, key: HeaderKey): RecordHeader | undefined {
  let header: RecordHeader;
  try {
    header = decodeJson(bytes, 'Header') as RecordHeader;
  } catch (error) {
    // A damaged header is an answer, not a failure: the caller lists it as such.
    if (error instanceof RecordCorruptError || error instanceof SyntaxError) return undefined;
    throw error;
  }
  const isAtHome =
    header.kind === key.kind &&
    header.security === key.security &&
    header.epoch === key.epoch &&
    keySequence(header) === key.sequence;
  return isAtHome ? header : undefined;
}

/** What can still be said of a record whose header is damaged: its key. */
export function headerOfDamaged(key: HeaderKey): RecordHeader {
  const sequence = key.sequence;
  return {
    kind: key.kind,
    security: key.security,
    epoch: key.epoch,
    level: 'L2',
    feed: '',
    proof: 'sequence',
    fromUs: 0,
    toUs: 0,
    exchangeFromUs: 0,
    exchangeToUs: 0,
    previousSequence: key.kind === 'image' ? sequence : sequence - 1,
    firstSequence: sequence,
    lastSequence: sequence,
    diffs: 0,
    levelChanges: 0,
    trades: 0,
    levels: 0,
    reason: null,
    encoding: '',
    bytes: 0,
    writer: '',
    checksum: '',
  };
}

/** A journal piece in one value: it is written once a second and read only after a crash. */
export function encodePiece(record: StoredRecord): Uint8Array {
  const header = encodeJson(record.header);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.byteLength);
  return Buffer.concat([length, header, record.body]);
}

/** The header of a piece and its body; undefined when it is damaged beyond that. */
export function decodePiece(bytes: Uint8Array): StoredRecord | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.byteLength < 4) return undefined;
  const end = 4 + buffer.readUInt32LE(0);
  if (end > buffer.byteLength) return undefined;
  try {
    const header = decodeJson(buffer.subarray(4, end), 'Journal piece') as RecordHeader;
    return { header, body: buffer.subarray(end) };
  } catch (error) {
    // As above: the caller decides what a damaged piece means.
    if (error instanceof RecordCorruptError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
