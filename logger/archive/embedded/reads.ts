/**
 * The look-ups of an embedded archive. Each is synchronous, so it runs on one snapshot of LMDB: a
 * commit made meanwhile is seen as a whole by the next call.
 */

import { RecordCorruptError } from '../../errors.ts';
import type {
  BlockRange,
  BlockRef,
  SegmentTail,
  GapRecord,
  KeySpan,
  Position,
  RecordHeader,
  SecurityState,
  SecurityTotals,
  StoredRecord,
} from '../archive.ts';
import { MAX_EXCHANGE_DISORDER_US } from '../archive.ts';
import { damagedRef, headerOfDamaged, isBeyond } from '../block-refs.ts';
import type { HeaderKey } from '../block-refs.ts';
import { checkRecord, recordName } from '../record.ts';
import { decodeJson } from '../sealed-json.ts';
import { readHead } from './apply-writes.ts';
import { getBody } from './bodies.ts';
import { decodeHeader, decodeJournalPart } from './header-bytes.ts';
import type { SecurityHead } from './security-head.ts';
import { behind } from './tables.ts';
import type { IndexName, RecordKey, Tables } from './tables.ts';

/** Reads a record later, in a snapshot of its own. */
export type LoadBody = (header: RecordHeader) => Promise<StoredRecord>;

export function readSecurities(tables: Tables): SecurityState[] {
  return [...tables.securities.getRange({})].map(
    ({ key, value }) => decodeJson(value, `The state of ${key}`) as SecurityState,
  );
}

export function readTotals(tables: Tables, security: string): SecurityTotals {
  const { images, blocks, gaps, storedBytes, lastImageUs } = readHead(tables, security);
  return { images, blocks, gaps, storedBytes, lastImageUs };
}

export function readTail(tables: Tables, security: string, parts: boolean): SegmentTail {
  const head = readHead(tables, security);
  const { epoch, lastSequence, openGap } = head;
  const end = tables.journal.end(security, head);
  const journal: StoredRecord[] = [];
  for (const part of parts ? openParts(tables, security, head) : []) {
    journal.push(part ?? damagedPart(tables, security, epoch, journal.at(-1)?.header.toUs));
  }
  return {
    epoch,
    lastSequence,
    lastUs: latest(head.lastUs, end.lastUs),
    aliveUntilUs: latest(head.aliveUntilUs, end.aliveUntilUs),
    openGap,
    journal,
  };
}

function latest(a: number | null, b: number | null): number | null {
  return a === null || (b !== null && b > a) ? b : a;
}

/** The parts of the open block, in order, unchecked. undefined: one is damaged. */
function* openParts(
  tables: Tables,
  security: string,
  head: SecurityHead,
): Generator<StoredRecord | undefined> {
  const old = { start: [security], end: [security, Infinity] };
  for (const { value } of tables.oldJournal.getRange(old)) yield decodeJournalPart(value);
  yield* tables.journal.parts(security, head);
}

/**
 * Takes the place of a journal part whose header is damaged. It fails `checkRecord`, and its time
 * is the end of the records before it.
 */
function damagedPart(
  tables: Tables,
  security: string,
  epoch: number,
  previousUs: number | undefined,
): StoredRecord {
  const us = previousUs ?? lastSealedUs(tables, security, epoch);
  const header = headerOfDamaged({ kind: 'block', security, epoch, sequence: 0 });
  return { header: { ...header, fromUs: us, toUs: us }, body: new Uint8Array() };
}

function lastSealedUs(tables: Tables, security: string, epoch: number): number {
  const range = { start: [security, epoch + 1], end: [security, epoch], reverse: true, limit: 1 };
  let us = readHead(tables, security).sealedUs ?? 0;
  for (const kind of ['image', 'block'] as const) {
    const headers = kind === 'image' ? tables.imageHeaders : tables.blockHeaders;
    for (const { key, value } of headers.getRange(range)) {
      us = Math.max(us, decodeHeader(value, headerKey(kind, key))?.toUs ?? 0);
    }
  }
  return us;
}

export function readGap(tables: Tables, security: string, epoch: number): GapRecord | null {
  const bytes = tables.gaps.get([security, epoch]);
  return bytes === undefined ? null : (decodeJson(bytes, `Gap ${epoch}`) as GapRecord);
}

export function readGapWithin(
  tables: Tables,
  security: string,
  epoch: number,
  after: number,
): GapRecord | null {
  const bytes = tables.gaps.get([security, epoch, after]);
  return bytes === undefined ? null : (decodeJson(bytes, `Gap ${epoch}/${after}`) as GapRecord);
}

/** A stored image or block by its key; undefined if there is none. */
function refAt(
  tables: Tables,
  kind: 'image' | 'block',
  key: RecordKey,
  load: LoadBody,
): BlockRef | undefined {
  const headers = kind === 'image' ? tables.imageHeaders : tables.blockHeaders;
  const bytes = headers.get(key);
  return bytes === undefined ? undefined : refOf(bytes, headerKey(kind, key), load);
}

function headerKey(kind: 'image' | 'block', key: readonly (string | number)[]): HeaderKey {
  return { kind, security: String(key[0]), epoch: Number(key[1]), sequence: Number(key[2]) };
}

function refOf(bytes: Uint8Array, key: HeaderKey, load: LoadBody): BlockRef {
  const header = decodeHeader(bytes, key);
  return header === undefined ? damagedRef(key) : { header, load: () => load(header) };
}

/** @throws RecordCorruptError if the body is missing or the record fails its checksum. */
export function readBody(tables: Tables, header: RecordHeader): StoredRecord {
  const isImage = header.kind === 'image';
  const bodies = isImage ? tables.imageBodies : tables.blockBodies;
  const sequence = isImage ? header.lastSequence : header.firstSequence;
  const key: RecordKey = [header.security, header.epoch, sequence];
  const body = getBody(bodies, key, header.bytes);
  if (body === undefined) {
    throw new RecordCorruptError(`Record ${recordName(header)} has lost its body`, {
      context: { security: header.security, record: recordName(header) },
    });
  }
  const record = { header, body };
  checkRecord(record);
  return record;
}

/**
 * The image at a position. One step back in the index finds a candidate. A later segment whose first
 * image is also at or before the position holds the later book: the exchange's clock may differ a
 * little between two connections, and an exchange may restart its sequences.
 */
export function readImageAt(
  tables: Tables,
  security: string,
  position: Position,
  load: LoadBody,
): BlockRef | null {
  const [index, bound]: [IndexName, number] =
    'sequence' in position ? ['sequence', position.sequence] : [position.clock, position.us];
  let [found] = tables.imageIndex.getKeys({
    start: behind(security, index, bound, Infinity),
    end: [security, index],
    reverse: true,
    limit: 1,
  });
  if (found === undefined) return null;
  const slack = index === 'exchange' ? MAX_EXCHANGE_DISORDER_US : 0;
  let next = readSegmentStart(tables, security, Number(found[3]), load);
  while (next !== null && !next.damaged) {
    const value = valueOf(next.header, index);
    if (value !== null && value > bound + slack) break;
    if (value !== null && value <= bound) {
      found = lastInSegment(tables, next.header, index, bound);
    }
    next = readSegmentStart(tables, security, next.header.epoch, load);
  }
  const key: RecordKey = [security, Number(found[3]), Number(found[4])];
  return refAt(tables, 'image', key, load) ?? damagedRef(headerKey('image', key));
}

/** null if the segment is not in this index. */
function valueOf(header: RecordHeader, index: IndexName): number | null {
  if (index === 'sequence') return header.proof === 'sequence' ? header.lastSequence : null;
  return index === 'receive' ? header.toUs : header.exchangeToUs;
}

/** The index key of the last image of a segment within a bound; its first image is within it. */
function lastInSegment(
  tables: Tables,
  first: RecordHeader,
  index: IndexName,
  bound: number,
): (string | number)[] {
  const { security, epoch } = first;
  const value = valueOf(first, index) ?? 0;
  const keys = tables.imageIndex.getKeys({
    start: behind(security, index, bound, Infinity),
    end: [security, index, value],
    reverse: true,
  });
  for (const key of keys) if (key[3] === epoch) return key;
  return [security, index, value, epoch, first.lastSequence];
}

export function readSegmentAfter(tables: Tables, security: string, epoch: number): number | null {
  const epochs = [tables.imageHeaders, tables.blockHeaders].flatMap((headers) => {
    const range = { start: [security, epoch + 1], end: [security, Infinity], limit: 1 };
    return [...headers.getKeys(range)].map((key) => Number(key[1]));
  });
  return epochs.length === 0 ? null : Math.min(...epochs);
}

export function readSegmentStart(
  tables: Tables,
  security: string,
  afterEpoch: number,
  load: LoadBody,
): BlockRef | null {
  const range = { start: [security, afterEpoch + 1], end: [security, Infinity], limit: 1 };
  for (const { key, value } of tables.imageHeaders.getRange(range)) {
    return refOf(value, headerKey('image', key), load);
  }
  return null;
}

export function readImages(
  tables: Tables,
  security: string,
  epoch: number,
  { fromSequence, limit }: { readonly fromSequence: number; readonly limit?: number },
  load: LoadBody,
): BlockRef[] {
  const range = {
    start: [security, epoch, fromSequence],
    end: [security, epoch + 1],
    ...(limit !== undefined && { limit }),
  };
  return [...tables.imageHeaders.getRange(range)].map(({ key, value }) =>
    refOf(value, headerKey('image', key), load),
  );
}

export function readCount(tables: Tables, { kind, security, epoch, from, to }: KeySpan): number {
  const headers = kind === 'image' ? tables.imageHeaders : tables.blockHeaders;
  return headers.getKeysCount({ start: [security, epoch, from], end: [security, epoch, to + 1] });
}

export function readBlocks(
  tables: Tables,
  security: string,
  epoch: number,
  range: BlockRange,
  load: LoadBody,
): BlockRef[] {
  const found: BlockRef[] = [];
  const limit = range.limit ?? Infinity;
  for (const ref of allBlocks(tables, security, epoch, range.afterSequence, load)) {
    if (found.length >= limit && !found.at(-1)?.isJournalPart) break;
    const isLast = isBeyond(ref, range);
    if (!isLast || range.andNext) found.push(ref);
    if (isLast) break;
  }
  return found;
}

/**
 * The sealed blocks of a segment from the one that contains `after` or follows it, then the
 * journal.
 */
function* allBlocks(
  tables: Tables,
  security: string,
  epoch: number,
  after: number,
  load: LoadBody,
): Generator<BlockRef> {
  const held = blockHolding(tables, security, epoch, after, load);
  if (held !== undefined) yield held;
  const range = { start: [security, epoch, after + 1], end: [security, epoch + 1] };
  for (const { key, value } of tables.blockHeaders.getRange(range)) {
    yield refOf(value, headerKey('block', key), load);
  }
  for (const part of openParts(tables, security, readHead(tables, security))) {
    const ref = journalPartRef(part, security, epoch);
    if (ref !== undefined && (ref.damaged || ref.header.firstSequence > after)) yield ref;
    else if (ref !== undefined && ref.header.lastSequence > after) yield ref;
  }
}

/** The sealed block that begins at or before `after` and ends after it. */
function blockHolding(
  tables: Tables,
  security: string,
  epoch: number,
  after: number,
  load: LoadBody,
): BlockRef | undefined {
  const range = {
    start: behind(security, epoch, after),
    end: [security, epoch],
    reverse: true,
    limit: 1,
  };
  for (const { key, value } of tables.blockHeaders.getRange(range)) {
    const ref = refOf(value, headerKey('block', key), load);
    if (!ref.damaged) return ref.header.lastSequence > after ? ref : undefined;
    // Where a damaged block ends is unknown, unless a block or an image starts exactly at `after`:
    // blocks do not overlap, and images lie between blocks.
    const isOver =
      tables.blockHeaders.get([security, epoch, after + 1]) !== undefined ||
      tables.imageHeaders.get([security, epoch, after]) !== undefined;
    return isOver ? undefined : ref;
  }
  return undefined;
}

/**
 * Journal parts are small and are removed when their block is sealed, so the reference keeps the
 * bytes.
 */
function journalPartRef(
  part: StoredRecord | undefined,
  security: string,
  epoch: number,
): BlockRef | undefined {
  if (part === undefined) {
    return { ...damagedRef({ kind: 'block', security, epoch, sequence: 0 }), isJournalPart: true };
  }
  if (part.header.epoch !== epoch) return undefined;
  // Async, so that a failed check rejects instead of throwing.
  const load = async (): Promise<StoredRecord> => {
    checkRecord(part);
    return part;
  };
  return { header: part.header, isJournalPart: true, load };
}
