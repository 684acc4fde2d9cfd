/** Records and writes for tests of archives, which never decode a body. */

import type { GapRecord, RecordHeader, StoredRecord, Write } from '../../logger/archive/archive.ts';
import { sealRecord } from '../../logger/archive/record.ts';

export const SECURITY = 'binance:BTCUSDT';

export const image = (record: StoredRecord): Write => ({ type: 'image', record });
export const block = (record: StoredRecord): Write => ({ type: 'block', record });
export const journalPart = (part: number, record: StoredRecord): Write => ({
  type: 'journal',
  part,
  record,
});

const COMMON = {
  level: 'L2',
  feed: 'depth',
  proof: 'sequence',
  trades: 0,
  writer: 'test 1',
} as const;

export function sampleImage(
  fields: Partial<RecordHeader> & { readonly lastSequence: number },
  body = Buffer.from(`image ${fields.lastSequence}`),
): StoredRecord {
  const us = fields.toUs ?? fields.lastSequence * 1000;
  return sealRecord(
    {
      ...COMMON,
      kind: 'image',
      security: SECURITY,
      epoch: 1,
      fromUs: us,
      toUs: us,
      exchangeFromUs: us - 5,
      exchangeToUs: us - 5,
      previousSequence: fields.lastSequence,
      firstSequence: fields.lastSequence,
      diffs: 0,
      levelChanges: 0,
      levels: 2,
      reason: 'start',
      encoding: 'image/1',
      ...withoutSeal(fields),
    },
    body,
  );
}

/** A block of the sequences after `previousSequence` up to `lastSequence`, 1 ms each. */
export function sampleBlock(
  fields: Partial<RecordHeader> & {
    readonly previousSequence: number;
    readonly lastSequence: number;
  },
  body = Buffer.from(`block ${fields.previousSequence} to ${fields.lastSequence}`),
): StoredRecord {
  const { previousSequence, lastSequence } = fields;
  return sealRecord(
    {
      ...COMMON,
      kind: 'block',
      security: SECURITY,
      epoch: 1,
      fromUs: (previousSequence + 1) * 1000,
      toUs: lastSequence * 1000,
      exchangeFromUs: (previousSequence + 1) * 1000 - 5,
      exchangeToUs: lastSequence * 1000 - 5,
      firstSequence: previousSequence + 1,
      diffs: lastSequence - previousSequence,
      levelChanges: 3,
      levels: 0,
      reason: null,
      encoding: 'block/1',
      ...withoutSeal(fields),
    },
    body,
  );
}

/** The gap before segment 2, between sequences 120 and 200. */
export function sampleGap(fields: Partial<GapRecord> = {}): GapRecord {
  return {
    security: SECURITY,
    epoch: 2,
    fromUs: 120_000,
    toUs: 200_000,
    cause: 'connection',
    firstMissing: 121,
    lastMissing: 199,
    ...fields,
  };
}

type Described<T> = Omit<T, 'bytes' | 'checksum'>;

function withoutSeal<T extends Partial<RecordHeader>>(fields: T): Described<T> {
  const { bytes: _bytes, checksum: _checksum, ...described } = fields;
  return described;
}
