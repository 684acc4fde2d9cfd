/**
 * Retention: deletes what is older than a number of days, for each security up to the last image that
 * is old enough. That image stays, because later books are rebuilt from it.
 */

import { LoggerError, describeError } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/timing.ts';
import type { SecurityState } from './archive.ts';

export interface DeletedCounts {
  images: number;
  blocks: number;
  gaps: number;
  /** Stored bytes, headers included. */
  bytes: number;
}

/** An archive whose old records can be deleted. */
export interface PrunableArchive {
  securities(): Promise<readonly SecurityState[]>;
  /**
   * Deletes some of the records before the last image at or before `beforeUs`; if the security is no
   * longer recorded and has nothing newer, some of all its records.
   * @returns the number of records deleted; 0 when nothing is left to delete. @throws LoggerError
   */
  prune(state: SecurityState, beforeUs: number): Promise<number>;
}

const FIRST_RUN_AFTER_MS = 60_000;
const RUN_EVERY_MS = 3_600_000;
/** Pause between two steps, so that recording is not held up. */
const PACE_MS = 20;
const DAY_US = 86_400_000_000;

export interface RetentionDeps {
  readonly archive: PrunableArchive;
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
}

export class Retention {
  readonly #deps: RetentionDeps;
  readonly #stop = new AbortController();

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop().catch(this.#deps.onFatal);
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Makes one pass over all securities. @returns the number of records deleted. */
  async run(): Promise<number> {
    const { archive, clock, days, log } = this.#deps;
    const beforeUs = clock.nowUs() - days * DAY_US;
    let deleted = 0;
    try {
      for (const state of await archive.securities()) {
        for (let count = 1; count > 0 && !this.#stop.signal.aborted;) {
          count = await archive.prune(state, beforeUs);
          deleted += count;
          await sleep(clock, PACE_MS, this.#stop.signal);
        }
      }
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      log.warning('Old records could not be deleted', { reason: describeError(error) });
    }
    if (deleted > 0) log.notice('Deleted old records', { records: deleted, days });
    return deleted;
  }

  async #loop(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stop;
    await sleep(clock, FIRST_RUN_AFTER_MS, signal);
    while (!signal.aborted) {
      await this.run();
      await sleep(clock, RUN_EVERY_MS, signal);
    }
  }
}
