/** Counts records as an archive on disk counts them. */

import { NO_TOTALS } from '../archive.ts';
import type { BlockRef, GapRecord, SecurityTotals } from '../archive.ts';
import { encodeJson } from '../sealed-json.ts';

export function recordCount({ images, blocks, gaps }: SecurityTotals): number {
  return images + blocks + gaps;
}

export function totalsOf(
  records: readonly Pick<BlockRef, 'header'>[],
  gaps: readonly GapRecord[] = [],
): SecurityTotals {
  let totals = NO_TOTALS;
  for (const { header } of records) {
    const isImage = header.kind === 'image';
    totals = addTotals(totals, {
      images: isImage ? 1 : 0,
      blocks: isImage ? 0 : 1,
      gaps: 0,
      storedBytes: encodeJson(header).byteLength + header.bytes,
      lastImageUs: isImage ? header.toUs : null,
    });
  }
  for (const gap of gaps) {
    const storedBytes = encodeJson(gap).byteLength;
    totals = addTotals(totals, { ...NO_TOTALS, gaps: 1, storedBytes });
  }
  return totals;
}

export function addTotals(a: SecurityTotals, b: SecurityTotals): SecurityTotals {
  return {
    images: a.images + b.images,
    blocks: a.blocks + b.blocks,
    gaps: a.gaps + b.gaps,
    storedBytes: a.storedBytes + b.storedBytes,
    lastImageUs: latest(a.lastImageUs, b.lastImageUs),
  };
}

/** The larger of each count. */
export function maxTotals(a: SecurityTotals, b: SecurityTotals): SecurityTotals {
  return {
    images: Math.max(a.images, b.images),
    blocks: Math.max(a.blocks, b.blocks),
    gaps: Math.max(a.gaps, b.gaps),
    storedBytes: Math.max(a.storedBytes, b.storedBytes),
    lastImageUs: latest(a.lastImageUs, b.lastImageUs),
  };
}

function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
