/**
 * Allocates the disk space of LMDB's data file before LMDB writes there. LMDB must never meet a full
 * disk: when a write fails it formats a message into a buffer that is too short, which damages this
 * process's memory (`mdb_page_flush` in lmdb 3.0.3 to 3.5.6), and it prints to stderr. So each change
 * of a transaction is announced here first. If what the transaction can take at most is not allocated
 * behind the pages in use, zeros are written there; if the disk has no room for them, the transaction
 * ends before LMDB has written anything.
 *
 * The allocated space stays allocated: it is used later. Where the file system may need new space to
 * overwrite a page (copy on write), allocating is not enough, and some space must be free as well.
 */

import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import type { Database } from 'lmdb';
import { ArchiveFullError } from '../../errors.ts';
import { readCommitted } from './data-file.ts';
import type { Committed } from './data-file.ts';
import { PageDemand } from './page-demand.ts';
import type { TableShape } from './page-demand.ts';

/** File systems that overwrite in place whatever is allocated: ext2 to ext4, tmpfs. */
const IN_PLACE = new Set([0xef53, 0x01021994]);
/** Elsewhere this much has to be free beside what a transaction takes. */
const COPY_MARGIN_BYTES = 64 * 1024 * 1024;
/** What `stat` counts in, everywhere. */
const BLOCK_BYTES = 512;
/** The creation of an archive takes less. */
const NEW_ARCHIVE_BYTES = 256 * 1024;
/** New tables and the layout's version: a few pages. */
const NEW_TABLE_PAGES = 32;
/** An archive with fewer pages may lack tables. */
const UNFINISHED_PAGES = 16;
/** Beyond what is needed, this much is allocated at once if there is room: pages, and part of file. */
const STEP = { minPages: 16, maxPages: 256, part: 1 / 16 };
/** Kept back for transactions that delete: part of file, and pages. */
const DELETION_RESERVE = { maxPages: 256, part: 1 / 8 };
const ZEROS = Buffer.alloc(256 * 1024);

/**
 * Before LMDB creates its file: it writes two pages, and lmdb crashes if there is no room for them.
 * @param path an empty file, which stays empty. @throws the file system's error.
 */
export function assertRoomForNew(path: string): void {
  const file = openSync(path, 'r+');
  try {
    writeZeros(file, 0, NEW_ARCHIVE_BYTES);
  } finally {
    ftruncateSync(file);
    closeSync(file);
  }
}

function writeZeros(file: number, from: number, to: number): void {
  let at = from;
  while (at < to) at += writeSync(file, ZEROS, 0, Math.min(ZEROS.length, to - at), at);
}

export type Purpose = 'store' | 'delete';

export class FileSpace {
  readonly #path: string;
  readonly #file: number;
  readonly #isInPlace: boolean;
  readonly #root: Database;
  #allocatedBytes: number;
  #transaction: { pageSize: number; usedPages: number; reservePages: number } | undefined;
  #demand: PageDemand | undefined;

  /** @param root is asked for its figures within a transaction. */
  constructor(path: string, root: Database) {
    this.#path = path;
    this.#root = root;
    this.#file = openSync(path, 'r+');
    const { size, blocks } = fstatSync(this.#file);
    // A sparse file (of a backup tool) needs new space for its holes.
    this.#isInPlace = IN_PLACE.has(statfsSync(path).type) && blocks * BLOCK_BYTES >= size;
    this.#allocatedBytes = size;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Before the tables of a new archive are created. @throws as `begin`. */
  allocateNew(): void {
    const { usedPages, pageSize } = this.committed();
    if (usedPages >= UNFINISHED_PAGES) return;
    this.begin('delete');
    this.#ensure(NEW_ARCHIVE_BYTES / pageSize - usedPages);
  }

  /** Before an archive gets tables that it lacks. @throws as `begin`. */
  allocateTables(): void {
    this.begin('delete');
    this.#ensure(NEW_TABLE_PAGES);
  }

  /** The state that the next transaction changes. */
  committed(): Committed {
    return readCommitted(this.#file, this.#path);
  }

  /** Before each transaction. @throws ArchiveFullError, or the file system's error. */
  begin(purpose: Purpose): Committed {
    // A file system that became read-only, after an error of its disk, would fail LMDB's writes too.
    accessSync(this.#path, constants.W_OK);
    const committed = this.committed();
    const { pageSize, usedPages } = committed;
    const reservePages =
      purpose === 'delete'
        ? 0
        : Math.min(DELETION_RESERVE.maxPages, Math.floor(usedPages * DELETION_RESERVE.part));
    this.#transaction = { pageSize, usedPages, reservePages };
    this.#demand = undefined;
    return committed;
  }

  /** Before a change within a transaction. @throws as `begin`. */
  beforePut(table: Database, valueBytes: number): void {
    const demand = this.#demandOfTransaction();
    demand.put(table, () => shapeOf(table), valueBytes);
    this.#ensure(demand.pages);
  }

  /** As `beforePut`. */
  beforeRemove(table: Database): void {
    const demand = this.#demandOfTransaction();
    demand.remove(table, () => shapeOf(table));
    this.#ensure(demand.pages);
  }

  #demandOfTransaction(): PageDemand {
    if (this.#demand !== undefined) return this.#demand;
    const stats = this.#root.getStats() as Stats & { readonly free: Stats };
    this.#demand = new PageDemand({
      pageSize: this.#transaction!.pageSize,
      pages: this.#transaction!.usedPages,
      main: toShape(stats),
      free: { ...toShape(stats.free), pages: toShape(stats.free).pages + stats.free.overflowPages },
    });
    return this.#demand;
  }

  #ensure(pages: number): void {
    const { pageSize, usedPages, reservePages } = this.#transaction!;
    if (!this.#isInPlace) this.#assertFree(pages * pageSize + COPY_MARGIN_BYTES);
    const neededBytes = (usedPages + pages + reservePages) * pageSize;
    if (neededBytes <= this.#allocatedBytes) return;
    const step = Math.floor(usedPages * STEP.part);
    const stepPages = Math.min(Math.max(step, STEP.minPages), STEP.maxPages);
    try {
      this.#allocate(neededBytes + stepPages * pageSize);
    } catch {
      this.#allocate(neededBytes);
    }
  }

  /** All or nothing. */
  #allocate(toBytes: number): void {
    try {
      writeZeros(this.#file, this.#allocatedBytes, toBytes);
      this.#allocatedBytes = toBytes;
    } catch (error) {
      ftruncateSync(this.#file, this.#allocatedBytes);
      throw error;
    }
  }

  #assertFree(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#path);
    if (bavail * bsize >= bytes) return;
    throw new ArchiveFullError(
      `No room for the archive: less than ${Math.ceil(bytes / 2 ** 20)} MiB are free on the file system of ${this.#path}`,
      { retryable: true },
    );
  }
}

interface Stats {
  readonly treeDepth: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

function shapeOf(table: Database): TableShape {
  return toShape(table.getStats() as Stats);
}

function toShape({ treeDepth, treeBranchPageCount, treeLeafPageCount }: Stats): TableShape {
  return { depth: treeDepth, pages: treeBranchPageCount + treeLeafPageCount };
}
