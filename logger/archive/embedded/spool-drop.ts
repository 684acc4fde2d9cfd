/**
 * Frees room in a full spool. What is dropped is a run of records from the first pending one of a
 * security up to its next image: behind a missing block nothing can be rebuilt before an image. The gap
 * is recorded in the same transaction, with the cause `spool`.
 */

import type { GapRecord, RecordHeader } from '../archive.ts';
import type { DroppedRecords } from '../spool.ts';
import { HeadUpdates, applyWrites, gapKey, readHead } from './apply-writes.ts';
import { readGap } from './reads.ts';
import { afterReplication, pendingOf } from './security-head.ts';
import { itemsInOrder, removeAll } from './spool-queue.ts';
import type { PendingItem } from './spool-queue.ts';
import type { Tables } from './tables.ts';

/** Records that are dropped at once; a longer run is dropped in several steps. */
const MAX_RUN_RECORDS = 2000;

interface Run {
  readonly first: RecordHeader;
  readonly headers: readonly RecordHeader[];
  /** The record that follows the run. */
  readonly next: RecordHeader | undefined;
  readonly lastUs: number;
}

/** Must run inside a transaction. */
export function dropOldest(tables: Tables): DroppedRecords | null {
  const security = oldestSecurity(tables);
  const run = security === null ? null : firstRun(itemsInOrder(tables, security, MAX_RUN_RECORDS));
  if (security === null || run === null) return null;
  const gap = gapInPlaceOf(run, readGap(tables, security, run.first.epoch));
  removeRun(tables, run, gap);
  applyWrites(tables, [{ type: 'gap', record: gap }]);
  return {
    security,
    records: run.headers.length,
    fromUs: run.first.fromUs,
    toUs: run.lastUs,
    needsImage: run.next === undefined,
  };
}

function oldestSecurity(tables: Tables): string | null {
  let oldest: { readonly security: string; readonly us: number } | null = null;
  for (const security of tables.heads.getKeys({})) {
    if (pendingOf(readHead(tables, security)).records <= 0) continue;
    const [first] = headersOf(itemsInOrder(tables, security, 2));
    if (first && (oldest === null || first.fromUs < oldest.us)) {
      oldest = { security, us: first.fromUs };
    }
  }
  return oldest?.security ?? null;
}

/** The records from the first one to the next image or segment. */
function firstRun(items: readonly PendingItem[]): Run | null {
  const start = items.findIndex(({ header }) => header !== null);
  const end = items.findIndex(
    ({ kind, sequence }, i) =>
      i > start && (kind === 'image' || (kind === 'gap' && sequence === -Infinity)),
  );
  const headers = headersOf(end === -1 ? items : items.slice(0, end));
  const [first] = headers;
  if (first === undefined) return null;
  const [next] = end === -1 ? [] : headersOf(items.slice(end));
  return { first, headers, next, lastUs: Math.max(...headers.map(({ toUs }) => toUs)) };
}

function headersOf(items: readonly PendingItem[]): RecordHeader[] {
  return items.flatMap(({ header }) => header ?? []);
}

/** @param before the gap before the run's segment, if it is still here. */
function gapInPlaceOf(
  { first, next, lastUs }: Omit<Run, 'headers'>,
  before: GapRecord | null,
): GapRecord {
  const { security, epoch, fromUs } = first;
  const isSequenced = first.proof === 'sequence';
  const toUs = next?.fromUs ?? lastUs;
  if (isStartOfSegment(first, before)) {
    // The segment then starts at its next image, or is gone altogether.
    return {
      security,
      epoch: next?.epoch ?? epoch,
      fromUs: before?.fromUs ?? fromUs,
      toUs,
      cause: 'spool',
      firstMissing: before?.firstMissing ?? (isSequenced ? first.lastSequence : null),
      lastMissing: isSequenced && next ? next.lastSequence - 1 : null,
    };
  }
  // What precedes the run has been replicated: the gap lies within the segment.
  const after = first.kind === 'image' ? first.lastSequence : first.previousSequence;
  return {
    security,
    epoch,
    fromUs,
    toUs,
    cause: 'spool',
    firstMissing: isSequenced ? after + 1 : null,
    lastMissing: isSequenced && next?.epoch === epoch ? next.lastSequence - 1 : null,
    after,
  };
}

/** The gap before a segment is replicated with its first image: while it is here, so is the image. */
function isStartOfSegment(first: RecordHeader, before: GapRecord | null): boolean {
  const isFirstImage = first.reason === 'start' || first.reason === 'gap' || before !== null;
  return first.kind === 'image' && isFirstImage;
}

/** Removes the run, and the gaps that the new one replaces. */
function removeRun(tables: Tables, { first, headers }: Run, gap: GapRecord): void {
  const { security } = first;
  const epochs = new Set([gap.epoch, ...headers.map(({ epoch }) => epoch)]);
  const replaced = gap.after === undefined ? [...epochs].map((epoch) => [security, epoch]) : [];
  const removed = removeAll(tables, [...replaced, gapKey(gap)], headers);
  const heads = new HeadUpdates(tables);
  heads.update(security, (head) => afterReplication(head, removed));
  heads.put();
}
