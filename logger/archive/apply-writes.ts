/**
 * What a commit does to the tables, inside one LMDB transaction: whatever throws here undoes all of
 * it. A record that is already there with the same checksum is left alone with everything that goes
 * with it (its journal went when it was first written); with another checksum it is an error.
 */

import { DuplicateRecordError, assertInvariant } from '../errors.ts';
import type { GapRecord, RecordHeader, StoredRecord, Write } from './archive.ts';
import { putBody } from './body-parts.ts';
import { decodeHeader, decodeJson, decodePiece, encodeJson, encodePiece } from './header-bytes.ts';
import { keySequence, recordName } from './record.ts';
import {
  NOTHING_STORED,
  afterGap,
  afterHole,
  afterMark,
  afterOpenGap,
  afterPiece,
  afterRecord,
} from './standing.ts';
import type { Standing } from './standing.ts';
import type { ImageIndexKey, RecordKey, Tables } from './tables.ts';

/** To be called inside a transaction. @throws DuplicateRecordError */
export function applyWrites(tables: Tables, writes: readonly Write[]): void {
  const standings = new StandingsInHand(tables);
  for (const write of writes) {
    switch (write.type) {
      case 'image':
      case 'block':
        putRecord(tables, standings, write.record);
        break;
      case 'journal':
        putPiece(tables, standings, write.part, write.record);
        break;
      case 'mark':
        standings.update(write.security, (standing) =>
          afterMark(standing, write.epoch, write.wholeUntilUs),
        );
        break;
      case 'open-gap':
        standings.update(write.security, (standing) => afterOpenGap(standing, write.gap));
        break;
      case 'gap':
        putGap(tables, standings, write.record);
        break;
      case 'security':
        tables.securities.putSync(write.state.security, encodeJson(write.state));
        break;
    }
  }
  standings.put();
}

function putRecord(tables: Tables, standings: StandingsInHand, record: StoredRecord): void {
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
  standings.update(header.security, (standing) => afterRecord(standing, header, storedBytes));
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

function putPiece(
  tables: Tables,
  standings: StandingsInHand,
  part: number,
  record: StoredRecord,
): void {
  const key = [record.header.security, part];
  const stored = tables.journal.get(key);
  if (stored !== undefined) {
    assertSame(record.header, decodePiece(stored)?.header.checksum);
    return;
  }
  tables.journal.putSync(key, encodePiece(record));
  standings.update(record.header.security, (standing) => afterPiece(standing, record.header.toUs));
}

function removeJournal(tables: Tables, security: string): void {
  const parts = [...tables.journal.getKeys({ start: [security], end: [security, Infinity] })];
  for (const part of parts) tables.journal.removeSync(part);
}

function putGap(tables: Tables, standings: StandingsInHand, gap: GapRecord): void {
  const key = gapKey(gap);
  const bytes = encodeJson(gap);
  const stored = tables.gaps.get(key);
  if (stored !== undefined) {
    if (Buffer.compare(stored, bytes) === 0) return;
    throw new DuplicateRecordError(
      `The gap before chain ${gap.epoch} of ${gap.security} is already stored with other content`,
      { context: { security: gap.security, record: `gap ${gap.epoch}` } },
    );
  }
  tables.gaps.putSync(key, bytes);
  standings.update(gap.security, (standing) =>
    gap.after === undefined
      ? afterGap(standing, gap, bytes.byteLength)
      : afterHole(standing, bytes.byteLength),
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

/** The standings that a commit touches: read once, written once. */
export class StandingsInHand {
  readonly #tables: Tables;
  readonly #changed = new Map<string, Standing>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  update(security: string, change: (standing: Standing) => Standing): void {
    const standing = this.#changed.get(security) ?? readStanding(this.#tables, security);
    this.#changed.set(security, change(standing));
  }

  put(): void {
    for (const [security, standing] of this.#changed) {
      this.#tables.standings.putSync(security, encodeJson(standing));
    }
  }
}

/** @throws RecordCorruptError when it is damaged. */
export function readStanding(tables: Tables, security: string): Standing {
  const bytes = tables.standings.get(security);
  if (bytes === undefined) return NOTHING_STORED;
  return decodeJson(bytes, `The standing of ${security}`) as Standing;
}
