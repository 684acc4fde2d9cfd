/**
 * The LMDB file of a record store: tables of texts, atomic commits that are on disk when they are acknowledged.
 * One writer, any number of readers. Room on the disk and the number of transactions are kept as in an
 * archive (`logger/archive/embedded`): LMDB must never meet a full disk.
 */

import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { open } from 'lmdb';
import type { Database, Key, RangeOptions, RootDatabase } from 'lmdb';
import { checkDataFile, readTransaction } from '../../logger/archive/embedded/data-file.ts';
import { makeDirectory } from '../../logger/archive/embedded/directory.ts';
import { FileSpace, assertRoomForNew } from '../../logger/archive/embedded/file-space.ts';
import { readError, writeError } from '../../logger/archive/embedded/lmdb-errors.ts';
import { MAX_READERS, allocateLockFile } from '../../logger/archive/embedded/lock-file.ts';
import { ABORTABLE_SYNCHRONOUS_UNFLUSHED } from '../../logger/archive/embedded/open-files.ts';
import type { Root } from '../../logger/archive/embedded/open-files.ts';
import { withOwnReaderSlot } from '../../logger/archive/embedded/reader-slot.ts';
import { TransactionId } from '../../logger/archive/embedded/transaction-id.ts';
import { lockForWriting } from '../../logger/archive/embedded/writer-lock.ts';
import type { WriterLock } from '../../logger/archive/embedded/writer-lock.ts';
import {
  ArchiveInUseError,
  ArchiveUnavailableError,
  ConflictError,
  InvalidArgumentError,
  describeError,
} from '../../logger/errors.ts';
import { RECORD_KINDS } from './stored-records.ts';

const DATA_FILE = 'records.mdb';
const LOCK_FILE = `${DATA_FILE}-lock`;
const LAYOUT_VERSION = '1';
/** Beside the kinds of records: `order`, [kind, strategy, order, id] to nothing; `layout`. */
const TABLES = [...RECORD_KINDS, 'order', 'layout'] as const;
const MAX_TABLES = 16;
/** How long a flush is waited for before the number of transactions is looked at again. */
const FLUSH_CHECK_MS = 100;
/** How often slots of readers that were killed are freed: LMDB keeps the pages that these could read. */
const COMMITS_BETWEEN_READER_CHECKS = 1000;
const WAITING = Symbol('waiting');

export type TableName = (typeof TABLES)[number];
type Tables = Readonly<Record<TableName, Database<Uint8Array>>>;

interface Writing {
  readonly space: FileSpace;
  readonly transactionId: TransactionId;
  readonly lock: WriterLock;
}

/** Changes of one commit. */
export interface Changes {
  put(table: TableName, key: Key, text: string): void;
}

/**
 * @throws InvalidArgumentError if there is nothing to read; ArchiveInUseError if another process writes it;
 *   ArchiveUnavailableError, ArchiveFullError.
 */
export async function openRecordFile(
  directory: string,
  access: 'read' | 'write',
): Promise<RecordFile> {
  if (access === 'read') return withOwnReaderSlot(directory, () => openFile(directory, undefined));
  try {
    makeDirectory(directory);
  } catch (error) {
    throw new ArchiveUnavailableError(
      `The directory of the records can't be created: ${describeError(error)}`,
      { cause: error },
    );
  }
  const lock = await lockDirectory(directory);
  try {
    return withOwnReaderSlot(directory, () => openFile(directory, lock));
  } catch (error) {
    await lock.release();
    throw error;
  }
}

export class RecordFile {
  readonly #directory: string;
  readonly #root: Root;
  readonly #tables: Tables;
  readonly #writing: Writing | undefined;
  #lastFlush: Promise<void> = Promise.resolve();
  #commits = 0;
  #isClosed = false;

  /** Use `openRecordFile`. */
  constructor(
    directory: string,
    files: { readonly root: Root; readonly tables: Tables; readonly writing: Writing | undefined },
  ) {
    this.#directory = directory;
    this.#root = files.root;
    this.#tables = files.tables;
    this.#writing = files.writing;
  }

  /** Within `commit` or `read`. */
  get(table: TableName, key: Key): string | undefined {
    const bytes = this.#tables[table].get(key);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString();
  }

  /** As `get`. @param range both ends are keys; the end is left out. */
  keys(table: TableName, range: RangeOptions & { readonly start: Key; readonly end: Key }): Key[] {
    return [...this.#tables[table].getKeys(range)];
  }

  /** Runs look-ups on the newest state. */
  read<T>(lookUp: () => T): T {
    this.#assertOpen();
    this.#root.resetReadTxn();
    try {
      return lookUp();
    } catch (error) {
      throw readError(error, this.#directory);
    }
  }

  /** All or nothing of `change`; resolves when it is on disk. @throws as `openRecordFile`, and what `change` throws. */
  async commit(change: (changes: Changes) => void): Promise<void> {
    this.#assertOpen();
    if (this.#writing === undefined) {
      throw new ConflictError('These records are open for reading only');
    }
    const { space, transactionId } = this.#writing;
    const put: Changes['put'] = (name, key, text) => {
      const bytes = Buffer.from(text);
      space.beforePut(this.#tables[name], bytes.byteLength);
      this.#tables[name].putSync(key, bytes);
    };
    try {
      const { transaction } = space.begin('store');
      const run = (): void => change({ put });
      transactionId.transact(this.#root, transaction, run, ABORTABLE_SYNCHRONOUS_UNFLUSHED);
    } catch (error) {
      throw writeError(error, this.#directory);
    }
    if (this.#commits++ % COMMITS_BETWEEN_READER_CHECKS === 0) this.#root.readerCheck();
    // One flush at a time.
    const flushed = this.#lastFlush.then(() => this.#flush(this.#writing!));
    this.#lastFlush = flushed.catch(() => undefined);
    await flushed;
  }

  async #flush({ space, transactionId }: Writing): Promise<void> {
    const flushed = new Promise<Error | null | undefined>((done) => {
      this.#root.sync(done);
    });
    // LMDB waits until it finds the number that it expects, which a process that opens the file may have set back.
    for (;;) {
      const result = await Promise.race([flushed, pause(FLUSH_CHECK_MS, WAITING, { ref: false })]);
      if (result === WAITING) transactionId.restore(space.committed().transaction);
      else if (result) throw writeError(result, this.#directory);
      else return;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#lastFlush;
    await this.#root.close();
    this.#writing?.space.close();
    this.#writing?.transactionId.close();
    await this.#writing?.lock.release();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ConflictError('The records are closed');
  }
}

/** Whether a directory holds records. */
export function holdsRecords(directory: string): boolean {
  return (statSync(join(directory, DATA_FILE), { throwIfNoEntry: false })?.size ?? 0) > 0;
}

export function noRecordsIn(directory: string): InvalidArgumentError {
  return new InvalidArgumentError(`There are no records of strategies in ${directory}`);
}

async function lockDirectory(directory: string): Promise<WriterLock> {
  try {
    return await lockForWriting(directory);
  } catch (error) {
    if (!(error instanceof ArchiveInUseError)) throw error;
    throw new ArchiveInUseError(
      `Another process writes in ${directory}: stop it first, or use another directory`,
      { context: { directory }, cause: error },
    );
  }
}

function openFile(directory: string, lock: WriterLock | undefined): RecordFile {
  const path = join(directory, DATA_FILE);
  const lockPath = join(directory, LOCK_FILE);
  let root: Root | undefined;
  let space: FileSpace | undefined;
  let transactionId: TransactionId | undefined;
  try {
    if (lock) createFiles(path, lockPath);
    else if (!holdsRecords(directory)) throw noRecordsIn(directory);
    checkDataFile(path, lock ? 'write' : 'read');
    // A reader would disturb the creation.
    if (!lock && readTransaction(path) === 0) throw noRecordsIn(directory);
    root = openRoot(path, lock === undefined);
    if (lock) {
      space = new FileSpace(path, root as unknown as RootDatabase);
      space.allocateNew();
      transactionId = new TransactionId(lockPath);
    }
    const opened = root;
    const writing = lock && space && transactionId && { space, transactionId, lock };
    const tables = openTables(directory, opened, writing);
    return new RecordFile(directory, { root: opened, tables, writing });
  } catch (error) {
    // Not awaited: there is nothing to lose, and the first error is the one to report.
    Promise.resolve(root?.close())
      .catch(() => undefined)
      .finally(() => transactionId?.close());
    space?.close();
    throw lock ? writeError(error, directory) : readError(error, directory);
  }
}

/** Before LMDB does, so that nobody else can open them at any moment. */
function createFiles(path: string, lockPath: string): void {
  closeSync(openSync(path, 'a', 0o600));
  allocateLockFile(lockPath);
  for (const each of [path, lockPath]) chmodSync(each, 0o600);
  if (statSync(path).size === 0) assertRoomForNew(path);
}

function openRoot(path: string, readOnly: boolean): Root {
  const encoding = 'binary';
  const options = {
    path,
    encoding,
    readOnly,
    maxDbs: MAX_TABLES,
    maxReaders: MAX_READERS,
  } as const;
  return open<Uint8Array>(options) as Root;
}

/** A writer creates what is missing, all at once. */
function openTables(directory: string, root: Root, writing: Writing | undefined): Tables {
  const openAll = (): Tables => {
    const tables = TABLES.map((name) => {
      return [name, root.openDB<Uint8Array>({ name, encoding: 'binary' })] as const;
    });
    return Object.fromEntries(tables) as Tables;
  };
  let tables: Tables;
  if (writing) {
    const { transaction } = writing.space.committed();
    const create = (): void => {
      tables = openAll();
      if (tables.layout.get('version') === undefined) {
        tables.layout.putSync('version', Buffer.from(LAYOUT_VERSION));
      }
    };
    writing.transactionId.transact(root, transaction, create, ABORTABLE_SYNCHRONOUS_UNFLUSHED);
  } else {
    tables = openAll();
  }
  const version = tables!.layout?.get('version');
  if (version === undefined) throw noRecordsIn(directory);
  if (Buffer.from(version).toString() !== LAYOUT_VERSION) {
    throw new ConflictError(
      `The records in ${directory} have a layout that this version does not know: use a later one`,
    );
  }
  return tables!;
}
