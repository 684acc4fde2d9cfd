/**
 * Lets books be proven a few at a time. At a start hundreds wait for an update each, and the updates of all
 * may come in one turn of the event loop; to merge and store a book takes a while, and frames that arrive
 * meanwhile would be stamped late.
 */

import type { Clock } from '../../runtime/clock.ts';

export interface ProofTurnLimits {
  /** In one turn of the event loop, no other begins after this time; … */
  readonly maxTickMs: number;
  /** … and between two turns there is at least this much. */
  readonly tickPauseMs: number;
}

export class ProofTurns {
  readonly #clock: Clock;
  readonly #limits: ProofTurnLimits;
  readonly #waiting: (() => void)[] = [];
  #isOver = true;
  #startMs = 0;

  constructor(clock: Clock, limits: ProofTurnLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Resolves when it is the caller's turn, which lasts until it next waits for something. */
  next(): Promise<void> {
    if (this.#isOver) this.#begin();
    if (this.#waiting.length === 0 && this.#isOpen()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #begin(): void {
    this.#isOver = false;
    this.#startMs = this.#clock.monotonicMs();
    this.#clock.schedule(this.#limits.tickPauseMs, () => {
      this.#isOver = true;
      if (this.#waiting.length === 0) return;
      this.#begin();
      void this.#grant();
    });
  }

  async #grant(): Promise<void> {
    while (this.#isOpen()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next();
      // Whoever was granted the turn goes on first.
      await Promise.resolve();
      await Promise.resolve();
    }
  }

  #isOpen(): boolean {
    return this.#clock.monotonicMs() - this.#startMs < this.#limits.maxTickMs;
  }
}
