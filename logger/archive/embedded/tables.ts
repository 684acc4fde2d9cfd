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
import { BlockRuns } from './block-runs.ts';
import { Journal } from './journal.ts';
import { LaterTable } from './later-table.ts';
import type { LaterRows, LaterTableOptions } from './later-table.ts';
import type { SecurityHead } from './security-head.ts';
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
  readonly blockRuns: BlockRuns;
  /** [security, timeframe, source, beginning] */
  readonly candles: LaterTable;
  /** [security, cadence, depth, time] */
  readonly snapshots: LaterTable;
  /** [security, time] */
  readonly instruments: LaterTable;
  /** Heads as they were last read: bytes that were checked need no second check. */
  readonly knownHeads: Map<string, KnownHead>;
}

export interface KnownHead {
  readonly bytes: Uint8Array;
  readonly head: SecurityHead;
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

/** What an archive lacks until a writer of this version opens it. A reader goes without. */
const LATER_TABLES: ReadonlySet<string> = new Set(['journalBatches']);

/** Made with the first run that is stored. It holds nothing that the headers do not, and may be missing. */
const RUNS_TABLE = 'block-runs';
/** Made with the first candle that is kept. */
const CANDLES_TABLE = 'candles';
/** Made with the first snapshot that is kept. */
const SNAPSHOTS_TABLE = 'snapshots';
/** Made with the first instrument that is kept. */
const INSTRUMENTS_TABLE = 'instruments';
const LAYOUT_TABLE = 'layout';
const LAYOUT_KEY = 'version';
/** Maximum number of tables, with room for later layouts. */
export const MAX_TABLES = 24;

/** Wraps a table of a writer, whose changes have to be announced. */
export type WrapTable = (table: Database<Uint8Array>) => Table<Key>;

type Root = Pick<RootDatabase, 'openDB' | 'getKeys'>;

/** In read-only mode lmdb returns undefined for a missing table, despite its types. */
function openTable(root: Root, name: string): Database<Uint8Array> | undefined {
  return root.openDB<Uint8Array>({ name, encoding: 'binary' });
}

export interface TableWriting {
  readonly wrap: WrapTable;
  /** Called before an archive that has records gets tables that it lacks. */
  readonly beforeUpgrade: () => void;
  /** Runs a change in a transaction: all or nothing of it. */
  readonly transact: (change: () => void) => void;
}

/**
 * @param writing a writer's, which creates what is missing, all at once: a reader sees every table or none.
 * @returns undefined if the file holds no archive (for a reader only).
 */
export function openTables(
  root: Root,
  directory: string,
  writing: TableWriting | undefined,
): Tables | undefined {
  if (!writing) return openAll(root, directory, undefined);
  const names = new Set<unknown>(root.getKeys({}));
  const isComplete = [LAYOUT_TABLE, ...Object.values(NAMES)].every((name) => names.has(name));
  if (names.size > 0 && !isComplete) {
    const layout = names.has(LAYOUT_TABLE) ? openTable(root, LAYOUT_TABLE) : undefined;
    versionIn(layout, directory);
    writing.beforeUpgrade();
  }
  let tables: Tables | undefined;
  writing.transact(() => {
    tables = openAll(root, directory, writing);
  });
  return tables;
}

function openAll(
  root: Root,
  directory: string,
  writing: TableWriting | undefined,
): Tables | undefined {
  const names = new Set<unknown>(root.getKeys({}));
  const layout = openTable(root, LAYOUT_TABLE);
  const version = versionIn(layout, directory);
  if (layout === undefined || (version === undefined && !writing)) return undefined;
  const tables: Partial<Record<keyof StoredTables, Table<Key>>> = {};
  for (const [field, name] of Object.entries(NAMES)) {
    const table = openTable(root, name);
    if (table !== undefined) {
      tables[field as keyof StoredTables] = writing ? writing.wrap(table) : table;
    } else if (!LATER_TABLES.has(field)) return undefined;
  }
  if (writing && version !== LAYOUT_VERSION) {
    layout.putSync(LAYOUT_KEY, Buffer.from(String(LAYOUT_VERSION)));
  }
  const journal = new Journal(() => {
    // A writer may have created it since.
    const batches = tables.journalBatches ?? openTable(root, NAMES.journalBatches);
    if (batches !== undefined) tables.journalBatches = batches;
    return batches as Tables['journalBatches'] | undefined;
  });
  const later = (name: string): [() => LaterRows | undefined, LaterTableOptions] => [
    () => {
      const table = openTable(root, name);
      return table && ((writing?.wrap(table) ?? table) as Table<Key> as LaterRows);
    },
    { isWriter: writing !== undefined, isThere: names.has(name) },
  ];
  const blockRuns = new BlockRuns(...later(RUNS_TABLE));
  const candles = new LaterTable(...later(CANDLES_TABLE));
  return {
    ...(tables as unknown as StoredTables),
    journal,
    blockRuns,
    candles,
    snapshots: new LaterTable(...later(SNAPSHOTS_TABLE)),
    instruments: new LaterTable(...later(INSTRUMENTS_TABLE)),
    knownHeads: new Map(),
  };
}

/**
 * The version of the layout; undefined: none is stored.
 * @throws ConflictError for one that this version does not read.
 */
function versionIn(
  layout: Database<Uint8Array> | undefined,
  directory: string,
): number | undefined {
  const stored = layout?.get(LAYOUT_KEY);
  if (stored === undefined) return undefined;
  const version = Number(Buffer.from(stored).toString());
  if (READABLE_VERSIONS.includes(version)) return version;
  throw new ConflictError(
    `The archive in ${directory} has layout version ${version}, and this version of the logger supports ${LAYOUT_VERSION}: use the version that wrote it, or a newer one`,
    { context: { version } },
  );
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
