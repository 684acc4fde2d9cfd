/**
 * The path from recorders to the archive. Batches are committed in the order in which they were pushed,
 * as many at a time as wait (group commit); a recorder never waits for the disk. A recorder with news for
 * its journal is asked for them when a commit forms, so that they share one; where very many have news,
 * those whose turn has not come go into the next. While the archive fails, nobody is asked: batches stay
 * here and are retried, up to a bound in bytes; a security that would exceed it loses what it has waiting,
 * and its recorder declares the gap.
 */

import type { Archive, Write } from '../archive/archive.ts';
import { ArchiveFullError, DuplicateRecordError, LoggerError, describeError } from '../errors.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { RecorderLimits } from './limits.ts';

/** Bounds how long one transaction takes. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;
/**
 * From one commit to the next in terms of what the first took: a machine that hardly keeps up makes fewer,
 * larger ones, which cost less for each part.
 */
const PAUSE_PER_COMMIT = 5;
/** Assumed size of a write without a record. */
const SMALL_WRITE_BYTES = 256;

export interface Batch {
  readonly security: string;
  readonly writes: readonly Write[];
  /** Regular work: it may wait a moment for others, to share their commit. */
  readonly mayWait?: boolean;
  /** Called once: when the batch is stored, or with the error because of which it never will be. */
  readonly settled?: (error?: LoggerError) => void;
}

interface QueuedBatch extends Batch {
  readonly bytes: number;
  readonly pushedMs: number;
}

export interface QueueStatus {
  readonly isFailing: boolean;
  readonly failure: string | null;
  readonly pendingBytes: number;
  /** Seconds since the oldest waiting batch was pushed. */
  readonly lagS: number;
}

export class WriteQueue {
  readonly #archive: Archive;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: RecorderLimits;
  /** Called with a bug: nothing may be recorded after it. */
  readonly #onFatal: (error: unknown) => void;
  #queued: QueuedBatch[] = [];
  /** Of those with news: each pushes what it has. */
  readonly #news = new Set<() => void>();
  #isAsking = false;
  #committing: QueuedBatch[] = [];
  #pendingBytes = 0;
  #failure: LoggerError | undefined;
  #retryTimer: Timer | undefined;
  /** Runs while a group forms. */
  #groupTimer: Timer | undefined;
  #lastCommitMs = Number.NEGATIVE_INFINITY;
  #lastDurationMs = 0;
  #commits = 0;
  readonly #drainWaiters: ((isDrained: boolean) => void)[] = [];

  constructor(deps: {
    readonly archive: Archive;
    readonly clock: Clock;
    readonly log: Log;
    readonly limits: RecorderLimits;
    readonly onFatal: (error: unknown) => void;
  }) {
    this.#archive = deps.archive;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#limits = deps.limits;
    this.#onFatal = deps.onFatal;
  }

  push(batch: Batch): void {
    const bytes = batch.writes.reduce((sum, write) => sum + bytesOf(write), 0);
    if (this.#pendingBytes + bytes > this.#limits.maxPendingBytes) {
      this.#overflow(batch);
      return;
    }
    this.#pendingBytes += bytes;
    this.#queued.push({ bytes, pushedMs: this.#clock.monotonicMs(), ...batch });
    if (this.#isAsking) return;
    if (batch.mayWait) this.#pumpSoon();
    else this.#pump();
  }

  /** @param push is called once, when a commit forms, soon. Asking for the same again changes nothing. */
  announce(push: () => void): void {
    this.#news.add(push);
    if (!this.#isBusy) this.#schedulePump();
  }

  get #isBusy(): boolean {
    return this.#committing.length > 0 || this.#retryTimer !== undefined;
  }

  status(): QueueStatus {
    const oldest = this.#committing[0] ?? this.#queued[0];
    const lagS = oldest ? (this.#clock.monotonicMs() - oldest.pushedMs) / 1000 : 0;
    return {
      isFailing: this.#failure !== undefined,
      failure: this.#failure ? describeError(this.#failure) : null,
      pendingBytes: this.#pendingBytes,
      lagS,
    };
  }

  /** Commits that ended, with or without an error, and whether one is running: for a watchdog. */
  work(): { readonly commits: number; readonly isCommitting: boolean } {
    return { commits: this.#commits, isCommitting: this.#committing.length > 0 };
  }

  /** Resolves with true when everything is settled, or with false as soon as the archive fails. */
  async drained(): Promise<boolean> {
    if (this.#failure) return false;
    if (this.#queued.length === 0 && this.#committing.length === 0) return true;
    this.#pump();
    return new Promise<boolean>((resolve) => this.#drainWaiters.push(resolve));
  }

  /** A commit costs about the same for one batch as for a hundred. */
  #pumpSoon(): void {
    if (this.#isBusy) return;
    if (this.#waitMs() <= 0) this.#pump();
    else this.#schedulePump();
  }

  #schedulePump(): void {
    this.#groupTimer ??= this.#clock.schedule(this.#waitMs(), () => this.#pump());
  }

  #waitMs(): number {
    const { commitPauseMs, maxCommitPauseMs } = this.#limits;
    const restMs = Math.min(this.#lastDurationMs * PAUSE_PER_COMMIT, maxCommitPauseMs);
    const dueMs = this.#lastCommitMs + Math.max(commitPauseMs, restMs);
    return Math.max(0, dueMs - this.#clock.monotonicMs());
  }

  #pump(): void {
    this.#groupTimer?.cancel();
    this.#groupTimer = undefined;
    if (this.#isBusy) return;
    this.#lastCommitMs = this.#clock.monotonicMs();
    if (!this.#failure) this.#askForNews();
    let bytes = 0;
    const until = this.#queued.findIndex((batch) => (bytes += batch.bytes) > MAX_GROUP_BYTES);
    this.#committing = this.#queued.splice(0, until === -1 ? this.#queued.length : until || 1);
    if (this.#committing.length > 0) {
      this.#commit(this.#committing).catch((error: unknown) => this.#onFatal(error));
      // An embedded archive commits at once.
      this.#lastDurationMs = this.#clock.monotonicMs() - this.#lastCommitMs;
    } else {
      this.#wake(true);
    }
  }

  #askForNews(): void {
    const untilMs = this.#clock.monotonicMs() + this.#limits.maxAskMs;
    // In the order in which they were announced, so that each has its turn.
    const news = [...this.#news];
    this.#isAsking = true;
    for (const push of news) {
      this.#news.delete(push);
      push();
      if (this.#clock.monotonicMs() >= untilMs) break;
    }
    this.#isAsking = false;
  }

  async #commit(group: readonly QueuedBatch[]): Promise<void> {
    try {
      await this.#archive.commit(group.flatMap((batch) => batch.writes));
      for (const batch of group) this.#settle(batch);
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      if (error instanceof DuplicateRecordError) await this.#commitOneByOne(group);
      else this.#keepForLater(group, error);
      this.#ended();
      return;
    }
    if (this.#failure) this.#log.notice('The archive accepts records again');
    this.#failure = undefined;
    this.#ended();
  }

  #ended(): void {
    this.#commits++;
    this.#committing = [];
    const isPatient =
      this.#drainWaiters.length === 0 && this.#queued.every(({ mayWait }) => mayWait);
    if (isPatient && this.#queued.length + this.#news.size > 0) this.#pumpSoon();
    else this.#pump();
  }

  /** A failed group is rolled back as a whole: only the batch with the conflict must stay out. */
  async #commitOneByOne(group: readonly QueuedBatch[]): Promise<void> {
    /** What follows a batch that stays out would stand behind a gap. */
    const conflicts = new Map<string, LoggerError>();
    for (const [index, batch] of group.entries()) {
      const conflict = conflicts.get(batch.security);
      if (conflict) {
        this.#settle(batch, conflict);
        continue;
      }
      try {
        await this.#archive.commit(batch.writes);
        this.#settle(batch);
      } catch (error) {
        if (!(error instanceof LoggerError)) throw error;
        if (!(error instanceof DuplicateRecordError)) {
          this.#keepForLater(group.slice(index), error);
          return;
        }
        conflicts.set(batch.security, error);
        this.#settle(batch, error);
        this.#discardQueued(batch.security, error);
      }
    }
  }

  #keepForLater(group: readonly QueuedBatch[], error: LoggerError): void {
    if (!this.#failure)
      this.#log.error('The archive accepts no records', { reason: error.message });
    this.#failure = error;
    this.#queued = [...group, ...this.#queued];
    this.#wake(false);
    this.#retryTimer = this.#clock.schedule(this.#limits.commitRetryMs, () => {
      this.#retryTimer = undefined;
      this.#pump();
    });
  }

  #wake(isDrained: boolean): void {
    for (const resolve of this.#drainWaiters.splice(0)) resolve(isDrained);
  }

  #overflow(batch: Batch): void {
    const error = new ArchiveFullError(
      `More than ${this.#limits.maxPendingBytes} bytes wait for the archive`,
      { cause: this.#failure },
    );
    this.#log.error('Too much waits for the archive: dropped the pending records of a security', {
      security: batch.security,
    });
    this.#discardQueued(batch.security, error);
    batch.settled?.(error);
  }

  #discardQueued(security: string, error: LoggerError): void {
    const lost = this.#queued.filter((batch) => batch.security === security);
    this.#queued = this.#queued.filter((batch) => batch.security !== security);
    for (const batch of lost) this.#settle(batch, error);
  }

  #settle(batch: QueuedBatch, error?: LoggerError): void {
    this.#pendingBytes -= batch.bytes;
    batch.settled?.(error);
  }
}

function bytesOf(write: Write): number {
  const isRecord = write.type === 'image' || write.type === 'block' || write.type === 'journal';
  return SMALL_WRITE_BYTES + (isRecord ? write.record.body.byteLength : 0);
}
