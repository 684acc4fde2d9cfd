/**
 * The head of a security: where its records end, and its totals. One small record per security,
 * rewritten in the transaction that changes it, so that `tail` and `totals` cost one look-up and always
 * agree with the records.
 */

import { NO_TOTALS } from '../archive.ts';
import type { GapRecord, OpenGap, RecordHeader, SecurityTotals, SegmentTail } from '../archive.ts';
import type { DeletedCounts } from '../retention.ts';

export interface SecurityHead extends Omit<SegmentTail, 'journal'>, SecurityTotals {
  /** Of the counted records and bytes, those that were moved to the store. */
  readonly replicatedRecords?: number;
  readonly replicatedBytes?: number;
  /** The end of the last sealed record, even if that is no longer here. */
  readonly sealedUs?: number;
  /** The journal batch from which on its journal is that of the open block; absent: from the first. */
  readonly journalFrom?: number;
}

export const EMPTY_HEAD: SecurityHead = Object.freeze({
  epoch: 0,
  lastSequence: null,
  lastUs: null,
  aliveUntilUs: null,
  openGap: null,
  ...NO_TOTALS,
});

function later(a: number | null, b: number): number {
  return a === null || b > a ? b : a;
}

/** The head after a new image or sealed block. */
export function afterRecord(
  head: SecurityHead,
  header: RecordHeader,
  storedBytes: number,
): SecurityHead {
  const isNewSegment = header.epoch > head.epoch;
  const isLastSegment = header.epoch >= head.epoch;
  const isImage = header.kind === 'image';
  return {
    ...head,
    epoch: Math.max(head.epoch, header.epoch),
    lastSequence: isNewSegment
      ? header.lastSequence
      : isLastSegment
        ? later(head.lastSequence, header.lastSequence)
        : head.lastSequence,
    lastUs: later(head.lastUs, header.toUs),
    sealedUs: later(head.sealedUs ?? null, header.toUs),
    aliveUntilUs: isNewSegment ? null : head.aliveUntilUs,
    images: head.images + (isImage ? 1 : 0),
    blocks: head.blocks + (isImage ? 0 : 1),
    storedBytes: head.storedBytes + storedBytes,
    lastImageUs: isImage ? later(head.lastImageUs, header.toUs) : head.lastImageUs,
  };
}

/** The head after a mark; one of an earlier segment has no effect. */
export function afterMark(head: SecurityHead, epoch: number, aliveUntilUs: number): SecurityHead {
  if (epoch !== head.epoch) return head;
  return {
    ...head,
    aliveUntilUs: later(head.aliveUntilUs, aliveUntilUs),
    lastUs: later(head.lastUs, aliveUntilUs),
  };
}

export function afterOpenGap(head: SecurityHead, openGap: OpenGap): SecurityHead {
  return { ...head, openGap, lastUs: later(head.lastUs, openGap.fromUs) };
}

/** The head after a gap. One before an earlier segment, copied later, leaves the open gap open. */
export function afterGap(head: SecurityHead, gap: GapRecord, storedBytes: number): SecurityHead {
  const { openGap } = head;
  return {
    ...head,
    openGap: openGap !== null && openGap.epoch >= gap.epoch ? openGap : null,
    gaps: head.gaps + 1,
    lastUs: later(head.lastUs, gap.toUs),
    storedBytes: head.storedBytes + storedBytes,
  };
}

/** The head after a gap within a segment: only the totals change. */
export function afterGapWithin(head: SecurityHead, storedBytes: number): SecurityHead {
  return {
    ...head,
    gaps: head.gaps + 1,
    storedBytes: head.storedBytes + storedBytes,
  };
}

/** The head after records were moved to the store. */
export function afterReplication(
  head: SecurityHead,
  moved: { readonly records: number; readonly bytes: number },
): SecurityHead {
  return {
    ...head,
    replicatedRecords: (head.replicatedRecords ?? 0) + moved.records,
    replicatedBytes: (head.replicatedBytes ?? 0) + moved.bytes,
  };
}

/**
 * The head after records were deleted.
 * @param where `store`: they had been replicated, and were deleted there.
 */
export function afterDeletion(
  head: SecurityHead,
  { images, blocks, gaps, bytes }: Readonly<DeletedCounts>,
  where: 'here' | 'store' = 'here',
): SecurityHead {
  const { replicatedRecords = 0, replicatedBytes = 0 } = head;
  const left = (count: number, gone: number): number => Math.max(0, count - gone);
  return {
    ...head,
    images: left(head.images, images),
    blocks: left(head.blocks, blocks),
    gaps: left(head.gaps, gaps),
    storedBytes: left(head.storedBytes, bytes),
    ...(where === 'store' && {
      replicatedRecords: left(replicatedRecords, images + blocks + gaps),
      replicatedBytes: left(replicatedBytes, bytes),
    }),
  };
}

/** The records that are still here, out of all that are counted. */
export function pendingOf(head: SecurityHead): {
  readonly records: number;
  readonly bytes: number;
} {
  const { images, blocks, gaps, storedBytes, replicatedRecords = 0, replicatedBytes = 0 } = head;
  return {
    records: images + blocks + gaps - replicatedRecords,
    bytes: storedBytes - replicatedBytes,
  };
}

/** Fields whose name in layout 1 differs from the one in the code. */
const STORED_NAMES: readonly (readonly [name: string, stored: string])[] = [
  ['aliveUntilUs', 'wholeUntilUs'],
  ['replicatedRecords', 'shippedRecords'],
  ['replicatedBytes', 'shippedBytes'],
];
const TO_STORED: ReadonlyMap<string, string> = new Map(STORED_NAMES);
const FROM_STORED: ReadonlyMap<string, string> = new Map(
  STORED_NAMES.map(([name, stored]) => [stored, name]),
);

/** The head as it is stored; the order of fields is kept. */
export function toStored(head: SecurityHead): Readonly<Record<string, unknown>> {
  return renamed(head, TO_STORED);
}

export function fromStored(stored: unknown): SecurityHead {
  return renamed(stored as object, FROM_STORED) as unknown as SecurityHead;
}

function renamed(
  fields: object,
  names: ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [names.get(name) ?? name, value as unknown]),
  );
}
