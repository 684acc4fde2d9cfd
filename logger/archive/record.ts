/**
 * Seals and checks records, and formats their keys. The checksum covers the body and every other header
 * field, so a flipped bit anywhere in a stored record is detected when it is read.
 */

import { createHash } from 'node:crypto';
import { RecordCorruptError } from '../errors.ts';
import type { RecordDescription, RecordHeader, StoredRecord } from './archive.ts';

/** Bytes of the SHA-256 that are kept: enough against accidents, which is all it is for. */
const CHECKSUM_BYTES = 16;
/**
 * The longest value stored in one piece; also fits a MongoDB document (16 MiB) with its other
 * fields.
 */
export const MAX_PART_BYTES = 8 * 1024 * 1024;
/** Digits of the greatest safe integer (2^53 - 1). */
const SEQUENCE_DIGITS = 16;
const EPOCH_DIGITS = 10;

/** Adds length and checksum. The body is not copied: do not write to it afterwards. */
export function sealRecord(description: RecordDescription, body: Uint8Array): StoredRecord {
  const unsealed = { ...description, bytes: body.byteLength };
  return { header: { ...unsealed, checksum: checksumOf(unsealed, body) }, body };
}

/** @throws RecordCorruptError if header or body is not what `sealRecord` saw. */
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
 * Hashes the fields, each with its name and JSON value, then the body. The fields are sorted by
 * name, so that the checksum does not depend on the order in which an object was built.
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

/** The sequence in a record's key: of a block the first one, of an image its own. */
export function keySequence(header: KeyFields): number {
  return header.kind === 'image' ? header.lastSequence : header.firstSequence;
}

/** `<security>/<epoch>/<sequence>`, zero-padded, so that ids sort like the records. */
export function recordId(header: KeyFields): string {
  return `${segmentId(header.security, header.epoch)}/${String(keySequence(header)).padStart(SEQUENCE_DIGITS, '0')}`;
}

/** `<security>/<epoch>`, zero-padded. */
export function segmentId(security: string, epoch: number): string {
  return `${security}/${String(epoch).padStart(EPOCH_DIGITS, '0')}`;
}

/** For messages: `block 3/1234`. */
export function recordName(header: KeyFields): string {
  return `${header.kind} ${header.epoch}/${keySequence(header)}`;
}
