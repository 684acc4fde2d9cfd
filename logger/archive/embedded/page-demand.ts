/**
 * How many new pages at the end of its file LMDB takes at most in one transaction. It may find them
 * in its free list instead, but does not promise to. Copy on write: a change of a page is a new page,
 * once per transaction, and so is each page above it up to the root.
 */

import { MAX_PART_BYTES } from '../record.ts';

/** A table as it is before the transaction: LMDB's figures. */
export interface TableShape {
  readonly depth: number;
  /** Branch and leaf pages. */
  readonly pages: number;
}

export interface FileShape {
  readonly pageSize: number;
  /** Pages of the file that are or were in use. */
  readonly pages: number;
  /** The table of tables. */
  readonly main: TableShape;
  /** The table of free pages, large entries included. */
  readonly free: TableShape;
}

interface TableDemand {
  readonly shape: TableShape;
  changes: number;
  /** Pages on the ways from the root to the changes. */
  visited: number;
  added: number;
}

/** From this size on a value is counted as one that gets pages of its own; LMDB's limit is higher. */
const LARGE_VALUE_BYTES = 1500;
const PAGE_HEADER_BYTES = 16;
/** A put may split a leaf, and a branch once for many leaves. */
const SPLITS_PER_PUT = 2;
/** A removal may merge or refill from the neighbour at each level. */
const WAYS_PER_REMOVAL = 2;
/** While LMDB saves its free list, the list changes: it saves it until it fits. */
const FREE_LIST_SAVES = 4;
const FREE_LIST_EXTRA_PAGES = 8;
/** Bytes of a page number in the free list; with its empty entries it is up to twice as long. */
const FREE_ENTRY_BYTES = 16;

/** Adds up the demand of one transaction, change by change. */
export class PageDemand {
  readonly #file: FileShape;
  readonly #tables = new Map<unknown, TableDemand>();

  constructor(file: FileShape) {
    this.#file = file;
  }

  /** @param shape is asked for at the table's first change. */
  put(table: unknown, shape: () => TableShape, valueBytes: number): void {
    const demand = this.#of(table, shape);
    demand.visited += demand.shape.depth;
    demand.added += SPLITS_PER_PUT;
    if (valueBytes >= LARGE_VALUE_BYTES) {
      demand.added += Math.ceil((valueBytes + PAGE_HEADER_BYTES) / this.#file.pageSize);
    }
  }

  remove(table: unknown, shape: () => TableShape): void {
    const demand = this.#of(table, shape);
    demand.visited += WAYS_PER_REMOVAL * demand.shape.depth;
  }

  get pages(): number {
    const { main, free, pageSize, pages } = this.#file;
    let [copied, added, freed] = [main.pages, main.depth + 1, 0];
    for (const { shape, changes, ...there } of this.#tables.values()) {
      copied += Math.min(there.visited, shape.pages);
      added += there.added + shape.depth + 1;
      freed += changes * Math.ceil(MAX_PART_BYTES / pageSize + 1);
    }
    const freedBytes = Math.min(copied + freed, pages + added) * FREE_ENTRY_BYTES;
    const freeList =
      FREE_LIST_SAVES * (free.pages + free.depth) +
      Math.ceil(freedBytes / pageSize) +
      FREE_LIST_EXTRA_PAGES;
    return copied + added + freeList;
  }

  #of(table: unknown, shape: () => TableShape): TableDemand {
    let demand = this.#tables.get(table);
    if (demand === undefined) {
      demand = { shape: shape(), changes: 0, visited: 0, added: 0 };
      this.#tables.set(table, demand);
    }
    demand.changes++;
    return demand;
  }
}
