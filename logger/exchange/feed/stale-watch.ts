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

/** When what came in last, on the monotonic clock. Written by whoever reads the socket. */
export interface SocketActivity {
  /** Anything at all, pongs included. */
  heardMs: number;
  /** Market data. */
  dataMs: number;
}

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
  readonly #activity: Readonly<SocketActivity>;
  readonly #handlers: StaleHandlers;
  #pingedMs: number;
  /** Since when data is due, or its absence was last reported; null while none is expected. */
  #dataDueSinceMs: number | null = null;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(
    clock: Clock,
    staleAfterMs: number,
    activity: Readonly<SocketActivity>,
    handlers: StaleHandlers,
  ) {
    this.#clock = clock;
    this.#activity = activity;
    this.#staleAfterMs = staleAfterMs;
    this.#pingAfterMs = staleAfterMs / 3;
    this.#handlers = handlers;
    this.#pingedMs = activity.heardMs;
    this.#arm(this.#pingAfterMs);
  }

  /** From here on data is due, or is no longer (nothing is subscribed). */
  expectData(isExpected: boolean): void {
    if (!isExpected) this.#dataDueSinceMs = null;
    else this.#dataDueSinceMs ??= this.#clock.monotonicMs();
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
    const { heardMs } = this.#activity;
    const silentMs = nowMs - heardMs;
    if (silentMs >= this.#staleAfterMs) {
      this.stop();
      this.#handlers.onDead(silentMs);
      return;
    }
    if (nowMs - Math.max(heardMs, this.#pingedMs) >= this.#pingAfterMs) {
      this.#pingedMs = nowMs;
      this.#handlers.onPing();
    }
    const withoutDataMs = nowMs - (this.#withoutDataSinceMs ?? nowMs);
    if (withoutDataMs >= this.#staleAfterMs * NO_DATA_FACTOR) {
      this.#dataDueSinceMs = nowMs;
      this.#handlers.onNoData(withoutDataMs);
    }
    if (!this.#isStopped) this.#arm(this.#nextCheckMs() - nowMs);
  }

  /** null while no data is expected. */
  get #withoutDataSinceMs(): number | null {
    const sinceMs = this.#dataDueSinceMs;
    return sinceMs === null ? null : Math.max(sinceMs, this.#activity.dataMs);
  }

  #nextCheckMs(): number {
    const { heardMs } = this.#activity;
    const withoutDataSinceMs = this.#withoutDataSinceMs ?? Number.POSITIVE_INFINITY;
    return Math.min(
      heardMs + this.#staleAfterMs,
      Math.max(heardMs, this.#pingedMs) + this.#pingAfterMs,
      withoutDataSinceMs + this.#staleAfterMs * NO_DATA_FACTOR,
    );
  }
}
