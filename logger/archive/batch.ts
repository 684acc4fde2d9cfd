/**
 * The order in which a security's records were made, and how a run of them is cut into batches. Records
 * are moved from one archive to another in this order alone, so that the target always holds a readable
 * beginning of what the source holds.
 */

import type { BlockRef, GapRecord, RecordHeader, StoredRecord } from './archive.ts';
import { keySequence } from './record.ts';

/** Consecutive records of one security, to be written as gaps, then images, then blocks. */
export interface RecordBatch {
  readonly security: string;
  readonly gaps: readonly GapRecord[];
  readonly images: readonly StoredRecord[];
  readonly blocks: readonly StoredRecord[];
  /** Records that fail their checksum: not written, only removed from the source. */
  readonly damaged: readonly RecordHeader[];
}

/** Where a record belongs in its security's history. */
export interface Place {
  readonly kind: 'gap' | 'image' | 'block';
  readonly epoch: number;
  /** A record's key sequence. Gap: the sequence that it follows; -Infinity: it precedes the segment. */
  readonly sequence: number;
}

export function placeOf(header: RecordHeader): Place {
  return { kind: header.kind, epoch: header.epoch, sequence: keySequence(header) };
}

const RANK = { gap: 0, block: 1, image: 2 } as const;

/**
 * Segment by segment: its gaps, then images and blocks by sequence. At the same sequence a block leads
 * to the image, so the block is first.
 */
export function comparePlaces(a: Place, b: Place): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if ((a.kind === 'gap') !== (b.kind === 'gap')) return a.kind === 'gap' ? -1 : 1;
  if (a.sequence !== b.sequence) return a.sequence < b.sequence ? -1 : 1;
  return RANK[a.kind] - RANK[b.kind];
}

export function inOrder(refs: readonly BlockRef[]): BlockRef[] {
  return [...refs].sort((a, b) => comparePlaces(placeOf(a.header), placeOf(b.header)));
}

/** Limits of a batch; a single record may be larger. */
export const MAX_BATCH_RECORDS = 64;
const MAX_BATCH_BYTES = 1024 * 1024;

/** The next phase of a batch: gaps, images, blocks. */
const PHASE = { gap: 0, image: 1, block: 2 } as const;

/**
 * How many of the records form the first batch.
 * @param records in order; `bytes` of their bodies.
 */
export function batchLength(
  records: readonly { readonly kind: Place['kind']; readonly bytes: number }[],
): number {
  let phase = 0;
  let bytes = 0;
  const end = records.findIndex((record, i) => {
    if (i > 0 && PHASE[record.kind] < phase) return true;
    phase = PHASE[record.kind];
    bytes += record.bytes;
    return i > 0 && (i >= MAX_BATCH_RECORDS || bytes > MAX_BATCH_BYTES);
  });
  return end === -1 ? records.length : end;
}

/** Cuts references, in order, into batches. */
export function batchesOf(refs: readonly BlockRef[]): BlockRef[][] {
  const batches: BlockRef[][] = [];
  let rest = refs.map(({ header: { kind, bytes } }, i) => ({ kind, bytes, ref: refs[i]! }));
  while (rest.length > 0) {
    const length = batchLength(rest);
    batches.push(rest.slice(0, length).map(({ ref }) => ref));
    rest = rest.slice(length);
  }
  return batches;
}
