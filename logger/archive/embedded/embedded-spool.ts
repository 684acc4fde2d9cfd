/** The spool's side of the embedded archive: what waits, in which order, and how it goes. */

import { RecordCorruptError } from '../../errors.ts';
import type {
  SegmentTail,
  RecordHeader,
  SecurityState,
  SecurityTotals,
  StoredRecord,
} from '../archive.ts';
import { HeadsInHand, gapKey, indexKeys, putHead, readHead } from './apply-writes.ts';
import { removeBody } from '../body-parts.ts';
import {
  readBody,
  readGap,
  readHole,
  readSecurities,
  readTail,
  readTotals,
} from './embedded-reads.ts';
import { decodeHeader, encodeJson } from './header-bytes.ts';
import { keySequence } from '../record.ts';
import type { SecurityDocument, Shipment, SpoolSize } from '../transfer/spool.ts';
import { NOTHING_STORED, afterShipment, pendingOf } from './security-head.ts';
import type { RecordKey, Tables } from './tables.ts';

/** Of one security in one go; others wait, too. */
const SECURITY_MAX_BYTES = 1024 * 1024;
const SECURITY_MAX_RECORDS = 64;

/** Whose turn comes first, and what may not take part. */
export interface PendingQuery {
  readonly maxBytes: number;
  readonly except: ReadonlySet<string>;
  /** Securities in order begin behind this one, and then from the start. */
  readonly after: string;
}

export function readPending(tables: Tables, question: PendingQuery): Shipment[] {
  const shipments: Shipment[] = [];
  let bytes = 0;
  for (const security of inTurn(tables, question.after)) {
    if (bytes >= question.maxBytes) break;
    if (question.except.has(security)) continue;
    if (pendingOf(readHead(tables, security)).records <= 0) continue;
    const shipment = nextShipment(tables, security);
    if (shipment === null) continue;
    shipments.push(shipment);
    for (const { body } of [...shipment.images, ...shipment.blocks]) bytes += body.byteLength;
  }
  return shipments;
}

function* inTurn(tables: Tables, after: string): Generator<string> {
  yield* tables.heads.getKeys({ start: `${after}\0` });
  yield* tables.heads.getKeys({ end: `${after}\0` });
}

/** The first records of a security that may be written as gaps, then images, then blocks. */
function nextShipment(tables: Tables, security: string): Shipment | null {
  const gaps: Shipment['gaps'][number][] = [];
  const images: Shipment['images'][number][] = [];
  const blocks: Shipment['blocks'][number][] = [];
  const damaged: RecordHeader[] = [];
  let bytes = 0;
  for (const item of inOrder(tables, security)) {
    if (item.kind === 'gap') {
      if (images.length > 0 || blocks.length > 0) break;
      const gap =
        item.after === undefined
          ? readGap(tables, security, item.epoch)
          : readHole(tables, security, item.epoch, item.after);
      if (gap) gaps.push(gap);
      continue;
    }
    const isFull =
      bytes >= SECURITY_MAX_BYTES || images.length + blocks.length >= SECURITY_MAX_RECORDS;
    if (isFull || (item.kind === 'image' && blocks.length > 0)) break;
    const record = readWhole(tables, item.header);
    bytes += item.header.bytes;
    if (record === null) damaged.push(item.header);
    else (item.kind === 'image' ? images : blocks).push(record);
  }
  if (gaps.length + images.length + blocks.length + damaged.length === 0) return null;
  return { security, gaps, images, blocks, damaged };
}

function readWhole(tables: Tables, header: RecordHeader): StoredRecord | null {
  try {
    return readBody(tables, header);
  } catch (error) {
    // Nobody can read it here or there: the segment has a hole where it stood.
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

export type Item =
  | { readonly kind: 'gap'; readonly epoch: number; readonly after?: number | undefined }
  | { readonly kind: 'image' | 'block'; readonly header: RecordHeader };

/** Segment by segment: the gap before it, then images and blocks by sequence. Enough for one shipment. */
export function inOrder(
  tables: Tables,
  security: string,
  limit = SECURITY_MAX_RECORDS + 1,
): Item[] {
  // lmdb writes into the range that it is given: each call gets its own.
  const range = (): KeyRange => ({ start: [security], end: [security, Infinity], limit });
  const gaps = [...tables.gaps.getKeys(range())].map((key): Item => ({
    kind: 'gap',
    epoch: (key as RecordKey)[1],
    after: (key as (number | undefined)[])[2],
  }));
  const records = [...headers(tables, 'image', range()), ...headers(tables, 'block', range())].map(
    (header): Item => ({ kind: header.kind, header }),
  );
  return [...gaps, ...records].sort(byPlace);
}

interface KeyRange {
  start: (string | number)[];
  end: (string | number)[];
  limit: number;
}

function byPlace(a: Item, b: Item): number {
  const epoch = epochOf(a) - epochOf(b);
  if (epoch !== 0) return epoch;
  if (a.kind === 'gap' || b.kind === 'gap') return a.kind === 'gap' ? -1 : 1;
  const difference = keySequence(a.header) - keySequence(b.header);
  // An image stands behind the block that leads to it, and before the one that begins there.
  return difference === 0 && a.kind !== b.kind ? (a.kind === 'block' ? -1 : 1) : difference;
}

function epochOf(item: Item): number {
  return item.kind === 'gap' ? item.epoch : item.header.epoch;
}

function headers(tables: Tables, kind: RecordHeader['kind'], range: KeyRange): RecordHeader[] {
  const table = kind === 'image' ? tables.imageHeaders : tables.blockHeaders;
  return [...table.getRange(range)].flatMap(({ key, value }) => {
    const [security, epoch, sequence] = key as RecordKey;
    // A damaged header names nothing that could be shipped: a hole, here as there.
    return decodeHeader(value, { kind, security, epoch, sequence }) ?? [];
  });
}

/** To be called inside a transaction. */
export function removeShipped(tables: Tables, shipments: readonly Shipment[]): void {
  const heads = new HeadsInHand(tables);
  for (const { security, gaps, images, blocks, damaged } of shipments) {
    let bytes = 0;
    let records = 0;
    for (const gap of gaps) {
      const stored = tables.gaps.get(gapKey(gap));
      if (stored === undefined) continue;
      tables.gaps.removeSync(gapKey(gap));
      bytes += stored.byteLength;
      records++;
    }
    const headers = [...images, ...blocks].map((record) => record.header);
    for (const header of [...headers, ...damaged]) {
      const removed = removeRecord(tables, header);
      bytes += removed;
      if (removed > 0) records++;
    }
    heads.update(security, (head) => afterShipment(head, { records, bytes }));
  }
  heads.put();
}

/** @returns what it took, as it was counted when it came; 0: it was not there. */
export function removeRecord(tables: Tables, header: RecordHeader): number {
  const isImage = header.kind === 'image';
  const heads = isImage ? tables.imageHeaders : tables.blockHeaders;
  const key: RecordKey = [header.security, header.epoch, keySequence(header)];
  const stored = heads.get(key);
  if (stored === undefined) return 0;
  heads.removeSync(key);
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
    const { epoch, aliveUntilUs, openGap, journal } = readTail(tables, security);
    const isAllThere = pendingOf(head).records <= 0 && journal.length === 0 && epoch > 0;
    const mark = aliveUntilUs === null ? null : { epoch, us: aliveUntilUs };
    return {
      state,
      totals: readTotals(tables, security),
      end: isAllThere ? { mark, openGap } : null,
    };
  });
}

/** To be called inside a transaction. Nothing happens where something is known already. */
export function seedStanding(
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
  const head = {
    ...NOTHING_STORED,
    ...totals,
    epoch,
    lastSequence,
    lastUs,
    aliveUntilUs,
    openGap,
    shippedRecords: images + blocks + gaps,
    shippedBytes: storedBytes,
  };
  putHead(tables, security, head);
}
