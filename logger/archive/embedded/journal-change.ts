/** What one commit changes in the journals. `put` runs inside its transaction, `done` after it. */

import { DuplicateRecordError } from '../../errors.ts';
import type { JournalPart } from '../archive.ts';
import { recordName, sealRecord } from '../record.ts';
import { encodeBatch } from './journal-batch.ts';
import type { JournalEntry } from './journal-batch.ts';
import type { Journal, Mark } from './journal.ts';
import { afterMark } from './security-head.ts';
import type { SecurityHead } from './security-head.ts';
import type { Table } from './table.ts';

/** A larger commit gets several batches: LMDB wants a contiguous run of pages for a value. */
const MAX_BATCH_BYTES = 1024 * 1024;

interface Staged {
  parts: { readonly number: number; readonly part: JournalPart }[];
  mark: Mark | undefined;
  isSealed: boolean;
  isMarkMoved: boolean;
}

export class JournalChange {
  readonly #journal: Journal;
  readonly #staged = new Map<string, Staged>();
  readonly #added: (readonly [batch: number, entries: JournalEntry[], at: readonly number[]])[] =
    [];
  #removed: readonly number[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** @throws DuplicateRecordError */
  addPart(part: number, record: JournalPart): void {
    const { security } = record.header;
    const staged = this.#of(security);
    const number = part + 1;
    const known =
      staged.parts.find((each) => each.number === number)?.part ??
      (staged.isSealed ? undefined : this.#journal.partNumbered(security, number));
    if (known) assertSame(record, known);
    else staged.parts.push({ number, part: record });
  }

  addMark(security: string, epoch: number, us: number): void {
    const staged = this.#of(security);
    staged.mark = laterMark(staged.mark, { epoch, us });
  }

  /**
   * What the security's journal holds is sealed, or void.
   * @returns the batch from which on it holds anything.
   */
  dropParts(security: string): number {
    const staged = this.#of(security);
    staged.parts = [];
    staged.isSealed = true;
    return this.#journal.next;
  }

  /** A head that is written anyway takes the mark over. */
  moveMark(security: string, head: SecurityHead): SecurityHead {
    const staged = this.#of(security);
    const mark = laterMark(this.#journal.markOf(security), staged.mark);
    if (mark === undefined || mark.epoch > head.epoch) return head;
    staged.mark = undefined;
    staged.isMarkMoved = true;
    return afterMark(head, mark.epoch, mark.us);
  }

  put(batches: Table<number>): void {
    let entries: JournalEntry[] = [];
    let bytes = 0;
    const flush = (): void => {
      if (entries.length === 0) return;
      const batch = this.#journal.next + this.#added.length;
      const encoded = encodeBatch(entries);
      batches.putSync(batch, encoded.bytes);
      this.#added.push([batch, entries, encoded.at]);
      entries = [];
      bytes = 0;
    };
    for (const [security, staged] of this.#staged) {
      for (const entry of this.#entriesOf(security, staged)) {
        entries.push(entry);
        bytes += entry.part?.body.byteLength ?? 0;
        if (bytes > MAX_BATCH_BYTES) flush();
      }
    }
    flush();
    this.#removed = this.#journal.unused();
    for (const batch of this.#removed) batches.removeSync(batch);
  }

  /** The transaction was committed. */
  done(): void {
    this.#journal.removed(this.#removed);
    for (const [security, { isSealed, isMarkMoved }] of this.#staged) {
      if (isSealed) this.#journal.dropParts(security);
      if (isMarkMoved) this.#journal.dropMark(security);
    }
    for (const [batch, entries, at] of this.#added) {
      this.#journal.begin(batch);
      for (const [i, { security, epoch, parts, part, aliveUntilUs }] of entries.entries()) {
        const partToUs = part?.header.toUs;
        this.#journal.add({ at: at[i]!, security, epoch, parts, partToUs, aliveUntilUs });
      }
    }
  }

  #entriesOf(security: string, { parts, mark, isSealed }: Staged): JournalEntry[] {
    const entries: JournalEntry[] = parts.map(({ number, part }) => ({
      security,
      epoch: part.header.epoch,
      parts: number,
      part,
    }));
    if (mark === undefined) return entries;
    const { epoch, us: aliveUntilUs } = mark;
    const last = entries.at(-1);
    if (last?.epoch === epoch) return [...entries.slice(0, -1), { ...last, aliveUntilUs }];
    const before = last?.parts ?? (isSealed ? 0 : this.#journal.partsOf(security));
    return [...entries, { security, epoch, parts: before, aliveUntilUs }];
  }

  #of(security: string): Staged {
    let staged = this.#staged.get(security);
    if (!staged) {
      staged = { parts: [], mark: undefined, isSealed: false, isMarkMoved: false };
      this.#staged.set(security, staged);
    }
    return staged;
  }
}

function laterMark(a: Mark | undefined, b: Mark | undefined): Mark | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.epoch !== b.epoch) return a.epoch > b.epoch ? a : b;
  return a.us >= b.us ? a : b;
}

/** @throws DuplicateRecordError */
function assertSame(offered: JournalPart, stored: JournalPart): void {
  const checksum = (part: JournalPart): string =>
    sealRecord(part.header, part.body).header.checksum;
  if (checksum(offered) === checksum(stored)) return;
  const { header } = offered;
  const record = recordName(header);
  throw new DuplicateRecordError(
    `The journal of ${header.security} already has a part in place of ${record}`,
    { context: { security: header.security, record } },
  );
}
