/** Making the directory of an archive. */

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

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
