/**
 * How the process ends: once, by a signal, by the manager or by a bug, and never later than its
 * deadline. What was acknowledged is safe without any of this; it saves the last half second.
 */

import { describeError } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { LineLog } from './line-log.ts';

/** A stop that takes longer is given up. */
const STOP_DEADLINE_MS = 9_000;
/** After a bug nothing more than this is spent on writing out. */
const FATAL_DEADLINE_MS = 2_000;
/**
 * Signals closer together than this are one request: a terminal and a parent such as npm both pass
 * on the same Ctrl-C.
 */
const SAME_REQUEST_MS = 500;

export interface Stoppable {
  stop(): Promise<void>;
}

export class Shutdown {
  readonly #log: LineLog;
  readonly #clock: Clock;
  readonly #exit: (code: number) => void;
  /** The end has begun. */
  readonly #onStopping: () => void;
  #logger: Stoppable | undefined;
  #firstSignalMs: number | undefined;
  #isStopping = false;
  #hasCrashed = false;

  constructor(parts: {
    readonly log: LineLog;
    readonly clock: Clock;
    readonly exit: (code: number) => void;
    readonly onStopping: () => void;
  }) {
    this.#log = parts.log;
    this.#clock = parts.clock;
    this.#exit = parts.exit;
    this.#onStopping = parts.onStopping;
  }

  /** There is something to stop now. */
  started(logger: Stoppable): void {
    this.#logger = logger;
    if (this.#isStopping) void this.#write(logger);
  }

  /** The second one ends the process at once. */
  signal(name: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#firstSignalMs === undefined) {
      this.#firstSignalMs = nowMs;
      this.stop(name);
    } else if (nowMs - this.#firstSignalMs >= SAME_REQUEST_MS) {
      this.#log.critical('Told to stop twice: the process ends at once', { reason: name });
      this.#exit(1);
    }
  }

  stop(reason: string): void {
    if (this.#isStopping) return;
    this.#log.notice('Stopping', { reason });
    this.#begin();
    this.#clock.schedule(STOP_DEADLINE_MS, () => {
      if (!this.#logger) {
        this.#log.notice('Stopped before it had started');
        this.#exit(0);
        return;
      }
      this.#log.critical('Not everything could be written out in time');
      this.#exit(1);
    });
  }

  crash(error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    if (this.#hasCrashed) {
      // One bug brings others. The first is the one to look at.
      this.#log.error('Another error on the way out', { reason: describeError(error) });
      return;
    }
    this.#hasCrashed = true;
    this.#log.critical('A bug: the process ends', { reason: describeError(error), stack });
    if (!this.#logger) {
      this.#exit(1);
      return;
    }
    this.#clock.schedule(FATAL_DEADLINE_MS, () => {
      this.#log.critical('Not everything could be written out in time');
      this.#exit(1);
    });
    if (!this.#isStopping) this.#begin();
  }

  #begin(): void {
    this.#isStopping = true;
    this.#onStopping();
    if (this.#logger) void this.#write(this.#logger);
  }

  async #write(logger: Stoppable): Promise<void> {
    try {
      await logger.stop();
    } catch (error) {
      this.#log.critical('The stop failed', { reason: describeError(error) });
      this.#exit(1);
      return;
    }
    this.#log.notice('Stopped');
    this.#exit(this.#hasCrashed ? 1 : 0);
  }
}
