/** Creates and opens the files of an embedded archive. */

import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { ArchiveUnavailableError, InvalidArgumentError, describeError } from '../../errors.ts';
import { checkDataFile, readTransaction } from './data-file.ts';
import { makeDirectory } from './directory.ts';
import { MAX_READERS, allocateLockFile } from './lock-file.ts';
import { isAccessDenied, readError, writeError } from './lmdb-errors.ts';
import { FileSpace, assertRoomForNew } from './file-space.ts';
import { withOwnReaderSlot } from './reader-slot.ts';
import { DATA_FILE, LOCK_FILE, MAX_TABLES, openTables } from './tables.ts';
import type { TableWriting, Tables, WrapTable } from './tables.ts';
import { TransactionId } from './transaction-id.ts';

/** lmdb has these, though its types omit them. */
export type Root = Omit<RootDatabase, 'transactionSync'> & {
  transactionSync(action: () => void, flags: number): void;
  getWriteTxnId(): number;
  sync(done: (error?: Error | null) => void): void;
};

/** lmdb's flags for a transaction that is abortable, committed on return, and flushed later. */
export const ABORTABLE_SYNCHRONOUS_UNFLUSHED = 0x10003;

interface Writing {
  readonly space: FileSpace;
  readonly transactionId: TransactionId;
}

export interface OpenFiles {
  readonly root: Root;
  readonly tables: Tables;
  /** A writer's. */
  readonly writing: Writing | undefined;
}

/** @throws ArchiveUnavailableError */
export function createDirectory(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    throw new ArchiveUnavailableError(
      `The archive's directory can't be created: ${describeError(error)}`,
      { cause: error },
    );
  }
}

/** Creates the files before LMDB does, so that nobody else can open them at any moment. */
export function createFiles(directory: string): void {
  const [dataFile, lockFile] = [join(directory, DATA_FILE), join(directory, LOCK_FILE)];
  try {
    closeSync(openSync(dataFile, 'a', 0o600));
    allocateLockFile(lockFile);
    for (const path of [dataFile, lockFile]) chmodSync(path, 0o600);
  } catch (error) {
    throw writeError(error, directory);
  }
}

/**
 * @throws InvalidArgumentError if there is nothing to read; ArchiveInUseError; as `readError` and
 *   `writeError`.
 */
export function openFiles(directory: string, access: 'read' | 'write'): OpenFiles {
  return withOwnReaderSlot(directory, () => openWithTables(directory, access));
}

function openWithTables(directory: string, access: 'read' | 'write'): OpenFiles {
  const path = join(directory, DATA_FILE);
  let root: Root | undefined;
  let space: FileSpace | undefined;
  let transactionId: TransactionId | undefined;
  try {
    if (isEmpty(path)) {
      if (access === 'read') throw noArchiveIn(directory);
      assertRoomForNew(path);
    }
    checkDataFile(path, access);
    // A reader would disturb the creation: see `transaction-id.ts`.
    if (access === 'read' && readTransaction(path) === 0) throw noArchiveIn(directory);
    root = open<Uint8Array>({
      path,
      encoding: 'binary',
      readOnly: access === 'read',
      maxDbs: MAX_TABLES,
      maxReaders: MAX_READERS,
    }) as Root;
    if (access === 'write') {
      space = new FileSpace(path, root as unknown as RootDatabase);
      space.allocateNew();
      transactionId = new TransactionId(join(directory, LOCK_FILE));
    }
    const writing = space && transactionId && { space, transactionId };
    const tables = openTables(root, directory, writing && tableWriting(root, writing));
    if (tables === undefined) throw noArchiveIn(directory);
    return { root, tables, writing };
  } catch (error) {
    // Not awaited: there is nothing to lose, and the first error is the one to report.
    Promise.resolve(root?.close())
      .catch(() => undefined)
      .finally(() => transactionId?.close());
    space?.close();
    throw access === 'read' ? readError(error, directory) : writeError(error, directory);
  }
}

function tableWriting(root: Root, { space, transactionId }: Writing): TableWriting {
  return {
    wrap: announcedTo(space),
    beforeUpgrade: () => space.allocateTables(),
    transact: (change) => {
      const { transaction } = space.committed();
      transactionId.transact(root, transaction, change, ABORTABLE_SYNCHRONOUS_UNFLUSHED);
    },
  };
}

/** Announces every change to the file's space first. */
function announcedTo(space: FileSpace): WrapTable {
  return (table) => ({
    get: (key) => table.get(key),
    doesExist: (key) => table.doesExist(key),
    getKeys: (range) => table.getKeys(range),
    getKeysCount: (range) => table.getKeysCount(range),
    getRange: (range) => table.getRange(range),
    putSync: (key, value) => {
      space.beforePut(table, value.byteLength);
      table.putSync(key, value);
    },
    removeSync: (key) => {
      space.beforeRemove(table);
      table.removeSync(key);
    },
  });
}

function noArchiveIn(directory: string): InvalidArgumentError {
  return new InvalidArgumentError(`There is no archive in ${directory}`, {
    context: { directory },
  });
}

/** @throws the file system's error if access is denied. */
function isEmpty(path: string): boolean {
  try {
    return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
  } catch (error) {
    if (isAccessDenied(error)) throw error;
    return true;
  }
}
