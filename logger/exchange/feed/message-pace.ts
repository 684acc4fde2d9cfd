/**
 * Rate limit for our own messages on one connection. Exchanges count pings and pongs too and answer a
 * breach with a disconnect, then with a ban of the address. Pongs are sent by the socket itself and
 * can't be delayed, so they are only counted here and other messages make room for them.
 */

import type { Clock } from '../../runtime/clock.ts';

export interface PaceLimits {
  /** Messages per window, pongs counted. */
  readonly max: number;
  readonly windowMs: number;
}

export class MessagePace {
  readonly #clock: Clock;
  readonly #limits: PaceLimits;
  /** Monotonic times of what was sent, oldest first; never more than `max` of each. */
  #sentMs: number[] = [];
  #pongsMs: number[] = [];

  constructor(clock: Clock, limits: PaceLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Time until the next message may be sent; 0: now. A peer that floods us with pings can't silence
   * us: one message of our own per window always passes.
   */
  waitMs(): number {
    const nowMs = this.#clock.monotonicMs();
    const fromMs = nowMs - this.#limits.windowMs;
    this.#sentMs = this.#sentMs.filter((ms) => ms > fromMs);
    this.#pongsMs = this.#pongsMs.filter((ms) => ms > fromMs);
    const lastOwnMs = this.#sentMs.at(-1);
    const counted = [...this.#sentMs, ...this.#pongsMs].sort((a, b) => a - b);
    const blocking = counted.at(-this.#limits.max);
    if (lastOwnMs === undefined || blocking === undefined) return 0;
    return Math.min(blocking, lastOwnMs) + this.#limits.windowMs - nowMs;
  }

  sent(): void {
    this.#sentMs = [...this.#sentMs, this.#clock.monotonicMs()].slice(-this.#limits.max);
  }

  answeredPing(): void {
    this.#pongsMs = [...this.#pongsMs, this.#clock.monotonicMs()].slice(-this.#limits.max);
  }
}
