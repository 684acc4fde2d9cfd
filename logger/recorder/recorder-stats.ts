/**
 * What a recorder counts while it works, for `list` and the metrics. It sits on the hot path, so a
 * message costs a few additions on plain fields: no labels, no look-ups, nothing allocated. All else
 * that a scrape tells is read off the recorder when it is asked for.
 */

import type { GapCause } from '../market/coverage.ts';
import { isBookUpdate } from '../market/events.ts';
import type { MarketEvent } from '../market/events.ts';
import type { Buckets } from '../status/figures.ts';
import type { Clock } from '../runtime/clock.ts';
import { RateMeter } from './rate-meter.ts';

/** Seconds. A clock that is behind the exchange's puts everything into the first. */
export const LATENCY_BOUNDS_S: readonly number[] = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);
const LATENCY_BOUNDS_US = Float64Array.from(LATENCY_BOUNDS_S, (bound) => bound * 1e6);

export class RecorderStats {
  readonly #clock: Clock;
  readonly #rate = new RateMeter();
  #lastEventMs: number | undefined;
  #messages = 0;
  #lastMessageUs: number | null = null;
  /** Segments that were begun. */
  #proofs = 0;
  readonly #gapsByCause = new Map<GapCause, number>();
  readonly #latencyCounts = new Float64Array(LATENCY_BOUNDS_US.length + 1);
  #latencySumUs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** SideEvents are not timed: the exchange stamps them by other rules, and sends some late on purpose. */
  message(event: MarketEvent): void {
    const nowMs = this.#clock.monotonicMs();
    this.#lastEventMs = nowMs;
    this.#rate.count(nowMs);
    this.#messages++;
    this.#lastMessageUs = event.receiveTimeUs;
    if (!isBookUpdate(event)) return;
    // The clocks may differ: nothing arrives before it was sent.
    const latencyUs = Math.max(0, event.receiveTimeUs - event.exchangeTimeUs);
    let bucket = 0;
    while (bucket < LATENCY_BOUNDS_US.length && latencyUs > LATENCY_BOUNDS_US[bucket]!) bucket++;
    this.#latencyCounts[bucket]!++;
    this.#latencySumUs += latencyUs;
  }

  /** A gap was opened, or found open, or a full spool made one. */
  gap(cause: GapCause): void {
    this.#gapsByCause.set(cause, (this.#gapsByCause.get(cause) ?? 0) + 1);
  }

  /** A book was proven. */
  proof(): void {
    this.#proofs++;
  }

  messageRate(): number {
    return this.#rate.perSecond(this.#clock.monotonicMs());
  }

  lastMessageAgeS(): number | null {
    if (this.#lastEventMs === undefined) return null;
    return Math.round(this.#clock.monotonicMs() - this.#lastEventMs) / 1000;
  }

  get messages(): number {
    return this.#messages;
  }

  get lastMessageUs(): number | null {
    return this.#lastMessageUs;
  }

  get resyncs(): number {
    return Math.max(0, this.#proofs - 1);
  }

  get gapsByCause(): ReadonlyMap<GapCause, number> {
    return this.#gapsByCause;
  }

  get latency(): Buckets {
    return {
      bounds: LATENCY_BOUNDS_S,
      counts: this.#latencyCounts,
      sum: this.#latencySumUs / 1e6,
    };
  }
}
