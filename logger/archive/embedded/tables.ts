/**
 * The layout of an embedded archive: one LMDB file, `archive.mdb`, with one table per kind of
 * record. Headers and bodies have separate tables, so that a scan of headers never touches a body.
 * Keys are ordered tuples that start with the security, so a security's records are stored
 * together, in the order in which they were made. A change of layout raises `LAYOUT_VERSION`;
 * `frozen-layout.test.ts` pins it. Layout 1 had the journal parts of each security in `journal`, and no
 * `journal-batches`: it is read, and becomes layout 2 when a writer opens it.
 */

import type { Database, Key, RootDatabase } from 'lmdb';
import { ConflictError } from '../../errors.ts';
import { Journal } from './journal.ts';
import type { Table } from './table.ts';

export const LAYOUT_VERSION = 2;
const READABLE_VERSIONS = [1, LAYOUT_VERSION];
export const DATA_FILE = 'archive.mdb';
/** LMDB's lock file: its reader table and the write mutex. */
export const LOCK_FILE = 'archive.mdb-lock';

/** [security, epoch, sequence] */
export type RecordKey = [string, number, number];
/** [security, index, value, epoch, sequence]: images by receive time, exchange time and sequence. */
export type ImageIndexKey = [string, IndexName, number, number, number];
export type IndexName = 'receive' | 'exchange' | 'sequence';

interface StoredTables {
  readonly imageHeaders: Table<(string | number)[]>;
  readonly imageBodies: Table<(string | number)[]>;
  readonly imageIndex: Table<(string | number)[]>;
  readonly blockHeaders: Table<(string | number)[]>;
  readonly blockBodies: Table<(string | number)[]>;
  /** [security, part], of layout 1 */
  readonly oldJournal: Table<(string | number)[]>;
  /** By number, in order of commits. */
  readonly journalBatches: Table<number>;
  /** [security, epoch] */
  readonly gaps: Table<(string | number)[]>;
  readonly heads: Table<string>;
  readonly securities: Table<string>;
}

export interface Tables extends StoredTables {
  /** What is known of `journalBatches`. */
  readonly journal: Journal;
}

const NAMES = {
  imageHeaders: 'image-headers',
  imageBodies: 'image-bodies',
  imageIndex: 'image-index',
  blockHeaders: 'block-headers',
  blockBodies: 'block-bodies',
  oldJournal: 'journal',
  journalBatches: 'journal-batches',
  gaps: 'gaps',
  heads: 'standings',
  securities: 'securities',
} as const satisfies Record<keyof StoredTables, string>;

const LAYOUT_TABLE = 'layout';
const LAYOUT_KEY = 'version';
/** LMDB's transactions of a creation: one for each table, and one for the version. */
export const CREATION_TRANSACTIONS = Object.keys(NAMES).length + 2;
/** Maximum number of tables, with room for later layouts. */
export const MAX_TABLES = 24;

/** Wraps a table of a writer, whose changes have to be announced. */
export type WrapTable = (table: Database<Uint8Array>) => Table<Key>;

/** In read-only mode lmdb returns undefined for a missing table, despite its types. */
function openTable(
  root: Pick<RootDatabase, 'openDB'>,
  name: string,
): Database<Uint8Array> | undefined {
  return root.openDB<Uint8Array>({ name, encoding: 'binary' });
}

export interface TableWriting {
  readonly wrap: WrapTable;
  /** Called before an archive of an older layout gets the tables that it lacks. */
  readonly beforeUpgrade: () => void;
}

/**
 * @param writing a writer's, which creates what is missing.
 * @returns undefined if the file holds no archive (for a reader only).
 */
export function openTables(
  root: Pick<RootDatabase, 'openDB'>,
  directory: string,
  writing: TableWriting | undefined,
): Tables | undefined {
  const layout = openTable(root, LAYOUT_TABLE);
  if (layout === undefined) return undefined;
  const stored = layout.get(LAYOUT_KEY);
  if (stored === undefined && !writing) return undefined;
  const version = stored === undefined ? LAYOUT_VERSION : Number(Buffer.from(stored).toString());
  if (!READABLE_VERSIONS.includes(version)) {
    throw new ConflictError(
      `The archive in ${directory} has layout version ${version}, and this version of the logger supports ${LAYOUT_VERSION}: use the version that wrote it, or a newer one`,
      { context: { version } },
    );
  }
  if (version !== LAYOUT_VERSION) writing?.beforeUpgrade();
  const tables: Partial<Record<keyof StoredTables, Table<Key>>> = {};
  for (const [field, name] of Object.entries(NAMES)) {
    const table = openTable(root, name);
    if (table === undefined) {
      if (field === 'journalBatches' && version === 1) continue;
      return undefined;
    }
    tables[field as keyof StoredTables] = writing ? writing.wrap(table) : table;
  }
  // Last: a reader that sees the version sees every table.
  if (writing && (stored === undefined || version !== LAYOUT_VERSION)) {
    layout.putSync(LAYOUT_KEY, Buffer.from(String(LAYOUT_VERSION)));
  }
  const journal = new Journal(tables.journalBatches as Tables['journalBatches'] | undefined);
  return { ...(tables as unknown as StoredTables), journal };
}

/** A range's options, as lmdb takes them. */
export interface KeyRange {
  start: (string | number)[];
  end: (string | number)[];
  limit?: number;
}

/** The end of a range: directly after `key`. */
export function behind(...key: (string | number)[]): (string | number)[] {
  return [...key, 0];
}
