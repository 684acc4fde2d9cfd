/**
 * Maps errors of LMDB and the file system to the logger's. LMDB's errors carry its return code, an
 * errno or a negative number of its own. A full disk often shows as EIO, because LMDB only sees a
 * short write, so the free space decides between the two.
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
/** MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_INVALID: only a damaged file causes them. */
const CORRUPT_CODES = new Set<unknown>([-30797, -30796, -30793]);
/** EPERM and EACCES: this user may not access the file. */
const DENIED_CODES = new Set<unknown>([1, 13, 'EPERM', 'EACCES']);
/** With less free space than this, EIO is taken for a full disk. */
const NEARLY_FULL_BYTES = 4 * 1024 * 1024;

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** True for errors caused by missing permissions. */
export function isAccessDenied(error: unknown): boolean {
  return DENIED_CODES.has(codeOf(error));
}

/** Maps the error of a failed write to one that the port documents; bugs are returned unchanged. */
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

/** As `writeError`, for a failed read. */
export function readError(error: unknown, directory: string): unknown {
  const code = codeOf(error);
  if (error instanceof LoggerError || code === undefined) return error;
  if (CORRUPT_CODES.has(code)) {
    return new RecordCorruptError(
      `The archive file in ${directory} is damaged: ${describeError(error)}`,
      { cause: error },
    );
  }
  if (isAccessDenied(error)) {
    return new ArchiveUnavailableError(
      `The archive in ${directory} can't be read: permission denied; run this as the logger's user`,
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
    // Without an answer the disk is not known to be full.
    return false;
  }
}
