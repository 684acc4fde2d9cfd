/** Creates and checks the directory of an archive. */

import { mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Creates a directory and its missing parents (mode 0700), level by level: Node's own recursive mkdir
 * never returns for a place like /proc, where nothing can be created.
 * @throws the file system's error.
 */
export function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  mkdirSync(path, { mode: 0o700 });
}

/** Errors that only a change of mode, owner or mount fixes; a full disk is not one of them. */
const PERMANENT: readonly unknown[] = ['EACCES', 'EPERM', 'EROFS', 'ENOENT'];

/**
 * Creates and removes a file, since permissions alone do not decide. @throws the file system's
 * error.
 */
export function assertWritable(directory: string): void {
  try {
    rmdirSync(mkdtempSync(join(directory, '.writable-')));
  } catch (error) {
    if (PERMANENT.includes((error as NodeJS.ErrnoException).code)) throw error;
  }
}
