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

/** Where the machine hardly keeps up, a turn may last longer by this share of the longest wait, up to a limit. */
const LATE_SHARE = 0.05;
const MAX_TURN_MS = 80;

export class ProofTurns {
  readonly #clock: Clock;
  readonly #limits: ProofTurnLimits;
  readonly #waiting: { readonly sinceMs: number; readonly resolve: () => void }[] = [];
  #isOver = true;
  #startMs = 0;
  #limitMs = 0;

  constructor(clock: Clock, limits: ProofTurnLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Resolves when it is the caller's turn, which lasts until it next waits for something. */
  next(): Promise<void> {
    if (this.#isOver) this.#begin();
    if (this.#waiting.length === 0 && this.#isOpen()) return Promise.resolve();
    const sinceMs = this.#clock.monotonicMs();
    return new Promise((resolve) => this.#waiting.push({ sinceMs, resolve }));
  }

  #begin(): void {
    const { maxTickMs } = this.#limits;
    this.#isOver = false;
    this.#startMs = this.#clock.monotonicMs();
    const lateMs = this.#startMs - (this.#waiting[0]?.sinceMs ?? this.#startMs);
    this.#limitMs = Math.min(MAX_TURN_MS, maxTickMs + lateMs * LATE_SHARE);
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
      next.resolve();
      // Whoever was granted the turn goes on first.
      await Promise.resolve();
      await Promise.resolve();
    }
  }

  #isOpen(): boolean {
    return this.#clock.monotonicMs() - this.#startMs < this.#limitMs;
  }
}
