/** Deleting what is too old from the embedded archive, in steps that take milliseconds. */

import type { RecordHeader } from '../archive.ts';
import { HeadsInHand, readHead } from './apply-writes.ts';
import { removeRecord } from './embedded-spool.ts';
import { decodeHeader } from './header-bytes.ts';
import { afterExpiry } from './security-head.ts';
import type { Expired } from './security-head.ts';
import { behind } from './tables.ts';
import type { RecordKey, Tables } from './tables.ts';

const STEP_MAX_RECORDS = 200;

/**
 * To be called inside a transaction.
 * @param isOver nothing younger comes any more: then everything may go.
 * @returns how many records it took.
 */
export function expireSome(
  tables: Tables,
  security: string,
  beforeUs: number,
  isOver: boolean,
): number {
  const lastUs = readHead(tables, security).lastUs ?? 0;
  const keep =
    isOver && lastUs < beforeUs ? [Infinity, 0] : lastImageBefore(tables, security, beforeUs);
  if (keep === null) return 0;
  const [epoch = 0, sequence = 0] = keep;
  const expired = { images: 0, blocks: 0, gaps: 0, bytes: 0 };
  const start = [security];
  // Images first: what cannot be reached any more is not missed while the rest goes.
  const images = { start, end: [security, epoch, sequence], limit: STEP_MAX_RECORDS };
  expired.images = removeHeaders(tables, 'image', images, expired);
  if (expired.images < STEP_MAX_RECORDS) {
    const blocks = { start, end: [security, epoch, sequence + 1], limit: STEP_MAX_RECORDS };
    expired.blocks = removeHeaders(tables, 'block', blocks, expired);
    expired.gaps = removeGaps(tables, { start, end: [security, epoch, sequence] }, expired);
  }
  const heads = new HeadsInHand(tables);
  heads.update(security, (head) => afterExpiry(head, expired));
  heads.put();
  return expired.images + expired.blocks;
}

/** Epoch and sequence of the image from which on everything stays. */
function lastImageBefore(tables: Tables, security: string, us: number): number[] | null {
  const [found] = tables.imageIndex.getKeys({
    start: behind(security, 'receive', us, Infinity),
    end: [security, 'receive'],
    reverse: true,
    limit: 1,
  });
  return found === undefined ? null : [Number(found[3]), Number(found[4])];
}

interface KeyRange {
  start: (string | number)[];
  end: (string | number)[];
  limit?: number;
}

function removeHeaders(
  tables: Tables,
  kind: RecordHeader['kind'],
  range: KeyRange,
  expired: Expired,
): number {
  const table = kind === 'image' ? tables.imageHeaders : tables.blockHeaders;
  const found = [...table.getRange(range)];
  for (const { key, value } of found) {
    const [security, epoch, sequence] = key as RecordKey;
    const header = decodeHeader(value, { kind, security, epoch, sequence });
    if (header) expired.bytes += removeRecord(tables, header);
    else table.removeSync(key);
  }
  return found.length;
}

function removeGaps(tables: Tables, range: KeyRange, expired: Expired): number {
  const found = [...tables.gaps.getRange(range)];
  for (const { key, value } of found) {
    expired.bytes += value.byteLength;
    tables.gaps.removeSync(key);
  }
  return found.length;
}
