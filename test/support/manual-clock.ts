/**
 * A clock that only the test advances. Timers fire in order of due time, then of creation, with the
 * clock at exactly their due time; timers that they set fire in the same `advance` if they are due.
 */

import type { Clock, Timer } from '../../logger/runtime/clock.ts';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** 2026-11-20T00:00:00Z: a start that looks like a real receive time. */
const DEFAULT_START_US = Date.UTC(2026, 10, 20) * 1000;

export class ManualClock implements Clock {
  #elapsedMs = 0;
  #made = 0;
  readonly #startUs: number;
  readonly #pending = new Set<Pending>();

  constructor(startUs: number = DEFAULT_START_US) {
    this.#startUs = startUs;
  }

  nowUs(): number {
    return this.#startUs + Math.round(this.#elapsedMs * 1000);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  schedule(delayMs: number, run: () => void): Timer {
    const entry = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#made++, run };
    this.#pending.add(entry);
    return { cancel: () => void this.#pending.delete(entry) };
  }

  /** Advances the clock by `ms` and runs every timer that becomes due. */
  advance(ms: number): void {
    const untilMs = this.#elapsedMs + ms;
    for (let next = this.#nextDue(untilMs); next; next = this.#nextDue(untilMs)) {
      this.#pending.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      next.run();
    }
    this.#elapsedMs = untilMs;
  }

  /** Blocks the event loop: time passes, and timers that become due meanwhile run late. */
  stall(ms: number): void {
    this.#elapsedMs += ms;
  }

  /** Advances in steps and lets promises settle between them, for code that awaits between timers. */
  async advanceAsync(ms: number, stepMs = ms): Promise<void> {
    let left = ms;
    do {
      await settled();
      const step = Math.min(stepMs, left);
      this.advance(step);
      left -= step;
    } while (left > 0);
    await settled();
  }

  /** Pending timers; a leak shows here. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Milliseconds until the next timer is due; null without a timer. */
  get nextDueInMs(): number | null {
    const next = this.#nextDue(Number.POSITIVE_INFINITY);
    return next ? next.dueMs - this.#elapsedMs : null;
  }

  #nextDue(untilMs: number): Pending | undefined {
    let found: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.dueMs > untilMs) continue;
      if (
        !found ||
        entry.dueMs < found.dueMs ||
        (entry.dueMs === found.dueMs && entry.order < found.order)
      ) {
        found = entry;
      }
    }
    return found;
  }
}

/** Runs everything already queued as a microtask or immediate. */
async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise<void>((resolve) => void setImmediate(resolve));
}
