/** Deletes old records from the embedded archive, in steps of a few milliseconds. */

import type { RecordHeader } from '../archive.ts';
import type { DeletedCounts } from '../retention.ts';
import { HeadUpdates, readHead } from './apply-writes.ts';
import { dropRunOf } from './block-run-change.ts';
import { pruneCandles } from './embedded-candles.ts';
import { pruneInstruments } from './embedded-instruments.ts';
import { pruneSnapshots } from './embedded-snapshots.ts';
import { decodeHeader } from './header-bytes.ts';
import { afterDeletion } from './security-head.ts';
import { removeRecord } from './spool-queue.ts';
import { behind } from './tables.ts';
import type { KeyRange, RecordKey, Tables } from './tables.ts';

export const MAX_STEP_RECORDS = 200;

/**
 * Must run inside a transaction.
 * @param isFinished the security is no longer recorded: if nothing is newer, everything may go.
 * @returns the number of records, candles or snapshots deleted.
 */
export function pruneSome(
  tables: Tables,
  security: string,
  beforeUs: number,
  isFinished: boolean,
  maxRecords: number,
): number {
  const lastUs = readHead(tables, security).lastUs ?? 0;
  const isAllOld = isFinished && lastUs < beforeUs;
  const candles = { beforeUs, isFinished: isAllOld, limit: maxRecords };
  const keep = isAllOld ? [Infinity, 0] : lastImageBefore(tables, security, beforeUs);
  const records = keep === null ? 0 : pruneRecords(tables, security, keep, maxRecords);
  return (
    records ||
    pruneCandles(tables.candles, security, candles) ||
    pruneSnapshots(tables.snapshots, security, beforeUs, maxRecords) ||
    (isAllOld ? pruneInstruments(tables.instruments, security, maxRecords) : 0)
  );
}

function pruneRecords(
  tables: Tables,
  security: string,
  keep: readonly number[],
  maxRecords: number,
): number {
  const [epoch = 0, sequence = 0] = keep;
  const deleted: DeletedCounts = { images: 0, blocks: 0, gaps: 0, bytes: 0 };
  const start = [security];
  // Images first: blocks without an image are not reachable while the rest is deleted.
  const images = { start, end: [security, epoch, sequence], limit: maxRecords };
  deleted.images = removeHeaders(tables, 'image', images, deleted);
  if (deleted.images < maxRecords) {
    const blocks = { start, end: [security, epoch, sequence + 1], limit: maxRecords };
    deleted.blocks = removeHeaders(tables, 'block', blocks, deleted);
    deleted.gaps = removeGaps(tables, { start, end: [security, epoch, sequence] }, deleted);
  }
  const heads = new HeadUpdates(tables);
  heads.update(security, (head) => afterDeletion(head, deleted));
  heads.put();
  return deleted.images + deleted.blocks;
}

/** Epoch and sequence of the image from which on everything is kept. */
function lastImageBefore(tables: Tables, security: string, us: number): number[] | null {
  const [found] = tables.imageIndex.getKeys({
    start: behind(security, 'receive', us, Infinity),
    end: [security, 'receive'],
    reverse: true,
    limit: 1,
  });
  return found === undefined ? null : [Number(found[3]), Number(found[4])];
}

function removeHeaders(
  tables: Tables,
  kind: RecordHeader['kind'],
  range: KeyRange,
  deleted: DeletedCounts,
): number {
  const table = kind === 'image' ? tables.imageHeaders : tables.blockHeaders;
  const found = [...table.getRange(range)];
  for (const { key, value } of found) {
    const [security, epoch, sequence] = key as RecordKey;
    const header = decodeHeader(value, { kind, security, epoch, sequence });
    if (header) {
      deleted.bytes += removeRecord(tables, header);
    } else {
      table.removeSync(key);
      dropRunOf(tables, { kind, security, epoch, sequence });
    }
  }
  return found.length;
}

function removeGaps(tables: Tables, range: KeyRange, deleted: DeletedCounts): number {
  const found = [...tables.gaps.getRange(range)];
  for (const { key, value } of found) {
    deleted.bytes += value.byteLength;
    tables.gaps.removeSync(key);
  }
  return found.length;
}
