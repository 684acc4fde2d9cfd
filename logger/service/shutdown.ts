/**
 * Ends the process: once, on a signal, a manager's command or a bug, and within a deadline. Acknowledged
 * records are durable without it; an orderly stop saves the last moment.
 */

import { describeError } from '../errors.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { LineLog } from './line-log.ts';

/** How long an orderly stop may take. */
const STOP_DEADLINE_MS = 9_000;
/** How long writing out may take after a bug. */
const FATAL_DEADLINE_MS = 2_000;
/**
 * Signals closer together than this are one request: a terminal and a parent such as npm both pass
 * on the same Ctrl-C.
 */
const SAME_REQUEST_MS = 500;

export interface Stoppable {
  stop(): Promise<void>;
}

export interface ShutdownDeps {
  readonly log: LineLog;
  readonly clock: Clock;
  readonly exit: (code: number) => void;
  /** Called once, when the process begins to stop. */
  readonly onStopping: () => void;
}

export class Shutdown {
  readonly #deps: ShutdownDeps;
  #logger: Stoppable | undefined;
  #deadline: Timer | undefined;
  #firstSignalMs: number | undefined;
  #isStopping = false;
  #hasCrashed = false;

  constructor(deps: ShutdownDeps) {
    this.#deps = deps;
  }

  /** From now on a stop stops this logger. If one was requested during the start, it begins, and has its whole time. */
  started(logger: Stoppable): void {
    this.#logger = logger;
    if (!this.#isStopping) return;
    if (!this.#hasCrashed) this.#stopWithin();
    void this.#stopLogger(logger);
  }

  /** The first signal begins an orderly stop, the second one exits immediately. */
  signal(name: string): void {
    const { clock, exit, log } = this.#deps;
    const nowMs = clock.monotonicMs();
    if (this.#firstSignalMs === undefined) {
      this.#firstSignalMs = nowMs;
      this.stop(name);
    } else if (nowMs - this.#firstSignalMs >= SAME_REQUEST_MS) {
      log.critical('Second stop signal: exiting immediately', { reason: name });
      exit(1);
    }
  }

  stop(reason: string): void {
    if (this.#isStopping) return;
    this.#deps.log.notice('Stopping', { reason });
    this.#begin();
    this.#stopWithin();
  }

  #stopWithin(): void {
    const { clock, exit, log } = this.#deps;
    this.#deadline?.cancel();
    this.#deadline = clock.schedule(STOP_DEADLINE_MS, () => {
      if (this.#logger) {
        this.#timedOut();
        return;
      }
      log.notice('Stopped before the start was complete');
      exit(0);
    });
  }

  /** A bug: writes out what can be written in a short time and exits with 1. */
  crash(error: unknown): void {
    const { clock, exit, log } = this.#deps;
    const reason = describeError(error);
    if (this.#hasCrashed) {
      // One bug causes others. The first is the one to look at.
      log.error('Another unexpected error during shutdown', { reason });
      return;
    }
    this.#hasCrashed = true;
    const stack = error instanceof Error ? error.stack : undefined;
    log.critical('Unexpected error: exiting', { reason, stack });
    if (!this.#logger) {
      exit(1);
      return;
    }
    clock.schedule(FATAL_DEADLINE_MS, () => this.#timedOut());
    if (!this.#isStopping) this.#begin();
  }

  #begin(): void {
    this.#isStopping = true;
    this.#deps.onStopping();
    if (this.#logger) void this.#stopLogger(this.#logger);
  }

  #timedOut(): void {
    this.#deps.log.critical('Shutdown timed out: not everything was written');
    this.#deps.exit(1);
  }

  async #stopLogger(logger: Stoppable): Promise<void> {
    const { exit, log } = this.#deps;
    try {
      await logger.stop();
    } catch (error) {
      log.critical('Shutdown failed', { reason: describeError(error) });
      exit(1);
      return;
    }
    log.notice('Stopped');
    exit(this.#hasCrashed ? 1 : 0);
  }
}
