/**
 * Tells a dead connection from a quiet one, on the monotonic clock. A half-open TCP connection looks
 * open for hours, so after a third of the limit without a frame a ping is sent: a live peer answers,
 * and one that stays silent for the whole limit is dead. A peer that answers pings but brings no data
 * for four times the limit may only be quiet. That is reported separately, so that the connection can
 * be replaced without a gap.
 *
 * A stall of our own event loop must not count as the peer's silence: a check that runs much too late
 * first lets the frames that have piled up in the socket be read.
 */

import type { Clock, Timer } from '../../runtime/clock.ts';

/** No data, though pings are answered, for this many times the stale limit. */
export const NO_DATA_FACTOR = 4;
/** Longest wait after a stall of our own before the silence is judged. */
const STALL_GRACE_MAX_MS = 1000;

export interface StaleHandlers {
  /** A ping is to be sent. */
  onPing(): void;
  /** Nothing at all came in for the whole limit. Called once; the watch has stopped. */
  onDead(silentMs: number): void;
  /** Alive, but without data. Called again after each further such stretch. */
  onNoData(silentMs: number): void;
}

export class StaleWatch {
  readonly #clock: Clock;
  readonly #staleAfterMs: number;
  readonly #pingAfterMs: number;
  readonly #handlers: StaleHandlers;
  #heardMs: number;
  #pingedMs: number;
  /** Since when data has been missing; null while none is expected. */
  #withoutDataSinceMs: number | null = null;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(clock: Clock, staleAfterMs: number, handlers: StaleHandlers) {
    this.#clock = clock;
    this.#staleAfterMs = staleAfterMs;
    this.#pingAfterMs = staleAfterMs / 3;
    this.#handlers = handlers;
    this.#heardMs = clock.monotonicMs();
    this.#pingedMs = this.#heardMs;
    this.#arm(this.#pingAfterMs);
  }

  /** Anything at all came in, pongs included. */
  heard(): void {
    this.#heardMs = this.#clock.monotonicMs();
  }

  /** Data came in. */
  data(): void {
    if (this.#withoutDataSinceMs !== null) this.#withoutDataSinceMs = this.#clock.monotonicMs();
  }

  /** From here on data is due, or is no longer (nothing is subscribed). */
  expectData(isExpected: boolean): void {
    if (!isExpected) this.#withoutDataSinceMs = null;
    else this.#withoutDataSinceMs ??= this.#clock.monotonicMs();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(delayMs: number): void {
    const dueMs = this.#clock.monotonicMs() + delayMs;
    this.#timer = this.#clock.schedule(delayMs, () => {
      const lateMs = this.#clock.monotonicMs() - dueMs;
      if (lateMs > this.#pingAfterMs) this.#arm(Math.min(STALL_GRACE_MAX_MS, this.#pingAfterMs));
      else this.#check();
    });
  }

  #check(): void {
    const nowMs = this.#clock.monotonicMs();
    const silentMs = nowMs - this.#heardMs;
    if (silentMs >= this.#staleAfterMs) {
      this.stop();
      this.#handlers.onDead(silentMs);
      return;
    }
    if (nowMs - Math.max(this.#heardMs, this.#pingedMs) >= this.#pingAfterMs) {
      this.#pingedMs = nowMs;
      this.#handlers.onPing();
    }
    const withoutDataMs = nowMs - (this.#withoutDataSinceMs ?? nowMs);
    if (withoutDataMs >= this.#staleAfterMs * NO_DATA_FACTOR) {
      this.#withoutDataSinceMs = nowMs;
      this.#handlers.onNoData(withoutDataMs);
    }
    if (!this.#isStopped) this.#arm(this.#nextCheckMs() - nowMs);
  }

  #nextCheckMs(): number {
    const dataDueMs =
      this.#withoutDataSinceMs === null
        ? Number.POSITIVE_INFINITY
        : this.#withoutDataSinceMs + this.#staleAfterMs * NO_DATA_FACTOR;
    return Math.min(
      this.#heardMs + this.#staleAfterMs,
      Math.max(this.#heardMs, this.#pingedMs) + this.#pingAfterMs,
      dataDueMs,
    );
  }
}
