/**
 * Where each security stands: one small record a security, rewritten in the very transaction that
 * changes it, so that `tail` and `totals` cost one look-up and never disagree with the records.
 */

import { NO_TOTALS } from './archive.ts';
import type { ChainTail, GapRecord, OpenGap, RecordHeader, SecurityTotals } from './archive.ts';

export interface Standing extends Omit<ChainTail, 'journal'>, SecurityTotals {
  /** Of the stored records and bytes, those that were given away to another store. */
  readonly shippedRecords?: number;
  readonly shippedBytes?: number;
  /** Up to when sealed records speak, also if they are no longer here. */
  readonly sealedUs?: number;
}

export const NOTHING_STORED: Standing = Object.freeze({
  epoch: 0,
  lastSequence: null,
  lastUs: null,
  wholeUntilUs: null,
  openGap: null,
  ...NO_TOTALS,
});

function later(a: number | null, b: number): number {
  return a === null || b > a ? b : a;
}

/** After a new image or sealed block of `storedBytes`. */
export function afterRecord(
  standing: Standing,
  header: RecordHeader,
  storedBytes: number,
): Standing {
  const isNewChain = header.epoch > standing.epoch;
  const isLastChain = header.epoch >= standing.epoch;
  const isImage = header.kind === 'image';
  return {
    ...standing,
    epoch: Math.max(standing.epoch, header.epoch),
    lastSequence: isNewChain
      ? header.lastSequence
      : isLastChain
        ? later(standing.lastSequence, header.lastSequence)
        : standing.lastSequence,
    lastUs: later(standing.lastUs, header.toUs),
    sealedUs: later(standing.sealedUs ?? null, header.toUs),
    wholeUntilUs: isNewChain ? null : standing.wholeUntilUs,
    images: standing.images + (isImage ? 1 : 0),
    blocks: standing.blocks + (isImage ? 0 : 1),
    storedBytes: standing.storedBytes + storedBytes,
    lastImageUs: isImage ? later(standing.lastImageUs, header.toUs) : standing.lastImageUs,
  };
}

/** After a journal piece that reaches to `us`. */
export function afterPiece(standing: Standing, us: number): Standing {
  return { ...standing, lastUs: later(standing.lastUs, us) };
}

/** A mark of a chain that is over says nothing any more. */
export function afterMark(standing: Standing, epoch: number, wholeUntilUs: number): Standing {
  if (epoch !== standing.epoch) return standing;
  return {
    ...standing,
    wholeUntilUs: later(standing.wholeUntilUs, wholeUntilUs),
    lastUs: later(standing.lastUs, wholeUntilUs),
  };
}

export function afterOpenGap(standing: Standing, openGap: OpenGap): Standing {
  return { ...standing, openGap, lastUs: later(standing.lastUs, openGap.fromUs) };
}

/** A gap of earlier chains, copied from elsewhere, leaves the open one open. */
export function afterGap(standing: Standing, gap: GapRecord, storedBytes: number): Standing {
  const { openGap } = standing;
  return {
    ...standing,
    openGap: openGap !== null && openGap.epoch >= gap.epoch ? openGap : null,
    gaps: standing.gaps + 1,
    lastUs: later(standing.lastUs, gap.toUs),
    storedBytes: standing.storedBytes + storedBytes,
  };
}

/** A hole within a chain: nothing of where the recording stands has changed. */
export function afterHole(standing: Standing, storedBytes: number): Standing {
  return {
    ...standing,
    gaps: standing.gaps + 1,
    storedBytes: standing.storedBytes + storedBytes,
  };
}

/** After records of so many bytes, as they were counted when they came, were given away. */
export function afterShipment(
  standing: Standing,
  shipped: { readonly records: number; readonly bytes: number },
): Standing {
  return {
    ...standing,
    shippedRecords: (standing.shippedRecords ?? 0) + shipped.records,
    shippedBytes: (standing.shippedBytes ?? 0) + shipped.bytes,
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
  standing: Standing,
  { images, blocks, gaps, bytes }: Readonly<Expired>,
  where: 'here' | 'store' = 'here',
): Standing {
  const { shippedRecords = 0, shippedBytes = 0 } = standing;
  const left = (count: number, gone: number): number => Math.max(0, count - gone);
  return {
    ...standing,
    images: left(standing.images, images),
    blocks: left(standing.blocks, blocks),
    gaps: left(standing.gaps, gaps),
    storedBytes: left(standing.storedBytes, bytes),
    ...(where === 'store' && {
      shippedRecords: left(shippedRecords, images + blocks + gaps),
      shippedBytes: left(shippedBytes, bytes),
    }),
  };
}

/** What is still here of what was stored. */
export function pendingOf(standing: Standing): {
  readonly records: number;
  readonly bytes: number;
} {
  const { images, blocks, gaps, storedBytes, shippedRecords = 0, shippedBytes = 0 } = standing;
  return { records: images + blocks + gaps - shippedRecords, bytes: storedBytes - shippedBytes };
}
