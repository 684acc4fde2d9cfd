/** Creates and opens the files of an embedded archive. */

import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { ArchiveUnavailableError, InvalidArgumentError, describeError } from '../../errors.ts';
import { checkDataFile } from './data-file.ts';
import { makeDirectory } from './directory.ts';
import { isAccessDenied, readError, writeError } from './lmdb-errors.ts';
import { DATA_FILE, LOCK_FILE, MAX_TABLES, openTables } from './tables.ts';
import type { Tables } from './tables.ts';

/** Slots in LMDB's reader table; a process takes one or two while it reads. */
const MAX_READERS = 512;

/** lmdb has `sync` and combined flags, though its types omit them. */
export type Root = Omit<RootDatabase, 'transactionSync'> & {
  transactionSync(action: () => void, flags: number): void;
  sync(done: (error?: Error | null) => void): void;
};

export interface OpenFiles {
  readonly root: Root;
  readonly tables: Tables;
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
  for (const name of [DATA_FILE, LOCK_FILE]) {
    const path = join(directory, name);
    try {
      closeSync(openSync(path, 'a', 0o600));
      chmodSync(path, 0o600);
    } catch (error) {
      throw writeError(error, directory);
    }
  }
}

/** @throws InvalidArgumentError if there is nothing to read; as `readError` and `writeError`. */
export function openFiles(directory: string, access: 'read' | 'write'): OpenFiles {
  const path = join(directory, DATA_FILE);
  let root: Root | undefined;
  try {
    if (access === 'read' && isEmpty(path)) throw noArchiveIn(directory);
    checkDataFile(path, access);
    root = open<Uint8Array>({
      path,
      encoding: 'binary',
      readOnly: access === 'read',
      maxDbs: MAX_TABLES,
      maxReaders: MAX_READERS,
    }) as Root;
    const tables = openTables(root, access, directory);
    if (tables === undefined) throw noArchiveIn(directory);
    return { root, tables };
  } catch (error) {
    // Not awaited: there is nothing to lose, and the first error is the one to report.
    root?.close().catch(() => undefined);
    throw access === 'read' ? readError(error, directory) : writeError(error, directory);
  }
}

function noArchiveIn(directory: string): InvalidArgumentError {
  return new InvalidArgumentError(`archive: there is no archive in ${directory}`, {
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
