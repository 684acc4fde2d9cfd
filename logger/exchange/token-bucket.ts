/**
 * A token bucket on the monotonic clock. In any period no more is taken than the capacity plus what is
 * refilled meanwhile: a limit of N per window is kept by a capacity and a refill that add up to N, and
 * unlike a fixed window it never makes a caller wait out a whole window.
 */

import { assertInvariant } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';

export interface BucketLimits {
  /** The most that can be taken at once. */
  readonly capacity: number;
  readonly perSecond: number;
}

export class TokenBucket {
  readonly #clock: Clock;
  readonly #limits: BucketLimits;
  #tokens: number;
  #atMs: number;
  #pausedUntilMs = 0;

  constructor(clock: Clock, limits: BucketLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#tokens = limits.capacity;
    this.#atMs = clock.monotonicMs();
  }

  /** Time until `amount` can be taken; 0: now. */
  waitMs(amount: number): number {
    this.#refill();
    const missing = amount - this.#tokens;
    const refillMs = missing <= 0 ? 0 : Math.ceil((missing / this.#limits.perSecond) * 1000);
    return Math.max(refillMs, this.#pausedUntilMs - this.#atMs);
  }

  /** What can be taken now. */
  get available(): number {
    this.#refill();
    return this.#pausedUntilMs > this.#atMs ? 0 : this.#tokens;
  }

  /** No more than this is left: others take from the same limit. */
  lower(left: number): void {
    this.#refill();
    this.#tokens = Math.min(this.#tokens, left);
  }

  /** Nothing can be taken for so long. */
  pause(forMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.monotonicMs() + forMs);
  }

  /** @throws InvariantError when it is more than there is: ask `waitMs` first. */
  take(amount: number): void {
    this.#refill();
    // A rounding error of the refill must not turn a wait that is over into an error.
    assertInvariant(amount <= this.#tokens + 1e-6, 'Taken from a bucket that is too empty');
    this.#tokens -= amount;
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const flowed = ((nowMs - this.#atMs) / 1000) * this.#limits.perSecond;
    this.#tokens = Math.min(this.#limits.capacity, this.#tokens + flowed);
    this.#atMs = nowMs;
  }
}
