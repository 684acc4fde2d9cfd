/** The tables as a queue: what is pending, in which order, and how it is removed once replicated. */

import { RecordCorruptError } from '../../errors.ts';
import type {
  RecordHeader,
  SecurityState,
  SecurityTotals,
  SegmentTail,
  StoredRecord,
} from '../archive.ts';
import { MAX_BATCH_RECORDS, batchLength, comparePlaces, placeOf } from '../batch.ts';
import type { Place, RecordBatch } from '../batch.ts';
import { keySequence } from '../record.ts';
import { encodeJson } from '../sealed-json.ts';
import type { SpoolSize } from '../spool.ts';
import type { SecurityDocument } from '../target.ts';
import { HeadUpdates, gapKey, indexKeys, putHead, readHead } from './apply-writes.ts';
import { dropRunOf } from './block-run-change.ts';
import { removeBody } from './bodies.ts';
import { decodeHeader } from './header-bytes.ts';
import { readBody, readGap, readGapWithin, readSecurities, readTail, readTotals } from './reads.ts';
import { EMPTY_HEAD, afterReplication, pendingOf } from './security-head.ts';
import type { KeyRange, RecordKey, Tables } from './tables.ts';

export interface PendingQuery {
  readonly maxBytes: number;
  readonly except: ReadonlySet<string>;
  /** Start with the security after this one, and wrap around. */
  readonly after: string;
}

export function readPending(tables: Tables, query: PendingQuery): RecordBatch[] {
  const batches: RecordBatch[] = [];
  let bytes = 0;
  for (const security of roundRobin(tables, query.after)) {
    if (bytes >= query.maxBytes) break;
    if (query.except.has(security)) continue;
    if (pendingOf(readHead(tables, security)).records <= 0) continue;
    const batch = nextBatch(tables, security);
    if (batch === null) continue;
    batches.push(batch);
    for (const { body } of [...batch.images, ...batch.blocks]) bytes += body.byteLength;
  }
  return batches;
}

function* roundRobin(tables: Tables, after: string): Generator<string> {
  yield* tables.heads.getKeys({ start: `${after}\0` });
  yield* tables.heads.getKeys({ end: `${after}\0` });
}

function nextBatch(tables: Tables, security: string): RecordBatch | null {
  const items = itemsInOrder(tables, security, MAX_BATCH_RECORDS);
  const length = batchLength(
    items.map(({ kind, header }) => ({ kind, bytes: header?.bytes ?? 0 })),
  );
  const gaps: RecordBatch['gaps'][number][] = [];
  const images: StoredRecord[] = [];
  const blocks: StoredRecord[] = [];
  const damaged: RecordHeader[] = [];
  for (const item of items.slice(0, length)) {
    if (item.header === null) {
      const gap = readGapAt(tables, security, item);
      if (gap) gaps.push(gap);
      continue;
    }
    const record = readIfIntact(tables, item.header);
    if (record === null) damaged.push(item.header);
    else (item.kind === 'image' ? images : blocks).push(record);
  }
  if (gaps.length + images.length + blocks.length + damaged.length === 0) return null;
  return { security, gaps, images, blocks, damaged };
}

function readGapAt(tables: Tables, security: string, { epoch, sequence }: Place) {
  return sequence === -Infinity
    ? readGap(tables, security, epoch)
    : readGapWithin(tables, security, epoch, sequence);
}

/** null for a damaged record: it leaves a gap in its segment, here and in the store. */
function readIfIntact(tables: Tables, header: RecordHeader): StoredRecord | null {
  try {
    return readBody(tables, header);
  } catch (error) {
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

/** A pending record's place; `header` is null for a gap. */
export type PendingItem = Place & { readonly header: RecordHeader | null };

/**
 * A security's records in order. Complete up to the `limit`-th; some of what follows may be missing.
 * Records with a damaged header are left out: there is nothing to replicate.
 */
export function itemsInOrder(tables: Tables, security: string, limit: number): PendingItem[] {
  // lmdb writes into the range it is given, so each call gets its own.
  const range = (): KeyRange => ({ start: [security], end: [security, Infinity], limit });
  const gaps = [...tables.gaps.getKeys(range())].map((key): PendingItem => {
    const [, epoch, after] = key as [string, number, number?];
    return { kind: 'gap', epoch, sequence: after ?? -Infinity, header: null };
  });
  const records = [...headers(tables, 'image', range()), ...headers(tables, 'block', range())].map(
    (header): PendingItem => ({ ...placeOf(header), header }),
  );
  return [...gaps, ...records].sort(comparePlaces);
}

function headers(tables: Tables, kind: RecordHeader['kind'], range: KeyRange): RecordHeader[] {
  const table = kind === 'image' ? tables.imageHeaders : tables.blockHeaders;
  return [...table.getRange(range)].flatMap(({ key, value }) => {
    const [security, epoch, sequence] = key as RecordKey;
    return decodeHeader(value, { kind, security, epoch, sequence }) ?? [];
  });
}

/** Splits batches after a number of records. @returns what comes before and behind. */
export function splitBatches(
  batches: readonly RecordBatch[],
  records: number,
): readonly [RecordBatch[], RecordBatch[]] {
  let left = records;
  const cut = <T>(list: readonly T[]): readonly [T[], T[]] => {
    const first = list.slice(0, left);
    left -= first.length;
    return [first, list.slice(first.length)];
  };
  const pairs = batches.map(({ security, ...batch }) => {
    const gaps = cut(batch.gaps);
    const images = cut(batch.images);
    const blocks = cut(batch.blocks);
    const damaged = cut(batch.damaged);
    return [0, 1].map((i) => ({
      security,
      gaps: gaps[i]!,
      images: images[i]!,
      blocks: blocks[i]!,
      damaged: damaged[i]!,
    }));
  });
  const part = (i: number): RecordBatch[] =>
    pairs.map((pair) => pair[i]!).filter((batch) => recordsIn([batch]) > 0);
  return [part(0), part(1)];
}

export function recordsIn(batches: readonly RecordBatch[]): number {
  const lengths = batches.map(
    ({ gaps, images, blocks, damaged }) =>
      gaps.length + images.length + blocks.length + damaged.length,
  );
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** Must run inside a transaction. */
export function removeReplicated(tables: Tables, batches: readonly RecordBatch[]): void {
  const heads = new HeadUpdates(tables);
  for (const { security, gaps, images, blocks, damaged } of batches) {
    const gapKeys = gaps.map(gapKey);
    const headers = [...[...images, ...blocks].map(({ header }) => header), ...damaged];
    const removed = removeAll(tables, gapKeys, headers);
    heads.update(security, (head) => afterReplication(head, removed));
  }
  heads.put();
}

/**
 * Removes gaps and records. @returns their number and stored bytes; those already gone do not
 * count.
 */
export function removeAll(
  tables: Tables,
  gapKeys: readonly (string | number)[][],
  headers: readonly RecordHeader[],
): { readonly records: number; readonly bytes: number } {
  let [records, bytes] = [0, 0];
  for (const key of gapKeys) {
    const stored = tables.gaps.get(key);
    if (stored === undefined) continue;
    tables.gaps.removeSync(key);
    bytes += stored.byteLength;
    records++;
  }
  for (const header of headers) {
    const removedBytes = removeRecord(tables, header);
    bytes += removedBytes;
    if (removedBytes > 0) records++;
  }
  return { records, bytes };
}

/** @returns the stored bytes of header and body; 0 if the record is not there. */
export function removeRecord(tables: Tables, header: RecordHeader): number {
  const isImage = header.kind === 'image';
  const headers = isImage ? tables.imageHeaders : tables.blockHeaders;
  const key: RecordKey = [header.security, header.epoch, keySequence(header)];
  const stored = headers.get(key);
  if (stored === undefined) return 0;
  headers.removeSync(key);
  dropRunOf(tables, { ...header, sequence: keySequence(header) });
  removeBody(isImage ? tables.imageBodies : tables.blockBodies, key, header.bytes);
  if (isImage) for (const indexKey of indexKeys(header)) tables.imageIndex.removeSync(indexKey);
  return stored.byteLength + header.bytes;
}

export function readSize(tables: Tables): SpoolSize {
  let [records, bytes] = [0, 0];
  const securities: string[] = [];
  for (const security of tables.heads.getKeys({})) {
    const pending = pendingOf(readHead(tables, security));
    records += pending.records;
    bytes += pending.bytes;
    if (pending.records > 0) securities.push(security);
  }
  return { records, bytes, securities };
}

export function readSecurityDocuments(tables: Tables): SecurityDocument[] {
  return readSecurities(tables).map((state) => {
    const { security } = state;
    const head = readHead(tables, security);
    const { epoch, aliveUntilUs, openGap, journal } = readTail(tables, security, true);
    const isReplicated = pendingOf(head).records <= 0 && journal.length === 0 && epoch > 0;
    const mark = aliveUntilUs === null ? null : { epoch, us: aliveUntilUs };
    return {
      state,
      totals: readTotals(tables, security),
      end: isReplicated ? { mark, openGap } : null,
    };
  });
}

/** Must run inside a transaction. Leaves a security that is already known unchanged. */
export function seedHead(
  tables: Tables,
  state: SecurityState,
  tail: SegmentTail,
  totals: SecurityTotals,
): void {
  const { security } = state;
  if (!tables.securities.doesExist(security))
    tables.securities.putSync(security, encodeJson(state));
  if (tables.heads.doesExist(security)) return;
  const { epoch, lastSequence, lastUs, aliveUntilUs, openGap } = tail;
  const { images, blocks, gaps, storedBytes } = totals;
  putHead(tables, security, {
    ...EMPTY_HEAD,
    ...totals,
    epoch,
    lastSequence,
    lastUs,
    aliveUntilUs,
    openGap,
    replicatedRecords: images + blocks + gaps,
    replicatedBytes: storedBytes,
  });
}
