/**
 * Checks LMDB's data file before LMDB maps it. LMDB trusts its file: a foreign file, or one
 * truncated by an interrupted copy, would crash this process instead of throwing an error. Reads
 * the two meta pages at the start of the file (struct MDB_meta of LMDB 0.9, as built into the
 * `lmdb` package, on 64-bit machines).
 */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { ArchiveUnavailableError } from '../../errors.ts';

const MAGIC = 0xbeefc0de;
/** Offsets within a meta page, in bytes. */
const MAGIC_AT = 24;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 160;
const PAGE_SIZES = new Set([4096, 8192, 16_384, 32_768, 65_536]);
/** A few free pages at the end may never have been written. */
const MAX_UNWRITTEN_PAGES = 8;

/**
 * Accepts an empty file, which is about to become an archive. With `write`, extends the file over
 * unwritten pages at the end, so that every page that the meta pages count lies inside it.
 * @throws ArchiveUnavailableError for a foreign or truncated file.
 */
export function checkDataFile(path: string, access: 'read' | 'write'): void {
  const file = openSync(path, access === 'write' ? 'r+' : 'r');
  try {
    if (fstatSync(file).size === 0) return;
    const neededBytes = countedBytes(file, path);
    // After the meta pages were read: a running writer writes pages before it counts them.
    const { size } = fstatSync(file);
    const pageSize = metaAt(file, 0)?.pageSize ?? 0;
    if (size < neededBytes - MAX_UNWRITTEN_PAGES * pageSize) {
      throw new ArchiveUnavailableError(
        `The archive file ${path} is truncated: it has ${size} bytes and should have ${neededBytes}`,
      );
    }
    if (access === 'write' && size < neededBytes) ftruncateSync(file, neededBytes);
  } finally {
    closeSync(file);
  }
}

/** The state of an archive after its last commit. */
export interface Committed {
  readonly pageSize: number;
  /** Pages that are or were in use. */
  readonly usedPages: number;
  /** The id of that commit. */
  readonly transaction: number;
}

/** @param file a descriptor of the archive's file. */
export function readCommitted(file: number, path: string): Committed {
  const { pageSize, lastPage, transaction } = newestMeta(file, path);
  return { pageSize, usedPages: lastPage + 1, transaction };
}

/** @param path a file that `checkDataFile` accepted. */
export function readTransaction(path: string): number {
  const file = openSync(path, 'r');
  try {
    return newestMeta(file, path).transaction;
  } finally {
    closeSync(file);
  }
}

function countedBytes(file: number, path: string): number {
  const { pageSize, usedPages } = readCommitted(file, path);
  return usedPages * pageSize;
}

function newestMeta(file: number, path: string): Meta {
  const first = metaAt(file, 0);
  const second = first && metaAt(file, first.pageSize);
  if (!first || !second) {
    throw new ArchiveUnavailableError(`${path} is not an archive file`);
  }
  return first.transaction >= second.transaction ? first : second;
}

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
}

function metaAt(file: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES);
  if (readSync(file, bytes, 0, META_BYTES, position) < META_BYTES) return undefined;
  const pageSize = bytes.readUInt32LE(PAGE_SIZE_AT);
  if (bytes.readUInt32LE(MAGIC_AT) !== MAGIC || !PAGE_SIZES.has(pageSize)) return undefined;
  return {
    pageSize,
    lastPage: Number(bytes.readBigUInt64LE(LAST_PAGE_AT)),
    transaction: Number(bytes.readBigUInt64LE(TRANSACTION_AT)),
  };
}
