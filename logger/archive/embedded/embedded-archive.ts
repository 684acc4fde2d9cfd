/**
 * The archive on the machine's own disk: LMDB through the `lmdb` package. One writer, any number of
 * readers in other processes, who never wait for each other.
 *
 * What a commit survives. LMDB writes new pages beside the old ones and then swings one pointer, so
 * a commit is there whole or not at all. `commit` resolves when the kernel has its bytes: the death
 * of the process, SIGKILL included, loses nothing of it. Flushing to the disk itself follows in the
 * background, at once and one flush at a time for all commits that came meanwhile; a power cut may
 * therefore lose the last flush's worth (well under a second on a working disk), but what is lost
 * is a suffix: LMDB falls back to its last flushed state, which is whole. Flushing within each
 * commit would make every security wait for the disk each second, to save from a power cut what a
 * power cut loses anyway: the time until the machine is back.
 *
 * A commit runs synchronously: some 20 pages into the page cache cost less than the hop to another
 * thread, and what fails is known right where it failed. After a failure (disk full, I/O error) the
 * transaction is undone and the next commit starts afresh.
 */

import { chmodSync, openSync, closeSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import {
  ArchiveUnavailableError,
  ConflictError,
  InvalidArgumentError,
  describeError,
} from '../../errors.ts';
import type { Log } from '../../runtime/log.ts';
import type {
  Archive,
  BlockRange,
  BlockRef,
  SegmentTail,
  GapRecord,
  Position,
  RecordHeader,
  SecurityState,
  SecurityTotals,
  StoredRecord,
  Write,
} from '../archive.ts';
import { HeadsInHand, applyWrites } from './apply-writes.ts';
import { checkDataFile } from './data-file.ts';
import { makeDirectory } from './directory.ts';
import * as reads from './embedded-reads.ts';
import { expireSome } from './embedded-expiry.ts';
import * as spool from './embedded-spool.ts';
import { dropOldest } from '../transfer/spool-drop.ts';
import { afterExpiry } from './security-head.ts';
import type { Expired } from './security-head.ts';
import { isRefusal, readError, writeError } from './lmdb-errors.ts';
import type { Dropped, SecurityDocument, Shipment, Spool, SpoolSize } from '../transfer/spool.ts';
import { DATA_FILE, LOCK_FILE, MAX_TABLES, openTables } from './tables.ts';
import type { Tables } from './tables.ts';
import { lockForWriting } from './writer-lock.ts';
import type { WriterLock } from './writer-lock.ts';

export interface EmbeddedArchiveOptions {
  /** Where the archive's files are; made (mode 0700) when it is to be written and not there. */
  readonly directory: string;
  /** Reads beside a writer in this or another process; `commit` is refused. Default false. */
  readonly readOnly?: boolean | undefined;
  /** Hears of failed background flushes. */
  readonly log?: Log | undefined;
}

/** Places in LMDB's reader table; a process takes one or two while it reads. */
const MAX_READERS = 512;
/** Readers that were killed leave their place taken and old pages pinned: look for them so often. */
const COMMITS_BETWEEN_READER_CHECKS = 256;
/** lmdb's flags for a transaction that can be undone, is there on return, and is flushed later. */
const ABORTABLE_SYNCHRONOUS_UNFLUSHED = 0x10003;

/** `sync` and combined flags are there, though the package's types leave them out. */
type Root = Omit<RootDatabase, 'transactionSync'> & {
  transactionSync(action: () => void, flags: number): void;
  sync(done: (error?: Error | null) => void): void;
};

/**
 * @throws ArchiveInUseError when another process writes there; InvalidArgumentError when nothing
 *   is there to read; ConflictError for a layout of another version; ArchiveUnavailableError.
 */
export function openEmbeddedArchive(options: EmbeddedArchiveOptions): Promise<Archive> {
  return openSpool(options);
}

/** The same, as the spool of another store. */
export async function openSpool(options: EmbeddedArchiveOptions): Promise<Spool> {
  const directory = resolve(options.directory);
  if (options.readOnly)
    return new EmbeddedArchive(directory, openFiles(directory, 'read'), options);
  prepareDirectory(directory);
  const lock = await lockForWriting(directory);
  try {
    prepareFiles(directory);
    return new EmbeddedArchive(directory, openFiles(directory, 'write'), options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function prepareDirectory(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    throw new ArchiveUnavailableError(
      `The archive's directory can't be made: ${describeError(error)}`,
      { cause: error },
    );
  }
}

/** Makes the files before LMDB does, so that at no moment anyone else may open them. */
function prepareFiles(directory: string): void {
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

interface OpenFiles {
  readonly root: Root;
  readonly tables: Tables;
}

function noArchiveIn(directory: string): InvalidArgumentError {
  return new InvalidArgumentError(`archive: there is no archive in ${directory}`, {
    context: { directory },
  });
}

/** @throws what the file system says of a path where nobody may look. */
function isEmpty(path: string): boolean {
  try {
    return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
  } catch (error) {
    if (isRefusal(error)) throw error;
    return true;
  }
}

function openFiles(directory: string, access: 'read' | 'write'): OpenFiles {
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
    // Not awaited: there is nothing in it that could be lost, and the cause is what counts.
    root?.close().catch(() => undefined);
    throw access === 'read' ? readError(error, directory) : writeError(error, directory);
  }
}

class EmbeddedArchive implements Spool {
  readonly kind = 'embedded';
  readonly #directory: string;
  readonly #root: Root;
  readonly #tables: Tables;
  readonly #log: Log | undefined;
  readonly #lock: WriterLock | undefined;
  /** Where the round through the securities stands. */
  #lastShipped = '';
  #commits = 0;
  #isClosed = false;
  #isFlushing = false;
  #hasUnflushed = false;
  #flushed: Promise<void> = Promise.resolve();

  constructor(
    directory: string,
    files: OpenFiles,
    options: EmbeddedArchiveOptions,
    lock?: WriterLock,
  ) {
    this.#directory = directory;
    this.#root = files.root;
    this.#tables = files.tables;
    this.#log = options.log;
    this.#lock = lock;
  }

  async commit(writes: readonly Write[]): Promise<void> {
    this.#transact(() => applyWrites(this.#tables, writes));
  }

  #transact(change: () => void): void {
    this.#assertOpen();
    if (this.#lock === undefined) {
      throw new ConflictError('This archive was opened for reading only');
    }
    try {
      this.#root.transactionSync(change, ABORTABLE_SYNCHRONOUS_UNFLUSHED);
    } catch (error) {
      throw writeError(error, this.#directory);
    }
    if (++this.#commits % COMMITS_BETWEEN_READER_CHECKS === 0) this.#root.readerCheck();
    this.#flushSoon();
  }

  /** At most one flush runs and one waits, however many commits come. */
  #flushSoon(): void {
    this.#hasUnflushed = true;
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#flushed = this.#flushAll();
  }

  async #flushAll(): Promise<void> {
    while (this.#hasUnflushed) {
      this.#hasUnflushed = false;
      const error = await new Promise<Error | null | undefined>((done) => {
        this.#root.sync(done);
      });
      if (error) {
        this.#log?.error('The archive could not be flushed to disk', {
          directory: this.#directory,
          reason: describeError(error),
        });
      }
    }
    this.#isFlushing = false;
  }

  securities(): Promise<readonly SecurityState[]> {
    return this.#read(() => reads.readSecurities(this.#tables));
  }

  totals(security: string): Promise<SecurityTotals> {
    return this.#read(() => reads.readTotals(this.#tables, security));
  }

  tail(security: string): Promise<SegmentTail> {
    return this.#read(() => reads.readTail(this.#tables, security));
  }

  imageAt(security: string, position: Position): Promise<BlockRef | null> {
    return this.#read(() => reads.readImageAt(this.#tables, security, position, this.#load));
  }

  segmentAfter(security: string, epoch: number): Promise<number | null> {
    return this.#read(() => reads.readSegmentAfter(this.#tables, security, epoch));
  }

  segmentStart(security: string, afterEpoch: number): Promise<BlockRef | null> {
    return this.#read(() => reads.readSegmentStart(this.#tables, security, afterEpoch, this.#load));
  }

  images(security: string, epoch: number, fromSequence: number): Promise<readonly BlockRef[]> {
    return this.#read(() =>
      reads.readImages(this.#tables, security, epoch, fromSequence, this.#load),
    );
  }

  blocks(security: string, epoch: number, range: BlockRange): Promise<readonly BlockRef[]> {
    return this.#read(() => reads.readBlocks(this.#tables, security, epoch, range, this.#load));
  }

  gapBefore(security: string, epoch: number): Promise<GapRecord | null> {
    return this.#read(() => reads.readGap(this.#tables, security, epoch));
  }

  gapWithin(security: string, epoch: number, sequence: number): Promise<GapRecord | null> {
    return this.#read(() => reads.readHole(this.#tables, security, epoch, sequence));
  }

  async pending(maxBytes: number, except: ReadonlySet<string>): Promise<readonly Shipment[]> {
    const after = this.#lastShipped;
    const found = await this.#read(() =>
      spool.readPending(this.#tables, { maxBytes, except, after }),
    );
    this.#lastShipped = found.at(-1)?.security ?? '';
    return found;
  }

  async release(shipments: readonly Shipment[]): Promise<void> {
    this.#transact(() => spool.removeShipped(this.#tables, shipments));
  }

  async expire({ security, wanted }: SecurityState, beforeUs: number): Promise<number> {
    let count = 0;
    this.#transact(() => {
      count = expireSome(this.#tables, security, beforeUs, !wanted);
    });
    return count;
  }

  async forget(security: string, expired: Expired): Promise<void> {
    this.#transact(() => {
      const heads = new HeadsInHand(this.#tables);
      heads.update(security, (head) => afterExpiry(head, expired, 'store'));
      heads.put();
    });
  }

  async dropOldest(): Promise<Dropped | null> {
    let dropped: Dropped | null = null;
    this.#transact(() => {
      dropped = dropOldest(this.#tables);
    });
    return dropped;
  }

  size(): Promise<SpoolSize> {
    return this.#read(() => spool.readSize(this.#tables));
  }

  securityDocuments(): Promise<readonly SecurityDocument[]> {
    return this.#read(() => spool.readSecurityDocuments(this.#tables));
  }

  async seed(state: SecurityState, tail: SegmentTail, totals: SecurityTotals): Promise<void> {
    this.#transact(() => spool.seedStanding(this.#tables, state, tail, totals));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#flushed;
    await this.#root.close();
    await this.#lock?.release();
  }

  readonly #load = (header: RecordHeader): Promise<StoredRecord> =>
    this.#read(() => reads.readBody(this.#tables, header));

  /** Runs look-ups on the newest snapshot; they are synchronous, so it is the same for all. */
  async #read<T>(lookUp: () => T): Promise<T> {
    this.#assertOpen();
    this.#root.resetReadTxn();
    try {
      return lookUp();
    } catch (error) {
      throw readError(error, this.#directory);
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ConflictError('The archive is closed');
  }
}
