/** Making the directory of an archive. */

import { mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Makes a directory and those above it (mode 0700), level by level: Node's own recursive way never
 * comes back for a place like /proc, where nothing can be made and nothing says so.
 * @throws what the file system says.
 */
export function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  mkdirSync(path, { mode: 0o700 });
}

/** What stays so until somebody changes a mode, an owner or a mount; a full disk is none of these. */
const FORBIDDEN: readonly unknown[] = ['EACCES', 'EPERM', 'EROFS', 'ENOENT'];

/** Tries it: what a mode allows is not all that counts. @throws what the file system says. */
export function assertWritable(directory: string): void {
  try {
    rmdirSync(mkdtempSync(join(directory, '.writable-')));
  } catch (error) {
    if (FORBIDDEN.includes((error as NodeJS.ErrnoException).code)) throw error;
  }
}
