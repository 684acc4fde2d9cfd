/**
 * The archive on the local disk: LMDB through the `lmdb` package. One writer, any number of readers in
 * other processes; they never wait for each other.
 *
 * Durability. LMDB writes new pages beside the old ones and then switches one pointer, so a commit is
 * atomic. `commit` resolves when the kernel has the bytes: the death of the process, SIGKILL included,
 * loses nothing. Flushing to disk follows in the background, immediately, one flush at a time for all
 * commits made meanwhile. A power cut may therefore lose the last flush (well under a second on a
 * healthy disk), but what is lost is a suffix: LMDB falls back to its last flushed state, which is
 * consistent. Flushing within each commit would make every security wait for the disk each second, only
 * to save a fraction of what a power cut costs anyway: the time until the machine is back.
 *
 * A commit runs synchronously: writing about 20 pages to the page cache costs less than a switch to
 * another thread, and errors surface where they occur. After a failure (disk full, I/O error) the
 * transaction is undone, and the next commit starts from scratch. The disk space of a transaction is
 * allocated before LMDB writes (`file-space.ts`).
 */

import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ArchiveFullError,
  ConflictError,
  LoggerError,
  RecordCorruptError,
  describeError,
} from '../../errors.ts';
import type { Log } from '../../runtime/log.ts';
import { yieldToEventLoop } from '../../runtime/yield.ts';
import type {
  Archive,
  BlockRange,
  BlockRef,
  BlockRunSummary,
  SegmentTail,
  GapRecord,
  KeySpan,
  Position,
  RecordHeader,
  SecurityState,
  SecurityTotals,
  StoredRecord,
  Write,
} from '../archive.ts';
import type { RecordBatch } from '../batch.ts';
import type { DeletedCounts } from '../retention.ts';
import type { CandleSpool, DroppedRecords, Spool, SpoolSize } from '../spool.ts';
import type { SecurityDocument } from '../target.ts';
import { HeadUpdates, applyWrites, readHead } from './apply-writes.ts';
import { readBlockRuns } from './block-run-change.ts';
import { EmbeddedCandles } from './embedded-candles.ts';
import { EmbeddedInstruments } from './embedded-instruments.ts';
import { EmbeddedSnapshots } from './embedded-snapshots.ts';
import { readError, writeError } from './lmdb-errors.ts';
import {
  ABORTABLE_SYNCHRONOUS_UNFLUSHED,
  createDirectory,
  createFiles,
  openFiles,
} from './open-files.ts';
import type { OpenFiles, Root } from './open-files.ts';
import type { Purpose } from './file-space.ts';
import { MAX_STEP_RECORDS, pruneSome } from './prune.ts';
import * as reads from './reads.ts';
import { EMPTY_HEAD, afterDeletion } from './security-head.ts';
import type { SecurityHead } from './security-head.ts';
import { dropOldest } from './spool-drop.ts';
import * as queue from './spool-queue.ts';
import type { Tables } from './tables.ts';
import { lockForWriting } from './writer-lock.ts';
import type { WriterLock } from './writer-lock.ts';

export interface EmbeddedArchiveOptions {
  /** The archive's directory; created (mode 0700) for writing if it is missing. */
  readonly directory: string;
  /** Reads beside a writer in this or another process; `commit` throws. Default false. */
  readonly readOnly?: boolean | undefined;
  /** Failed background flushes are logged here. */
  readonly log?: Log | undefined;
}

/** Killed readers keep their slot and pin old pages: clear them this often. */
const COMMITS_BETWEEN_READER_CHECKS = 256;
/** A flush takes milliseconds. */
const FLUSH_CHECK_MS = 100;
const WAITING = Symbol('waiting');
const MANY_PARTS = 50;

/**
 * @throws ArchiveInUseError if another process writes there; InvalidArgumentError if there is nothing to
 *   read; ConflictError for a layout of another version; ArchiveUnavailableError.
 */
export function openEmbeddedArchive(options: EmbeddedArchiveOptions): Promise<Archive> {
  return openSpool(options);
}

/** Opens the archive as the spool of a store. */
export async function openSpool(options: EmbeddedArchiveOptions): Promise<Spool> {
  const directory = resolve(options.directory);
  if (options.readOnly) {
    return new EmbeddedArchive(directory, openFiles(directory, 'read'), options);
  }
  createDirectory(directory);
  const lock = await lockForWriting(directory);
  try {
    createFiles(directory);
    return new EmbeddedArchive(directory, openFiles(directory, 'write'), options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

class EmbeddedArchive implements Spool {
  readonly kind = 'embedded';
  readonly candles: CandleSpool;
  readonly snapshots: EmbeddedSnapshots;
  readonly instruments: EmbeddedInstruments;
  readonly #directory: string;
  readonly #root: Root;
  readonly #tables: Tables;
  readonly #writing: OpenFiles['writing'];
  readonly #log: Log | undefined;
  readonly #lock: WriterLock | undefined;
  /** Where the round-robin over securities continues. */
  #lastServed = '';
  #commits = 0;
  #isClosed = false;
  #isFlushing = false;
  #hasUnflushed = false;
  #flushed: Promise<void> = Promise.resolve();
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(
    directory: string,
    files: OpenFiles,
    options: EmbeddedArchiveOptions,
    lock?: WriterLock,
  ) {
    this.#directory = directory;
    this.#root = files.root;
    this.#tables = files.tables;
    this.#writing = files.writing;
    this.#log = options.log;
    this.#lock = lock;
    const access: Omit<ConstructorParameters<typeof EmbeddedCandles>[0], 'candles'> = {
      read: (lookUp) => this.#read(lookUp),
      store: (change) => this.#transact('store', change),
      remove: (maxRecords, change) => this.#delete(maxRecords, change),
    };
    this.candles = new EmbeddedCandles({ ...access, candles: files.tables.candles });
    this.snapshots = new EmbeddedSnapshots({ ...access, snapshots: files.tables.snapshots });
    this.instruments = new EmbeddedInstruments({ ...access, ...files.tables });
    if (lock) files.tables.journal.refresh((security) => this.#headOf(security));
  }

  async commit(writes: readonly Write[]): Promise<void> {
    let done: (() => void) | undefined;
    this.#transact('store', () => {
      done = applyWrites(this.#tables, writes);
    });
    done?.();
  }

  /** In smaller and smaller transactions while the disk has no room for a larger one. */
  #delete<T>(maxRecords: number, change: (maxRecords: number) => T): T {
    let result: T;
    for (let limit = maxRecords; ; limit = Math.ceil(limit / 4)) {
      try {
        this.#transact('delete', () => {
          result = change(limit);
        });
        return result!;
      } catch (error) {
        if (limit === 1 || !(error instanceof ArchiveFullError)) throw error;
      }
    }
  }

  #transact(purpose: Purpose, change: () => void): void {
    this.#assertOpen();
    if (this.#writing === undefined) {
      throw new ConflictError('This archive is open for reading only');
    }
    const { space, transactionId } = this.#writing;
    try {
      const { transaction } = space.begin(purpose);
      transactionId.transact(this.#root, transaction, change, ABORTABLE_SYNCHRONOUS_UNFLUSHED);
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
      const error = await this.#flush();
      if (error) {
        this.#log?.error('The archive could not be flushed to disk', {
          directory: this.#directory,
          reason: describeError(error),
        });
      }
    }
    this.#isFlushing = false;
  }

  async #flush(): Promise<Error | null | undefined> {
    const flushed = new Promise<Error | null | undefined>((done) => {
      this.#root.sync(done);
    });
    // LMDB waits until it finds the id that it expects, and the next commit may be far away.
    for (;;) {
      const result = await Promise.race([flushed, pause(FLUSH_CHECK_MS, WAITING, { ref: false })]);
      if (result !== WAITING) return result;
      if (this.#writing)
        this.#writing.transactionId.restore(this.#writing.space.committed().transaction);
    }
  }

  securities(): Promise<readonly SecurityState[]> {
    return this.#read(() => reads.readSecurities(this.#tables));
  }

  totals(security: string): Promise<SecurityTotals> {
    return this.#read(() => reads.readTotals(this.#tables, security));
  }

  async tail(security: string, parts = true): Promise<SegmentTail> {
    // At a start after a crash those of very many securities are read: a turn of the loop for each.
    if (parts && this.#tables.journal.partsOf(security) > MANY_PARTS) {
      this.#lastTurn = this.#lastTurn.then(yieldToEventLoop);
      await this.#lastTurn;
    }
    return this.#read(() => reads.readTail(this.#tables, security, parts));
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

  images(
    security: string,
    epoch: number,
    fromSequence: number,
    limit?: number,
  ): Promise<readonly BlockRef[]> {
    const range = { fromSequence, ...(limit !== undefined && { limit }) };
    return this.#read(() => reads.readImages(this.#tables, security, epoch, range, this.#load));
  }

  count(range: KeySpan): Promise<number> {
    return this.#read(() => reads.readCount(this.#tables, range));
  }

  blockRuns(security: string, epoch: number): Promise<readonly BlockRunSummary[]> {
    return this.#read(() => readBlockRuns(this.#tables, security, epoch));
  }

  blocks(security: string, epoch: number, range: BlockRange): Promise<readonly BlockRef[]> {
    return this.#read(() => reads.readBlocks(this.#tables, security, epoch, range, this.#load));
  }

  gapBefore(security: string, epoch: number): Promise<GapRecord | null> {
    return this.#read(() => reads.readGap(this.#tables, security, epoch));
  }

  gapWithin(security: string, epoch: number, sequence: number): Promise<GapRecord | null> {
    return this.#read(() => reads.readGapWithin(this.#tables, security, epoch, sequence));
  }

  async pending(maxBytes: number, except: ReadonlySet<string>): Promise<readonly RecordBatch[]> {
    const after = this.#lastServed;
    const found = await this.#read(() =>
      queue.readPending(this.#tables, { maxBytes, except, after }),
    );
    this.#lastServed = found.at(-1)?.security ?? '';
    return found;
  }

  async release(batches: readonly RecordBatch[]): Promise<void> {
    let rest = batches;
    while (rest.length > 0) {
      rest = this.#delete(queue.recordsIn(rest), (maxRecords) => {
        const [now, later] = queue.splitBatches(rest, maxRecords);
        queue.removeReplicated(this.#tables, now);
        return later;
      });
    }
  }

  async prune({ security, wanted }: SecurityState, beforeUs: number): Promise<number> {
    return this.#delete(MAX_STEP_RECORDS, (maxRecords) =>
      pruneSome(this.#tables, security, beforeUs, !wanted, maxRecords),
    );
  }

  async countDeleted(security: string, deleted: DeletedCounts): Promise<void> {
    this.#transact('delete', () => {
      const heads = new HeadUpdates(this.#tables);
      heads.update(security, (head) => afterDeletion(head, deleted, 'store'));
      heads.put();
    });
  }

  async dropOldest(): Promise<DroppedRecords | null> {
    let dropped: DroppedRecords | null = null;
    this.#transact('delete', () => {
      dropped = dropOldest(this.#tables);
    });
    return dropped;
  }

  size(): Promise<SpoolSize> {
    return this.#read(() => queue.readSize(this.#tables));
  }

  securityDocuments(): Promise<readonly SecurityDocument[]> {
    return this.#read(() => queue.readSecurityDocuments(this.#tables));
  }

  async seed(state: SecurityState, tail: SegmentTail, totals: SecurityTotals): Promise<void> {
    this.#transact('store', () => queue.seedHead(this.#tables, state, tail, totals));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#lock) this.#removeUnusedBatches();
    this.#isClosed = true;
    await this.#flushed;
    await this.#root.close();
    this.#writing?.space.close();
    this.#writing?.transactionId.close();
    await this.#lock?.release();
  }

  #removeUnusedBatches(): void {
    const { journal, journalBatches } = this.#tables;
    const unused = journal.unused(Infinity);
    if (unused.length === 0) return;
    try {
      this.#transact('delete', () => {
        for (const batch of unused) journalBatches.removeSync(batch);
      });
    } catch (error) {
      // They are removed later.
      if (!(error instanceof LoggerError)) throw error;
    }
  }

  readonly #load = (header: RecordHeader): Promise<StoredRecord> =>
    this.#read(() => reads.readBody(this.#tables, header));

  /** Runs synchronous look-ups on the newest snapshot. */
  async #read<T>(lookUp: () => T): Promise<T> {
    this.#assertOpen();
    this.#root.resetReadTxn();
    try {
      if (this.#lock === undefined) this.#tables.journal.refresh();
      return lookUp();
    } catch (error) {
      throw readError(error, this.#directory);
    }
  }

  /** A damaged one is reported when the security's records are read. */
  #headOf(security: string): SecurityHead {
    try {
      return readHead(this.#tables, security);
    } catch (error) {
      if (error instanceof RecordCorruptError) return EMPTY_HEAD;
      throw error;
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ConflictError('The archive is closed');
  }
}
