/** The pure decisions of a copy: which records are missing, and where gaps may lie. */

import type { BlockRef, RecordHeader } from '../archive.ts';
import { keySequence } from '../record.ts';

/** A segment's records by key: the checksum of each, null for a damaged one. */
export type Checksums = ReadonlyMap<string, string | null>;

export function checksumsOf(refs: readonly BlockRef[]): Checksums {
  return new Map(
    refs
      .filter(({ isJournalPart }) => !isJournalPart)
      .map(({ header, damaged }) => [keyOf(header), damaged ? null : header.checksum]),
  );
}

function keyOf(header: RecordHeader): string {
  return `${header.kind} ${keySequence(header)}`;
}

export interface Difference {
  readonly missing: readonly BlockRef[];
  /** Both have the same record, or the target has what is damaged in the source. */
  readonly present: readonly BlockRef[];
  /** The target has a different or damaged record here; nothing after it is listed. */
  readonly conflict: BlockRef | null;
}

/** @param records in order. */
export function differenceOf(records: readonly BlockRef[], target: Checksums): Difference {
  const missing: BlockRef[] = [];
  const present: BlockRef[] = [];
  for (const ref of records) {
    const stored = target.get(keyOf(ref.header));
    if (stored === undefined) missing.push(ref);
    else if (stored === ref.header.checksum || (ref.damaged && stored !== null)) present.push(ref);
    else return { missing, present, conflict: ref };
  }
  return { missing, present, conflict: null };
}

/**
 * The sequences at which a segment's records end before the next one begins: a gap may be recorded
 * there.
 * @param end of the preceding records; null for none.
 */
export function breaksOf(
  records: readonly BlockRef[],
  end: number | null,
): { readonly breaks: readonly number[]; readonly end: number | null } {
  const breaks: number[] = [];
  for (const { header } of records) {
    const begin = header.kind === 'image' ? header.lastSequence : header.previousSequence;
    if (end !== null && begin > end) breaks.push(end);
    end = Math.max(end ?? begin, begin, header.lastSequence);
  }
  return { breaks, end };
}
