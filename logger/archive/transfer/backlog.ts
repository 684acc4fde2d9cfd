/**
 * How much waits in the spool, for how long, and the limit beyond which the oldest records are
 * dropped.
 */

import { LoggerError } from '../../errors.ts';
import { formatTimeUs } from '../../market/time.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Spool, SpoolSize } from '../spool.ts';
import type { StoreListener } from './store-events.ts';

export interface BacklogDeps {
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
  /** Records beyond this size are dropped, oldest first. */
  readonly spoolMaxBytes: number;
  readonly listener: StoreListener;
}

/** A larger backlog is logged, this often. */
const LARGE_BACKLOG_BYTES = 16 * 1024 * 1024;
const PROGRESS_EVERY_MS = 10_000;

export class Backlog {
  readonly #deps: BacklogDeps;
  /** Since when a security has had pending records without interruption, on the monotonic clock. */
  readonly #pendingSinceMs = new Map<string, number>();
  #bytes = 0;
  #isLarge = false;
  #progressDueMs = 0;

  constructor(deps: BacklogDeps) {
    this.#deps = deps;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Seconds for which the oldest record has been waiting. */
  get lagS(): number {
    if (this.#pendingSinceMs.size === 0) return 0;
    const sinceMs = Math.min(...this.#pendingSinceMs.values());
    return (this.#deps.clock.monotonicMs() - sinceMs) / 1000;
  }

  /** Updates `bytes` and `lagS`; keeps the previous values if the spool cannot be read. */
  async refresh(): Promise<void> {
    try {
      await this.#measure();
    } catch (error) {
      // Trouble with the spool itself is reported by those who write to it.
      if (!(error instanceof LoggerError)) throw error;
    }
  }

  /** Drops what exceeds the limit. Must not run while records are on their way to the store. */
  async enforceLimit(): Promise<SpoolSize> {
    let size = await this.#measure();
    while (size.bytes > this.#deps.spoolMaxBytes && (await this.#dropOldest())) {
      size = await this.#measure();
    }
    return size;
  }

  /** Logs the progress of a large backlog. */
  report({ records, bytes }: SpoolSize): void {
    const { log, clock } = this.#deps;
    if (bytes < LARGE_BACKLOG_BYTES) {
      if (this.#isLarge && records === 0) {
        this.#isLarge = false;
        log.notice('The store has caught up');
      }
      return;
    }
    this.#isLarge = true;
    if (clock.monotonicMs() < this.#progressDueMs) return;
    this.#progressDueMs = clock.monotonicMs() + PROGRESS_EVERY_MS;
    log.notice('Catching up', { records, bytes });
  }

  async #measure(): Promise<SpoolSize> {
    const size = await this.#deps.spool.size();
    const nowMs = this.#deps.clock.monotonicMs();
    const pending = new Set(size.securities);
    for (const security of this.#pendingSinceMs.keys()) {
      if (!pending.has(security)) this.#pendingSinceMs.delete(security);
    }
    for (const security of pending) {
      if (!this.#pendingSinceMs.has(security)) this.#pendingSinceMs.set(security, nowMs);
    }
    this.#bytes = size.bytes;
    return size;
  }

  /** @returns false if there is nothing to drop. */
  async #dropOldest(): Promise<boolean> {
    const { spool, log, listener } = this.#deps;
    const dropped = await spool.dropOldest();
    if (dropped === null) return false;
    const { security, records, fromUs, toUs, needsImage } = dropped;
    log.error('The spool is full: dropped the oldest records, and recorded the gap', {
      security,
      records,
      from: formatTimeUs(fromUs),
      to: formatTimeUs(toUs),
    });
    listener.onDropped(security);
    if (needsImage) listener.onImageNeeded(security);
    return true;
  }
}
