/**
 * The recorders' clock as it is seen here: the receive times of events, moved on by this machine's monotonic
 * clock when nothing comes. It never goes back.
 */

import type { Clock } from '../../logger/runtime/clock.ts';

/** An event that came faster than all others of this time says how far the recorders' clock is ahead. */
const WINDOW_MS = 60_000;

export class RecorderClock {
  readonly #clock: Clock;
  /** Receive time less monotonic time: the most of this window and of the one before. */
  #offsetUs: number | null = null;
  #lastOffsetUs: number | null = null;
  #windowMs = 0;
  #lastUs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An event of this receive time came in. */
  observe(receiveTimeUs: number): void {
    const monotonicMs = this.#clock.monotonicMs();
    const offsetUs = receiveTimeUs - Math.floor(monotonicMs * 1000);
    if (monotonicMs - this.#windowMs >= WINDOW_MS) {
      this.#lastOffsetUs = this.#offsetUs;
      this.#offsetUs = null;
      this.#windowMs = monotonicMs;
    }
    if (this.#offsetUs === null || offsetUs > this.#offsetUs) this.#offsetUs = offsetUs;
    if (receiveTimeUs > this.#lastUs) this.#lastUs = receiveTimeUs;
  }

  /** Without any event yet, this machine's own time. */
  nowUs(): number {
    const offsetUs = Math.max(this.#offsetUs ?? -Infinity, this.#lastOffsetUs ?? -Infinity);
    const nowUs =
      offsetUs === -Infinity
        ? this.#clock.nowUs()
        : Math.floor(this.#clock.monotonicMs() * 1000) + offsetUs;
    this.#lastUs = Math.max(this.#lastUs, nowUs);
    return this.#lastUs;
  }
}
