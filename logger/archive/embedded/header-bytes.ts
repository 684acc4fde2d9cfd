/**
 * Record headers as the embedded archive stores them, apart from their bodies. A record's own checksum
 * needs the body; the digest of the header's JSON lets coverage be read from headers alone without
 * trusting a flipped bit.
 */

import { RecordCorruptError } from '../../errors.ts';
import type { RecordHeader, StoredRecord } from '../archive.ts';
import type { HeaderKey } from '../block-refs.ts';
import { keySequence } from '../record.ts';
import { decodeJson } from '../sealed-json.ts';

/** The header stored under a key; undefined if its bytes are damaged or belong to another key. */
export function decodeHeader(bytes: Uint8Array, key: HeaderKey): RecordHeader | undefined {
  const header = decodeIfIntact(bytes);
  const isOwn =
    header?.kind === key.kind &&
    header.security === key.security &&
    header.epoch === key.epoch &&
    keySequence(header) === key.sequence;
  return isOwn ? header : undefined;
}

/**
 * The header and body of a journal part of layout 1, unchecked: length of the header (4 bytes), header,
 * body. undefined if the header is damaged.
 */
export function decodeJournalPart(bytes: Uint8Array): StoredRecord | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.byteLength < 4) return undefined;
  const end = 4 + buffer.readUInt32LE(0);
  if (end > buffer.byteLength) return undefined;
  const header = decodeIfIntact(buffer.subarray(4, end));
  return header && { header, body: buffer.subarray(end) };
}

/** A damaged header is a result, not a failure: callers list the record as damaged. */
function decodeIfIntact(bytes: Uint8Array): RecordHeader | undefined {
  try {
    return decodeJson(bytes, 'Header') as RecordHeader;
  } catch (error) {
    if (error instanceof RecordCorruptError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
