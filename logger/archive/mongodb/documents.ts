/**
 * Maps records to MongoDB documents and back. A document describes its record in plain fields that
 * can be read in a Mongo shell; only the body needs this program. Ids come from the data and sort
 * like a security's records.
 *
 * A body above `MAX_PART_BYTES` is cut: the first part is in the record's own document, the others in
 * documents that are written **before** it. Readers look up first parts only, so a record appears as a
 * whole, with its last write.
 */

import { createHash } from 'node:crypto';
import { Long } from 'mongodb';
import type { Document } from 'mongodb';
import { RecordCorruptError } from '../../errors.ts';
import { isBadReceiveTime } from '../../market/bad-receive-times.ts';
import type { BadReceiveTime } from '../../market/bad-receive-times.ts';
import type { Gap } from '../../market/coverage.ts';
import { isPlainDecimal } from '../../market/decimal.ts';
import type { GapRecord, RecordHeader, StoredRecord, TopBounds } from '../archive.ts';
import { MAX_PART_BYTES, recordId, segmentId } from '../record.ts';
import type { StoredDocument } from './connection.ts';

const PART_DIGITS = 4;

/** The documents of a record, in the order in which they must be written. */
export function documentsOf({ header, body }: StoredRecord): StoredDocument[] {
  const id = recordId(header);
  const parts = Math.max(1, Math.ceil(body.byteLength / MAX_PART_BYTES));
  const later = Array.from({ length: parts - 1 }, (_, i) => ({
    _id: partId(id, i + 1),
    security: header.security,
    // As in the record's own document, so that both are on the same shard and in the same indexes.
    fromUs: long(header.fromUs),
    checksum: header.checksum,
    part: i + 1,
    parts,
    body: bytesOf(body.subarray((i + 1) * MAX_PART_BYTES, (i + 2) * MAX_PART_BYTES)),
  }));
  const first = { ...headFields(id, header), part: 0, parts };
  return [...later, { ...first, body: bytesOf(body.subarray(0, MAX_PART_BYTES)) }];
}

export function partId(id: string, part: number): string {
  return `${id}/${String(part).padStart(PART_DIGITS, '0')}`;
}

function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function long(value: number): Long {
  return Long.fromNumber(value);
}

/** A date for the Mongo shell, to the millisecond. */
export function dateOf(us: number): Date {
  // oxlint-disable-next-line no-restricted-globals -- a BSON value; does not read the clock.
  return new Date(us / 1000);
}

/** `exchange:symbol`, also in its two parts. */
export function securityFields(security: string): {
  readonly security: string;
  readonly exchange: string;
  readonly symbol: string;
} {
  const colon = security.indexOf(':');
  const exchange = security.slice(0, colon);
  return { security, exchange, symbol: security.slice(colon + 1) };
}

function headFields(_id: string, header: RecordHeader): StoredDocument {
  const { previousSequence, firstSequence, lastSequence } = header;
  const counts = { previous: previousSequence, first: firstSequence, last: lastSequence };
  // Without the exchange's sequence numbers the id holds our own count of messages.
  const isSequenced = header.proof === 'sequence';
  const amounts =
    header.kind === 'image'
      ? { [header.level === 'L2' ? 'levels' : 'orders']: header.levels, reason: header.reason }
      : {
          diffs: header.diffs,
          [header.level === 'L2' ? 'levelChanges' : 'orderEvents']: header.levelChanges,
          trades: header.trades,
        };
  return {
    _id,
    ...securityFields(header.security),
    level: header.level,
    feed: header.feed,
    proof: header.proof,
    ...(header.windowed && { windowed: true }),
    ...(header.contract && { contract: header.contract }),
    epoch: long(header.epoch),
    from: dateOf(header.fromUs),
    to: dateOf(header.toUs),
    fromUs: long(header.fromUs),
    toUs: long(header.toUs),
    exchangeFromUs: long(header.exchangeFromUs),
    exchangeToUs: long(header.exchangeToUs),
    previousSequence: isSequenced ? long(previousSequence) : null,
    firstSequence: isSequenced ? long(firstSequence) : null,
    lastSequence: isSequenced ? long(lastSequence) : null,
    ...(isSequenced ? {} : { messages: counts }),
    ...amounts,
    ...(header.badReceiveTimes && { badReceiveTimes: header.badReceiveTimes.map(badFields) }),
    ...(header.tops !== undefined && { tops: header.tops }),
    encoding: header.encoding,
    checksum: header.checksum,
    bytes: header.bytes,
    writer: header.writer,
  };
}

function badFields({ fromUs, toUs, cause }: BadReceiveTime): Document {
  return { from: dateOf(fromUs), to: dateOf(toUs), fromUs: long(fromUs), toUs: long(toUs), cause };
}

/**
 * Restores the field exactly, including the order of its keys, because the record's checksum covers
 * it.
 */
function badOf(field: unknown): Pick<RecordHeader, 'badReceiveTimes'> {
  if (field === undefined) return {};
  // Anything but a list becomes one with an invalid entry, and so counts as damaged.
  const defects = (Array.isArray(field) ? field : [null]) as readonly (Document | null)[];
  return {
    badReceiveTimes: defects.map((one) => ({
      fromUs: Number(one?.['fromUs']),
      toUs: Number(one?.['toUs']),
      cause: one?.['cause'] as BadReceiveTime['cause'],
    })),
  };
}

/** As `badOf`. */
function topsOf(field: unknown): Pick<RecordHeader, 'tops'> {
  if (field === undefined || field === null) return field === null ? { tops: null } : {};
  const { maxBid, minAsk } = field as Partial<TopBounds>;
  return { tops: { maxBid: String(maxBid), minAsk: String(minAsk) } };
}

/**
 * Reads the header from a record's own document.
 * @throws RecordCorruptError if the document is not what `documentsOf` makes.
 */
export function headerOf(kind: RecordHeader['kind'], document: Document): RecordHeader {
  const isSequenced = document['proof'] === 'sequence';
  const counts = (document['messages'] ?? {}) as Document;
  const sequence = (name: string, count: string): number =>
    Number(isSequenced ? document[name] : counts[count]);
  const isL2 = document['level'] === 'L2';
  const changes: unknown = isL2 ? document['levelChanges'] : document['orderEvents'];
  const rows: unknown = isL2 ? document['levels'] : document['orders'];
  const header = {
    kind,
    security: String(document['security']),
    level: document['level'],
    feed: String(document['feed']),
    proof: document['proof'],
    ...(document['windowed'] !== undefined && { windowed: document['windowed'] }),
    ...(document['contract'] !== undefined && { contract: document['contract'] }),
    epoch: Number(document['epoch']),
    fromUs: Number(document['fromUs']),
    toUs: Number(document['toUs']),
    exchangeFromUs: Number(document['exchangeFromUs']),
    exchangeToUs: Number(document['exchangeToUs']),
    previousSequence: sequence('previousSequence', 'previous'),
    firstSequence: sequence('firstSequence', 'first'),
    lastSequence: sequence('lastSequence', 'last'),
    diffs: Number(document['diffs'] ?? 0),
    levelChanges: Number(changes ?? 0),
    trades: Number(document['trades'] ?? 0),
    levels: Number(rows ?? 0),
    reason: document['reason'] ?? null,
    ...badOf(document['badReceiveTimes']),
    ...topsOf(document['tops']),
    encoding: String(document['encoding']),
    bytes: Number(document['bytes']),
    writer: String(document['writer']),
    checksum: String(document['checksum']),
  } as RecordHeader;
  const isWhole =
    Object.values(header).every(
      (value) => typeof value !== 'number' || Number.isSafeInteger(value),
    ) &&
    (header.badReceiveTimes ?? []).every(isBadReceiveTime) &&
    Object.values(header.tops ?? {}).every(isPlainDecimal);
  if (!isWhole || recordId(header) !== document['_id']) {
    throw new RecordCorruptError(`The document ${String(document['_id'])} is damaged`, {
      context: { record: String(document['_id']) },
    });
  }
  return header;
}

/** @param after set for a gap within the segment. Ids of layout 1 call such a gap a hole. */
export function gapId(security: string, epoch: number, after?: number): string {
  if (after === undefined) return `${segmentId(security, epoch)}/gap`;
  const place = { security, epoch, firstSequence: after, lastSequence: after };
  return `${recordId({ kind: 'image', ...place })}/hole`;
}

export function gapDocument(gap: GapRecord): StoredDocument {
  const { security, epoch, fromUs, toUs, cause, firstMissing, lastMissing } = gap;
  return {
    _id: gapId(security, epoch, gap.after),
    ...securityFields(security),
    epoch: long(epoch),
    from: dateOf(fromUs),
    to: dateOf(toUs),
    fromUs: long(fromUs),
    toUs: long(toUs),
    cause,
    firstMissing: firstMissing === null ? null : long(firstMissing),
    lastMissing: lastMissing === null ? null : long(lastMissing),
    ...(gap.after === undefined ? {} : { after: long(gap.after) }),
    checksum: gapChecksum(gap),
  };
}

/** @throws RecordCorruptError */
export function gapOf(document: Document): GapRecord {
  const numberOrNull = (name: string): number | null =>
    document[name] === null ? null : Number(document[name]);
  const gap: GapRecord = {
    security: String(document['security']),
    epoch: Number(document['epoch']),
    fromUs: Number(document['fromUs']),
    toUs: Number(document['toUs']),
    cause: document['cause'] as Gap['cause'],
    firstMissing: numberOrNull('firstMissing'),
    lastMissing: numberOrNull('lastMissing'),
    ...(document['after'] === undefined ? {} : { after: Number(document['after']) }),
  };
  if (gapChecksum(gap) !== document['checksum']) {
    throw new RecordCorruptError(`The document ${String(document['_id'])} fails its checksum`, {
      context: { security: gap.security, record: `gap ${gap.epoch}` },
    });
  }
  return gap;
}

function gapChecksum(gap: GapRecord): string {
  const { security, epoch, fromUs, toUs, cause, firstMissing, lastMissing, after } = gap;
  const fields = [security, epoch, fromUs, toUs, cause, firstMissing, lastMissing, after];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex').slice(0, 32);
}
