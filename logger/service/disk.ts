/** Measures the disk. */

import { statfsSync } from 'node:fs';

/** What this user may still write on the file system of a path; null: unknown. */
export function freeDiskBytes(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
