/**
 * Applies a commit to the tables inside one LMDB transaction; an exception undoes all of it. A record
 * that is already stored with the same checksum is skipped with all its side effects (its journal was
 * removed when it was first written); with a different checksum it is an error.
 */

import { DuplicateRecordError, assertInvariant } from '../../errors.ts';
import type { GapRecord, RecordHeader, StoredRecord, Write } from '../archive.ts';
import { keySequence, recordName } from '../record.ts';
import { decodeJson, encodeJson } from '../sealed-json.ts';
import { BlockRunChange } from './block-run-change.ts';
import { putBody } from './bodies.ts';
import { decodeHeader } from './header-bytes.ts';
import { JournalChange } from './journal-change.ts';
import {
  EMPTY_HEAD,
  afterGap,
  afterGapWithin,
  afterOpenGap,
  afterRecord,
  fromStored,
  toStored,
} from './security-head.ts';
import type { SecurityHead } from './security-head.ts';
import type { ImageIndexKey, RecordKey, Tables } from './tables.ts';

/**
 * Must run inside a transaction.
 * @returns what is to be done once the transaction is committed.
 * @throws DuplicateRecordError
 */
export function applyWrites(tables: Tables, writes: readonly Write[]): () => void {
  const heads = new HeadUpdates(tables);
  const runs = new BlockRunChange(tables);
  const journal = new JournalChange(tables.journal);
  for (const write of writes) {
    switch (write.type) {
      case 'image':
      case 'block':
        if (putRecord(tables, heads, journal, write.record)) runs.add(write.record.header);
        break;
      case 'journal':
        journal.addPart(write.part, write.record);
        break;
      case 'mark':
        journal.addMark(write.security, write.epoch, write.aliveUntilUs);
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
  heads.updateAll((security, head) => journal.moveMark(security, head));
  heads.put();
  journal.put(tables.journalBatches);
  return () => {
    journal.done();
    runs.done();
  };
}

/** @returns false: it was there already. */
function putRecord(
  tables: Tables,
  heads: HeadUpdates,
  journal: JournalChange,
  record: StoredRecord,
): boolean {
  const { header } = record;
  const isImage = header.kind === 'image';
  const headers = isImage ? tables.imageHeaders : tables.blockHeaders;
  const bodies = isImage ? tables.imageBodies : tables.blockBodies;
  assertInvariant(
    record.body.byteLength === header.bytes,
    'The length of a body is the one in its header',
  );
  const key: RecordKey = [header.security, header.epoch, keySequence(header)];
  const stored = headers.get(key);
  if (stored !== undefined) {
    const { kind, security, epoch } = header;
    const old = decodeHeader(stored, { kind, security, epoch, sequence: keySequence(header) });
    assertSame(header, old?.checksum);
    return false;
  }
  const headerBytes = encodeJson(header);
  headers.putSync(key, headerBytes);
  putBody(bodies, key, record.body);
  if (isImage) {
    for (const indexKey of indexKeys(header)) tables.imageIndex.putSync(indexKey, PRESENT);
  }
  const storedBytes = headerBytes.byteLength + record.body.byteLength;
  heads.update(header.security, (head) => {
    const after = afterRecord(head, header, storedBytes);
    // The image of a new segment: whatever is left of an earlier one was found damaged.
    if (isImage && header.epoch <= head.epoch) return after;
    removeOldParts(tables, header.security);
    return { ...after, journalFrom: journal.dropParts(header.security) };
  });
  return true;
}

/** The value of an index entry: this binding cannot store an empty one. */
const PRESENT = Uint8Array.of(1);

export function indexKeys(header: RecordHeader): ImageIndexKey[] {
  const { security, epoch, lastSequence } = header;
  const byTime: ImageIndexKey[] = [
    [security, 'receive', header.toUs, epoch, lastSequence],
    [security, 'exchange', header.exchangeToUs, epoch, lastSequence],
  ];
  // Without the exchange's sequence numbers an image cannot be looked up by sequence.
  if (header.proof === 'connection') return byTime;
  return [...byTime, [security, 'sequence', lastSequence, epoch, lastSequence]];
}

/** Of layout 1. */
function removeOldParts(tables: Tables, security: string): void {
  const parts = [...tables.oldJournal.getKeys({ start: [security], end: [security, Infinity] })];
  for (const part of parts) tables.oldJournal.removeSync(part);
}

function putGap(tables: Tables, heads: HeadUpdates, gap: GapRecord): void {
  const key = gapKey(gap);
  const bytes = encodeJson(gap);
  const stored = tables.gaps.get(key);
  if (stored !== undefined) {
    if (Buffer.compare(stored, bytes) === 0) return;
    throw new DuplicateRecordError(
      `The gap before segment ${gap.epoch} of ${gap.security} is already stored with different content`,
      { context: { security: gap.security, record: `gap ${gap.epoch}` } },
    );
  }
  tables.gaps.putSync(key, bytes);
  heads.update(gap.security, (head) =>
    gap.after === undefined
      ? afterGap(head, gap, bytes.byteLength)
      : afterGapWithin(head, bytes.byteLength),
  );
}

export function gapKey({ security, epoch, after }: GapRecord): (string | number)[] {
  return after === undefined ? [security, epoch] : [security, epoch, after];
}

function assertSame(header: RecordHeader, storedChecksum: string | undefined): void {
  if (storedChecksum === header.checksum) return;
  throw new DuplicateRecordError(
    `Record ${recordName(header)} of ${header.security} is already stored with different content`,
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

/** The heads changed by a transaction: each is read once and written once. */
export class HeadUpdates {
  readonly #tables: Tables;
  readonly #changed = new Map<string, SecurityHead>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  update(security: string, change: (head: SecurityHead) => SecurityHead): void {
    const head = this.#changed.get(security) ?? readHead(this.#tables, security);
    this.#changed.set(security, change(head));
  }

  updateAll(change: (security: string, head: SecurityHead) => SecurityHead): void {
    for (const [security, head] of this.#changed) {
      this.#changed.set(security, change(security, head));
    }
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
  if (bytes === undefined) return EMPTY_HEAD;
  const known = tables.knownHeads.get(security);
  if (known && Buffer.compare(known.bytes, bytes) === 0) return known.head;
  const head = fromStored(decodeJson(bytes, `The head of ${security}`));
  tables.knownHeads.set(security, { bytes, head });
  return head;
}
