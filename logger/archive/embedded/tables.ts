/**
 * The layout of an embedded archive: one LMDB file, `archive.mdb`, with one table a kind of record.
 * Headers and bodies stand in tables of their own, so that a walk over headers never touches a
 * body. Keys are ordered tuples that start with the security, so one security's records lie
 * together in the order in which they were made. A change of layout raises `LAYOUT_VERSION`.
 */

import type { Database, RootDatabase } from 'lmdb';
import { ConflictError } from '../../errors.ts';

export const LAYOUT_VERSION = 1;
export const DATA_FILE = 'archive.mdb';
/** LMDB's own: its reader table and the mutex between transactions. */
export const LOCK_FILE = 'archive.mdb-lock';

/** [security, epoch, sequence] */
export type RecordKey = [string, number, number];
/** [security, clock, value, epoch, sequence]: images by each of the three ways to ask for one. */
export type ImageIndexKey = [string, IndexName, number, number, number];
export type IndexName = 'receive' | 'exchange' | 'sequence';

type Table<K extends (string | number)[] | string> = Database<Uint8Array, K>;

export interface Tables {
  readonly imageHeaders: Table<(string | number)[]>;
  readonly imageBodies: Table<(string | number)[]>;
  readonly imageIndex: Table<(string | number)[]>;
  readonly blockHeaders: Table<(string | number)[]>;
  readonly blockBodies: Table<(string | number)[]>;
  /** [security, part] */
  readonly journal: Table<(string | number)[]>;
  /** [security, epoch] */
  readonly gaps: Table<(string | number)[]>;
  readonly heads: Table<string>;
  readonly securities: Table<string>;
}

const NAMES = {
  imageHeaders: 'image-headers',
  imageBodies: 'image-bodies',
  imageIndex: 'image-index',
  blockHeaders: 'block-headers',
  blockBodies: 'block-bodies',
  journal: 'journal',
  gaps: 'gaps',
  heads: 'standings',
  securities: 'securities',
} as const satisfies Record<keyof Tables, string>;

const LAYOUT_TABLE = 'layout';
const LAYOUT_KEY = 'version';
/** Tables in the file, with room for those of later layouts. */
export const MAX_TABLES = 24;

/** In read-only mode lmdb answers undefined for a table that isn't there, whatever its types say. */
function openTable(
  root: Pick<RootDatabase, 'openDB'>,
  name: string,
): Database<Uint8Array> | undefined {
  return root.openDB<Uint8Array>({ name, encoding: 'binary' });
}

/** @returns undefined when the file holds no archive (only possible when it isn't made here). */
export function openTables(
  root: Pick<RootDatabase, 'openDB'>,
  access: 'write' | 'read',
  directory: string,
): Tables | undefined {
  const layout = openTable(root, LAYOUT_TABLE);
  if (layout === undefined) return undefined;
  const stored = layout.get(LAYOUT_KEY);
  if (stored === undefined && access === 'read') return undefined;
  const version = stored === undefined ? LAYOUT_VERSION : Number(Buffer.from(stored).toString());
  if (version !== LAYOUT_VERSION) {
    throw new ConflictError(
      `The archive in ${directory} has layout version ${version} and this program knows ${LAYOUT_VERSION}: use the program that wrote it, or a newer one`,
      { context: { version } },
    );
  }
  const tables: Partial<Record<keyof Tables, Database<Uint8Array>>> = {};
  for (const [field, name] of Object.entries(NAMES)) {
    const table = openTable(root, name);
    if (table === undefined) return undefined;
    tables[field as keyof Tables] = table;
  }
  // Last, so that a reader that sees the version sees every table.
  if (stored === undefined) layout.putSync(LAYOUT_KEY, Buffer.from(String(LAYOUT_VERSION)));
  return tables as Tables;
}

/** Just behind every key that starts with `key`, and before the next one: an end for ranges. */
export function behind(...key: (string | number)[]): (string | number)[] {
  return [...key, 0];
}
