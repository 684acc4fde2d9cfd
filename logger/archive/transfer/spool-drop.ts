/**
 * The spool's limit: what is given up when the store was away for too long. The unit is a stretch
 * from where a security's spool begins to its next image, for behind a missing block nothing can be
 * rebuilt but from an image on. What goes is declared in the same transaction; it is a gap like any
 * other, with the cause `spool`.
 */

import type { GapRecord, RecordHeader } from '../archive.ts';
import { HeadsInHand, applyWrites, gapKey, readHead } from '../embedded/apply-writes.ts';
import { readGap } from '../embedded/embedded-reads.ts';
import { inOrder, removeRecord } from '../embedded/embedded-spool.ts';
import type { Item } from '../embedded/embedded-spool.ts';
import type { Dropped } from './spool.ts';
import { afterShipment, pendingOf } from '../embedded/security-head.ts';
import type { Tables } from '../embedded/tables.ts';

/** Records in one go; a longer stretch goes in several. */
const STRETCH_MAX_RECORDS = 2000;

type RecordItem = Exclude<Item, { kind: 'gap' }>;
const isRecord = (item: Item): item is RecordItem => item.kind !== 'gap';

/** To be called inside a transaction. */
export function dropOldest(tables: Tables): Dropped | null {
  const security = oldestSecurity(tables);
  if (security === null) return null;
  const items = inOrder(tables, security, STRETCH_MAX_RECORDS);
  const first = items.findIndex(isRecord);
  const end = items.findIndex(
    (item, i) =>
      i > first && (item.kind === 'image' || (item.kind === 'gap' && item.after === undefined)),
  );
  const stretch = (end === -1 ? items : items.slice(0, end)).filter(isRecord);
  const next = end === -1 ? undefined : items.slice(end).filter(isRecord)[0]?.header;
  const [begin] = stretch;
  if (begin === undefined) return null;
  const gap = declaration(tables, begin, stretch, next);
  const heads = new HeadsInHand(tables);
  remove(tables, heads, { security, stretch, gap });
  heads.put();
  applyWrites(tables, [{ type: 'gap', record: gap }]);
  const { fromUs } = begin.header;
  const toUs = Math.max(...stretch.map(({ header }) => header.toUs));
  const needsImage = next === undefined;
  return { security, records: stretch.length, fromUs, toUs, needsImage };
}

function oldestSecurity(tables: Tables): string | null {
  let oldest: { readonly security: string; readonly us: number } | null = null;
  for (const security of tables.heads.getKeys({})) {
    if (pendingOf(readHead(tables, security)).records <= 0) continue;
    const us = inOrder(tables, security, 2).find(isRecord)?.header.fromUs;
    if (us !== undefined && (oldest === null || us < oldest.us)) oldest = { security, us };
  }
  return oldest?.security ?? null;
}

/** What is missing, and from where to where. */
function declaration(
  tables: Tables,
  begin: RecordItem,
  stretch: readonly RecordItem[],
  next: RecordHeader | undefined,
): GapRecord {
  const { header } = begin;
  const { security, epoch, proof, reason } = header;
  const toUs = next?.fromUs ?? Math.max(...stretch.map((item) => item.header.toUs));
  const isSequenced = proof === 'sequence';
  const before = readGap(tables, security, epoch);
  // The gap before a segment goes to the store with its first image: where it is here, so is that.
  const isFirst = reason === 'start' || reason === 'gap' || before !== null;
  if (header.kind === 'block' || !isFirst) {
    // Within its segment: what leads up to here was given to the store.
    const after = header.kind === 'image' ? header.lastSequence : header.previousSequence;
    const isSameSegment = next?.epoch === epoch;
    return {
      security,
      epoch,
      fromUs: header.fromUs,
      toUs,
      cause: 'spool',
      firstMissing: isSequenced ? after + 1 : null,
      lastMissing: isSequenced && isSameSegment ? next.lastSequence - 1 : null,
      after,
    };
  }
  // With its beginning: the segment starts at the image that follows, or the next one does.
  return {
    security,
    epoch: next?.epoch ?? epoch,
    fromUs: before?.fromUs ?? header.fromUs,
    toUs,
    cause: 'spool',
    firstMissing: before?.firstMissing ?? (isSequenced ? header.lastSequence : null),
    lastMissing: isSequenced && next ? next.lastSequence - 1 : null,
  };
}

/** The stretch, and gap records in whose place the declaration comes. */
function remove(
  tables: Tables,
  heads: HeadsInHand,
  what: {
    readonly security: string;
    readonly stretch: readonly RecordItem[];
    readonly gap: GapRecord;
  },
): void {
  const { security, stretch, gap } = what;
  let [records, bytes] = [0, 0];
  for (const { header } of stretch) {
    bytes += removeRecord(tables, header);
    records++;
  }
  const epochs = new Set([gap.epoch, ...stretch.map(({ header }) => header.epoch)]);
  const replaced = gap.after === undefined ? [...epochs].map((epoch) => [security, epoch]) : [];
  for (const key of [...replaced, gapKey(gap)]) {
    const stored = tables.gaps.get(key);
    if (stored === undefined) continue;
    tables.gaps.removeSync(key);
    bytes += stored.byteLength;
    records++;
  }
  heads.update(security, (head) => afterShipment(head, { records, bytes }));
}
