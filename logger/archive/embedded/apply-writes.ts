/**
 * What a commit does to the tables, inside one LMDB transaction: whatever throws here undoes all of
 * it. A record that is already there with the same checksum is left alone with everything that goes
 * with it (its journal went when it was first written); with another checksum it is an error.
 */

import { DuplicateRecordError, assertInvariant } from '../../errors.ts';
import type { GapRecord, RecordHeader, StoredRecord, Write } from '../archive.ts';
import { putBody } from '../body-parts.ts';
import { decodeHeader, decodeJson, decodePiece, encodeJson, encodePiece } from './header-bytes.ts';
import { keySequence, recordName } from '../record.ts';
import {
  NOTHING_STORED,
  afterGap,
  afterInnerGap,
  afterMark,
  afterOpenGap,
  afterPiece,
  afterRecord,
  fromStored,
  toStored,
} from './security-head.ts';
import type { SecurityHead } from './security-head.ts';
import type { ImageIndexKey, RecordKey, Tables } from './tables.ts';

/** To be called inside a transaction. @throws DuplicateRecordError */
export function applyWrites(tables: Tables, writes: readonly Write[]): void {
  const heads = new HeadsInHand(tables);
  for (const write of writes) {
    switch (write.type) {
      case 'image':
      case 'block':
        putRecord(tables, heads, write.record);
        break;
      case 'journal':
        putPiece(tables, heads, write.part, write.record);
        break;
      case 'mark':
        heads.update(write.security, (head) => afterMark(head, write.epoch, write.aliveUntilUs));
        break;
      case 'open-gap':
        heads.update(write.security, (head) => afterOpenGap(head, write.gap));
        break;
      case 'gap':
        putGap(tables, heads, write.record);
        break;
      case 'security':
        tables.securities.putSync(write.state.security, encodeJson(write.state));
        break;
    }
  }
  heads.put();
}

function putRecord(tables: Tables, heads: HeadsInHand, record: StoredRecord): void {
  const { header } = record;
  const isImage = header.kind === 'image';
  const headers = isImage ? tables.imageHeaders : tables.blockHeaders;
  const bodies = isImage ? tables.imageBodies : tables.blockBodies;
  assertInvariant(record.body.byteLength === header.bytes, 'A record and its header agree');
  const key: RecordKey = [header.security, header.epoch, keySequence(header)];
  const stored = headers.get(key);
  if (stored !== undefined) {
    const { kind, security, epoch } = header;
    const old = decodeHeader(stored, { kind, security, epoch, sequence: keySequence(header) });
    assertSame(header, old?.checksum);
    return;
  }
  const headerBytes = encodeJson(header);
  headers.putSync(key, headerBytes);
  putBody(bodies, key, record.body);
  if (isImage) {
    for (const indexKey of indexKeys(header)) tables.imageIndex.putSync(indexKey, NO_BYTES);
  } else {
    removeJournal(tables, header.security);
  }
  const storedBytes = headerBytes.byteLength + record.body.byteLength;
  heads.update(header.security, (head) => afterRecord(head, header, storedBytes));
}

/** LMDB stores no value of length zero through this binding; one byte stands for "is there". */
const NO_BYTES = Uint8Array.of(1);

export function indexKeys(header: RecordHeader): ImageIndexKey[] {
  const { security, epoch, lastSequence } = header;
  const byTime: ImageIndexKey[] = [
    [security, 'receive', header.toUs, epoch, lastSequence],
    [security, 'exchange', header.exchangeToUs, epoch, lastSequence],
  ];
  // Where the exchange numbers nothing, nobody can ask by number.
  if (header.proof === 'connection') return byTime;
  return [...byTime, [security, 'sequence', lastSequence, epoch, lastSequence]];
}

function putPiece(tables: Tables, heads: HeadsInHand, part: number, record: StoredRecord): void {
  const key = [record.header.security, part];
  const stored = tables.journal.get(key);
  if (stored !== undefined) {
    assertSame(record.header, decodePiece(stored)?.header.checksum);
    return;
  }
  tables.journal.putSync(key, encodePiece(record));
  heads.update(record.header.security, (head) => afterPiece(head, record.header.toUs));
}

function removeJournal(tables: Tables, security: string): void {
  const parts = [...tables.journal.getKeys({ start: [security], end: [security, Infinity] })];
  for (const part of parts) tables.journal.removeSync(part);
}

function putGap(tables: Tables, heads: HeadsInHand, gap: GapRecord): void {
  const key = gapKey(gap);
  const bytes = encodeJson(gap);
  const stored = tables.gaps.get(key);
  if (stored !== undefined) {
    if (Buffer.compare(stored, bytes) === 0) return;
    throw new DuplicateRecordError(
      `The gap before segment ${gap.epoch} of ${gap.security} is already stored with other content`,
      { context: { security: gap.security, record: `gap ${gap.epoch}` } },
    );
  }
  tables.gaps.putSync(key, bytes);
  heads.update(gap.security, (head) =>
    gap.after === undefined
      ? afterGap(head, gap, bytes.byteLength)
      : afterInnerGap(head, bytes.byteLength),
  );
}

export function gapKey({ security, epoch, after }: GapRecord): (string | number)[] {
  return after === undefined ? [security, epoch] : [security, epoch, after];
}

function assertSame(header: RecordHeader, storedChecksum: string | undefined): void {
  if (storedChecksum === header.checksum) return;
  throw new DuplicateRecordError(
    `Record ${recordName(header)} of ${header.security} is already stored with other content`,
    {
      context: {
        security: header.security,
        record: recordName(header),
        stored: storedChecksum ?? 'damaged',
        offered: header.checksum,
      },
    },
  );
}

/** The heads that a commit touches: read once, written once. */
export class HeadsInHand {
  readonly #tables: Tables;
  readonly #changed = new Map<string, SecurityHead>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  update(security: string, change: (head: SecurityHead) => SecurityHead): void {
    const head = this.#changed.get(security) ?? readHead(this.#tables, security);
    this.#changed.set(security, change(head));
  }

  put(): void {
    for (const [security, head] of this.#changed) putHead(this.#tables, security, head);
  }
}

export function putHead(tables: Tables, security: string, head: SecurityHead): void {
  tables.heads.putSync(security, encodeJson(toStored(head)));
}

/** @throws RecordCorruptError when it is damaged. */
export function readHead(tables: Tables, security: string): SecurityHead {
  const bytes = tables.heads.get(security);
  if (bytes === undefined) return NOTHING_STORED;
  return fromStored(decodeJson(bytes, `The head of ${security}`));
}
