/**
 * Where each security stands: one small record a security, rewritten in the very transaction that
 * changes it, so that `tail` and `totals` cost one look-up and never disagree with the records.
 */

import { NO_TOTALS } from '../archive.ts';
import type { SegmentTail, GapRecord, OpenGap, RecordHeader, SecurityTotals } from '../archive.ts';

export interface SecurityHead extends Omit<SegmentTail, 'journal'>, SecurityTotals {
  /** Of the stored records and bytes, those that were given away to another store. */
  readonly shippedRecords?: number;
  readonly shippedBytes?: number;
  /** Up to when sealed records speak, also if they are no longer here. */
  readonly sealedUs?: number;
}

export const NOTHING_STORED: SecurityHead = Object.freeze({
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

/** After a new image or sealed block of `storedBytes`. */
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

/** After a journal piece that reaches to `us`. */
export function afterPiece(head: SecurityHead, us: number): SecurityHead {
  return { ...head, lastUs: later(head.lastUs, us) };
}

/** A mark of a segment that is over says nothing any more. */
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

/** A gap of earlier segments, copied from elsewhere, leaves the open one open. */
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

/** A hole within a segment: nothing of where the recording stands has changed. */
export function afterInnerGap(head: SecurityHead, storedBytes: number): SecurityHead {
  return {
    ...head,
    gaps: head.gaps + 1,
    storedBytes: head.storedBytes + storedBytes,
  };
}

/** After records of so many bytes, as they were counted when they came, were given away. */
export function afterShipment(
  head: SecurityHead,
  shipped: { readonly records: number; readonly bytes: number },
): SecurityHead {
  return {
    ...head,
    shippedRecords: (head.shippedRecords ?? 0) + shipped.records,
    shippedBytes: (head.shippedBytes ?? 0) + shipped.bytes,
  };
}

/** What was deleted for its age. */
export interface Expired {
  images: number;
  blocks: number;
  gaps: number;
  bytes: number;
}

/** @param where `store`: it was deleted there, and had been given away by us. */
export function afterExpiry(
  head: SecurityHead,
  { images, blocks, gaps, bytes }: Readonly<Expired>,
  where: 'here' | 'store' = 'here',
): SecurityHead {
  const { shippedRecords = 0, shippedBytes = 0 } = head;
  const left = (count: number, gone: number): number => Math.max(0, count - gone);
  return {
    ...head,
    images: left(head.images, images),
    blocks: left(head.blocks, blocks),
    gaps: left(head.gaps, gaps),
    storedBytes: left(head.storedBytes, bytes),
    ...(where === 'store' && {
      shippedRecords: left(shippedRecords, images + blocks + gaps),
      shippedBytes: left(shippedBytes, bytes),
    }),
  };
}

/** What is still here of what was stored. */
export function pendingOf(head: SecurityHead): {
  readonly records: number;
  readonly bytes: number;
} {
  const { images, blocks, gaps, storedBytes, shippedRecords = 0, shippedBytes = 0 } = head;
  return { records: images + blocks + gaps - shippedRecords, bytes: storedBytes - shippedBytes };
}

/** `aliveUntilUs` as layout 1 has always spelled it on disk. */
const STORED_ALIVE = 'wholeUntilUs';

/** A head as its JSON is stored; the order of fields is kept. */
export function toStored(head: SecurityHead): Readonly<Record<string, unknown>> {
  return renamed(head, 'aliveUntilUs', STORED_ALIVE);
}

export function fromStored(stored: unknown): SecurityHead {
  return renamed(stored as object, STORED_ALIVE, 'aliveUntilUs') as unknown as SecurityHead;
}

function renamed(fields: object, from: string, to: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name === from ? to : name, value as unknown]),
  );
}
