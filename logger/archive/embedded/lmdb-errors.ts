/**
 * What LMDB and the file system throw, in the logger's words. LMDB's errors carry its return code,
 * which is an errno or one of its own negative numbers; a full disk often shows as EIO, because a
 * short write is all that LMDB sees, so the free space decides between the two.
 */

import { statfsSync } from 'node:fs';
import {
  ArchiveFullError,
  ArchiveUnavailableError,
  LoggerError,
  RecordCorruptError,
  describeError,
} from '../../errors.ts';

const EIO = 5;
/** ENOSPC, EDQUOT, EFBIG and LMDB's MDB_MAP_FULL. */
const FULL_CODES = new Set<unknown>([28, 122, 27, -30792, 'ENOSPC', 'EDQUOT', 'EFBIG']);
/** MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_BAD_TXN's relatives that only a damaged file brings. */
const CORRUPT_CODES = new Set<unknown>([-30797, -30796, -30793]);
/** EPERM and EACCES: the file is there, and not for this user. */
const REFUSED_CODES = new Set<unknown>([1, 13, 'EPERM', 'EACCES']);
/** Less free than this, and an EIO is taken for a full disk. */
const NEARLY_FULL_BYTES = 4 * 1024 * 1024;

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** True when the file system would not let this user. */
export function isRefusal(error: unknown): boolean {
  return REFUSED_CODES.has(codeOf(error));
}

/** Turns what a failed write threw into what the port promises; bugs come back as they are. */
export function writeError(error: unknown, directory: string): unknown {
  const code = codeOf(error);
  if (error instanceof LoggerError || code === undefined) return error;
  if (FULL_CODES.has(code) || (code === EIO && isNearlyFull(directory))) {
    return new ArchiveFullError(`No room for the archive in ${directory}`, {
      retryable: true,
      cause: error,
    });
  }
  return new ArchiveUnavailableError(
    `The archive in ${directory} can't be written: ${describeError(error)}`,
    { retryable: true, cause: error },
  );
}

/** The same for a failed read. */
export function readError(error: unknown, directory: string): unknown {
  const code = codeOf(error);
  if (error instanceof LoggerError || code === undefined) return error;
  if (CORRUPT_CODES.has(code)) {
    return new RecordCorruptError(
      `The archive file in ${directory} is damaged: ${describeError(error)}`,
      { cause: error },
    );
  }
  if (isRefusal(error)) {
    return new ArchiveUnavailableError(
      `The archive in ${directory} can't be read: permission denied; ask as a user who may, like the logger's own`,
      { cause: error },
    );
  }
  return new ArchiveUnavailableError(
    `The archive in ${directory} can't be read: ${describeError(error)}`,
    { retryable: true, cause: error },
  );
}

function isNearlyFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < NEARLY_FULL_BYTES;
  } catch {
    // The disk says nothing of itself: then it is not known to be full.
    return false;
  }
}
