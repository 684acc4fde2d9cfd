/**
 * How a record is sealed and checked, and how its key is written. The checksum covers the body and
 * every other header field, so a bit that flips anywhere in a stored record is found when it is
 * read: a record is what was written, or it is corrupt; there is nothing between.
 */

import { createHash } from 'node:crypto';
import { RecordCorruptError } from '../errors.ts';
import type { RecordHeader, StoredRecord } from './archive.ts';

/** What a writer says of a record; length and checksum follow from it and the body. */
export type RecordDescription = Omit<RecordHeader, 'bytes' | 'checksum'>;

/** Bytes of the SHA-256 that are kept: enough against chance, and nobody forges his own archive. */
const CHECKSUM_BYTES = 16;
/** Digits of the greatest safe integer (2^53 - 1). */
const SEQUENCE_DIGITS = 16;
const EPOCH_DIGITS = 10;

/** Adds length and checksum. The body is referred to, not copied: do not write to it afterwards. */
export function sealRecord(description: RecordDescription, body: Uint8Array): StoredRecord {
  const unsealed = { ...description, bytes: body.byteLength };
  return { header: { ...unsealed, checksum: checksumOf(unsealed, body) }, body };
}

/** @throws RecordCorruptError when header or body is not what `sealRecord` saw. */
export function checkRecord(record: StoredRecord): void {
  const { header, body } = record;
  if (header.bytes !== body.byteLength) {
    throw new RecordCorruptError(
      `Record ${recordName(header)} should hold ${header.bytes} bytes and holds ${body.byteLength}`,
      { context: { record: recordName(header), security: header.security } },
    );
  }
  if (checksumOf(header, body) !== header.checksum) {
    throw new RecordCorruptError(`Record ${recordName(header)} fails its checksum`, {
      context: { record: recordName(header), security: header.security },
    });
  }
}

/**
 * Fields by name, each with its JSON value, then the body. Names are part of it, so two fields that
 * swap their values are noticed; the order is the alphabet's, so it does not hang on how an object
 * was put together.
 */
function checksumOf(header: Partial<RecordHeader>, body: Uint8Array): string {
  const fields = Object.entries(header)
    .filter(([name]) => name !== 'checksum')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify(fields))
    .update('\n')
    .update(body)
    .digest()
    .toString('hex', 0, CHECKSUM_BYTES);
}

type KeyFields = Pick<
  RecordHeader,
  'kind' | 'security' | 'epoch' | 'firstSequence' | 'lastSequence'
>;

/** The sequence in a record's key: a block is found by its first one, an image by where it stands. */
export function keySequence(header: KeyFields): number {
  return header.kind === 'image' ? header.lastSequence : header.firstSequence;
}

/** `<security>/<epoch>/<sequence>`, zero-padded: ids of a security sort as its records do. */
export function recordId(header: KeyFields): string {
  return `${segmentId(header.security, header.epoch)}/${String(keySequence(header)).padStart(SEQUENCE_DIGITS, '0')}`;
}

/** `<security>/<epoch>`, zero-padded: a segment, and the gap before it. */
export function segmentId(security: string, epoch: number): string {
  return `${security}/${String(epoch).padStart(EPOCH_DIGITS, '0')}`;
}

/** For people: `block 3/1234`. */
export function recordName(header: KeyFields): string {
  return `${header.kind} ${header.epoch}/${keySequence(header)}`;
}
