/**
 * Allocates LMDB's lock file, which LMDB maps into memory and leaves sparse: on a full disk the first
 * write to one of its pages would end the process (SIGBUS).
 */

import { closeSync, constants, openSync, statSync, writeSync } from 'node:fs';

/** Slots in LMDB's reader table; a process takes one or two while it reads. */
export const MAX_READERS = 512;
/** As LMDB makes it: a header with the first slot, and a cache line for each further one. */
const SLOT_BYTES = 64;
const HEADER_BYTES = 272;
const LOCK_FILE_BYTES = HEADER_BYTES + (MAX_READERS - 1) * SLOT_BYTES;
const PAGE_BYTES = 4096;
/** In every page but the first this lies between the data of two slots: others may be writing theirs. */
const UNUSED_AT = 56;
const BLOCK_BYTES = 512;

/** Creates it if it is missing. @throws the file system's error. */
export function allocateLockFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  // Not opened without need: closing it would release LMDB's own locks, if this process has any.
  if (found !== undefined && found.size > 0 && found.blocks * BLOCK_BYTES >= found.size) return;
  // One that is in use keeps its size.
  const size = found?.size || LOCK_FILE_BYTES;
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const zero = Buffer.alloc(1);
    for (let page = PAGE_BYTES; page + UNUSED_AT < size; page += PAGE_BYTES) {
      writeSync(file, zero, 0, 1, page + UNUSED_AT);
    }
    if (!found?.size) {
      writeSync(file, zero, 0, 1, 0);
      writeSync(file, zero, 0, 1, size - 1);
    }
  } finally {
    closeSync(file);
  }
}
