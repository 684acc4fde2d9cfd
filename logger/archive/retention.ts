/**
 * Retention: what is older than so many days is deleted, for each security up to the last image that
 * is old enough itself. That one stays, for the books after it are rebuilt from it; so a book of any
 * younger moment costs what it did.
 */

import { LoggerError, describeError } from '../errors.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { SecurityState } from './archive.ts';

/** Where records are deleted. */
export interface Expiring {
  securities(): Promise<readonly SecurityState[]>;
  /**
   * Deletes some of what lies before the last image at or before `beforeUs`; of a security that is
   * no longer recorded and has nothing younger, everything.
   * @returns how many records; 0: there are no more. @throws LoggerError
   */
  expire(state: SecurityState, beforeUs: number): Promise<number>;
}

const FIRST_AFTER_MS = 60_000;
const EVERY_MS = 3_600_000;
/** Between two steps recording gets its turn. */
const PACE_MS = 20;
const DAY_US = 86_400_000_000;

export interface RetentionParts {
  readonly archive: Expiring;
  readonly days: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
}

export class Retention {
  readonly #parts: RetentionParts;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#schedule(FIRST_AFTER_MS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** One pass over all securities. @returns how many records went. */
  async run(): Promise<number> {
    const { archive, clock, days, log } = this.#parts;
    const beforeUs = clock.nowUs() - days * DAY_US;
    let deleted = 0;
    try {
      for (const state of await archive.securities()) {
        for (let some = 1; some > 0 && !this.#isStopped;) {
          some = await archive.expire(state, beforeUs);
          deleted += some;
          await new Promise<void>((resolve) => clock.schedule(PACE_MS, resolve));
        }
      }
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      log.warning('What is too old could not be deleted', { reason: describeError(error) });
    }
    if (deleted > 0) log.notice('Deleted what is too old', { records: deleted, days });
    return deleted;
  }

  #schedule(ms: number): void {
    this.#timer = this.#parts.clock.schedule(ms, () => {
      this.run()
        .then(() => this.#isStopped || this.#schedule(EVERY_MS))
        .catch(this.#parts.onFatal);
    });
  }
}
