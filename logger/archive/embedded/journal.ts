/**
 * The journals of all securities: the open blocks' parts, and up to when open segments are known to be
 * alive. Each commit adds one batch (`journal-batch.ts`). An index in memory says where the entries of a
 * security are; it is made by reading the batches once.
 *
 * A sealed block ends its journal by a field of the security's head, `journalFrom`: parts in batches
 * before that one are void. A batch in which nothing counts any more is deleted by a later commit. The
 * newest one stays, as the numbers have to go on.
 */

import { sealRecord } from '../record.ts';
import type { StoredRecord } from '../archive.ts';
import { ReadBatch, entriesOf } from './journal-batch.ts';
import type { IndexedEntry } from './journal-batch.ts';
import type { SecurityHead } from './security-head.ts';
import type { Table } from './table.ts';

type Batches = Table<number>;

interface PartRef {
  readonly batch: number;
  readonly at: number;
  /** Counted from 1. */
  readonly number: number;
  readonly toUs: number;
}

/** A segment is known to be alive up to this time. */
export interface Mark {
  readonly epoch: number;
  readonly us: number;
}

interface PlacedMark extends Mark {
  readonly batch: number;
  /** Parts that were there before it. */
  readonly parts: number;
}

interface SecurityJournal {
  parts: PartRef[];
  mark: PlacedMark | undefined;
}

/** What a security's journal adds to its head. */
export interface JournalEnd {
  readonly lastUs: number | null;
  readonly aliveUntilUs: number | null;
}

/** A reader starts over after so many batches: it is not told which ones are gone. */
const MAX_READ_BATCHES = 8192;
/** All batches of an open block of very many securities; read again where they are larger. */
const MAX_READ_BYTES = 64 * 1024 * 1024;
/** Bounds what a deletion adds to a commit. */
const MAX_REMOVALS = 16;

export class Journal {
  readonly #batchesNow: () => Batches | undefined;
  #index = new Map<string, SecurityJournal>();
  /** Of each batch, how many of its entries count. */
  #live = new Map<number, number>();
  /** The number of the next batch. */
  #next = 0;
  readonly #readBatches = new Map<number, ReadBatch>();
  #readBytes = 0;

  /** @param batches asked for at each use: undefined in an archive of layout 1, until a writer opens it. */
  constructor(batches: () => Batches | undefined) {
    this.#batchesNow = batches;
  }

  get #batches(): Batches | undefined {
    return this.#batchesNow();
  }

  get next(): number {
    return this.#next;
  }

  /** Reads the batches that are new. @param headOf of a writer, which is to know what still counts. */
  refresh(headOf?: (security: string) => SecurityHead): void {
    if (this.#live.size > MAX_READ_BATCHES && headOf === undefined) this.#forgetAll();
    for (const { key, value } of this.#batches?.getRange({ start: this.#next }) ?? []) {
      this.begin(key);
      for (const entry of entriesOf(value)) this.add(entry);
    }
    if (headOf === undefined) return;
    for (const [security, journal] of this.#index) {
      const { journalFrom = 0 } = headOf(security);
      for (const { batch } of journal.parts) if (batch < journalFrom) this.#release(batch);
      journal.parts = journal.parts.filter(({ batch }) => batch >= journalFrom);
    }
  }

  /** The batch to which the entries that follow belong. */
  begin(batch: number): void {
    this.#next = batch + 1;
    this.#live.set(batch, 0);
  }

  add({ at, security, epoch, parts, partToUs, aliveUntilUs }: IndexedEntry): void {
    const batch = this.#next - 1;
    const journal = this.#of(security);
    if (partToUs !== undefined) {
      // A reader is not told of the seal; it only sees the next block begin.
      if (parts === 1) this.dropParts(security);
      journal.parts.push({ batch, at, number: parts, toUs: partToUs });
      this.#hold(batch);
    }
    const { mark } = journal;
    if (aliveUntilUs === undefined || (mark && isLater(mark, epoch, aliveUntilUs))) return;
    if (mark) this.#release(mark.batch);
    journal.mark = { epoch, us: aliveUntilUs, batch, parts };
    this.#hold(batch);
  }

  /** The parts of the open block, in order. undefined: something is damaged there. */
  parts(security: string, { journalFrom = 0 }: SecurityHead): (StoredRecord | undefined)[] {
    const { parts = [], mark } = this.#index.get(security) ?? {};
    const found: (StoredRecord | undefined)[] = [];
    let number = 0;
    for (const ref of parts) {
      if (ref.batch < journalFrom) continue;
      if (ref.number !== number + 1) found.push(undefined);
      found.push(this.#read(ref));
      ({ number } = ref);
    }
    if (mark && mark.batch >= journalFrom && mark.parts > number) found.push(undefined);
    return found;
  }

  end(security: string, { journalFrom = 0, epoch }: SecurityHead): JournalEnd {
    const { parts = [], mark } = this.#index.get(security) ?? {};
    const times = parts.filter(({ batch }) => batch >= journalFrom).map(({ toUs }) => toUs);
    const aliveUntilUs = mark?.epoch === epoch ? mark.us : null;
    if (aliveUntilUs !== null) times.push(aliveUntilUs);
    return { lastUs: times.length === 0 ? null : Math.max(...times), aliveUntilUs };
  }

  /** Batches in which nothing counts, but the newest. */
  unused(limit = MAX_REMOVALS): number[] {
    const found: number[] = [];
    for (const [batch, live] of this.#live) {
      if (found.length === limit) break;
      if (live === 0 && batch !== this.#next - 1) found.push(batch);
    }
    return found;
  }

  removed(batches: readonly number[]): void {
    for (const batch of batches) {
      this.#live.delete(batch);
      this.#readBytes -= this.#readBatches.get(batch)?.byteLength ?? 0;
      this.#readBatches.delete(batch);
    }
  }

  partNumbered(security: string, number: number): StoredRecord | undefined {
    const ref = this.#index.get(security)?.parts.find((part) => part.number === number);
    return ref && this.#read(ref);
  }

  markOf(security: string): Mark | undefined {
    return this.#index.get(security)?.mark;
  }

  /** Parts of its open block. */
  partsOf(security: string): number {
    return this.#index.get(security)?.parts.at(-1)?.number ?? 0;
  }

  /** Its block was sealed. */
  dropParts(security: string): void {
    const journal = this.#index.get(security);
    if (!journal) return;
    for (const { batch } of journal.parts) this.#release(batch);
    journal.parts = [];
  }

  /** Its head has the mark. */
  dropMark(security: string): void {
    const journal = this.#index.get(security);
    if (!journal?.mark) return;
    this.#release(journal.mark.batch);
    journal.mark = undefined;
  }

  #read({ batch, at }: PartRef): StoredRecord | undefined {
    const part = this.#batch(batch)?.entryAt(at)?.part;
    return part && sealRecord(part.header, part.body);
  }

  /** The parts of one security are spread over all batches, and the next one's over the same. */
  #batch(number: number): ReadBatch | undefined {
    const known = this.#readBatches.get(number);
    if (known) return known;
    const bytes = this.#batches?.get(number);
    if (!bytes) return undefined;
    const batch = new ReadBatch(bytes);
    this.#readBytes += batch.byteLength;
    if (this.#readBytes > MAX_READ_BYTES) {
      this.#readBatches.clear();
      this.#readBytes = batch.byteLength;
    }
    this.#readBatches.set(number, batch);
    return batch;
  }

  #of(security: string): SecurityJournal {
    let journal = this.#index.get(security);
    if (!journal) {
      journal = { parts: [], mark: undefined };
      this.#index.set(security, journal);
    }
    return journal;
  }

  #hold(batch: number): void {
    this.#live.set(batch, (this.#live.get(batch) ?? 0) + 1);
  }

  #release(batch: number): void {
    const live = this.#live.get(batch);
    if (live !== undefined) this.#live.set(batch, live - 1);
  }

  #forgetAll(): void {
    this.#index = new Map();
    this.#live = new Map();
    this.#next = 0;
  }
}

function isLater(mark: Mark, epoch: number, us: number): boolean {
  return mark.epoch > epoch || (mark.epoch === epoch && mark.us > us);
}
