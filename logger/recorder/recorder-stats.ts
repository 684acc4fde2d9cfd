/**
 * Counts what a live feed publishes, for `list` and the metrics. On the hot path: a message costs a
 * few additions on plain fields, no labels, no look-ups, no allocation.
 */

import type { LiveEvent } from '../live/events.ts';
import type { GapCause } from '../market/coverage.ts';
import type { BookUpdate } from '../market/events.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Buckets } from '../status/figures.ts';

/** Seconds. A clock behind the exchange's puts everything into the first. */
export const LATENCY_BOUNDS_S: readonly number[] = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);
const LATENCY_BOUNDS_US = Float64Array.from(LATENCY_BOUNDS_S, (bound) => bound * 1e6);

/** Of the message rate. */
const WINDOW_S = 10;
const SLOTS = WINDOW_S + 1;

export class RecorderStats {
  readonly #clock: Clock;
  readonly #rate = new RateMeter();
  #lastMessageMs: number | undefined;
  #lastMessageUs: number | null = null;
  #messages = 0;
  #proofs = 0;
  readonly #gapsByCause = new Map<GapCause, number>();
  readonly #latencyCounts = new Float64Array(LATENCY_BOUNDS_US.length + 1);
  #latencySumUs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly onEvent = (event: LiveEvent): void => {
    switch (event.type) {
      case 'update':
      case 'unapplied':
        this.#countMessage(event.update.receiveTimeUs);
        this.#countLatency(event.update);
        return;
      case 'side-event':
        // Not timed: the exchange stamps these by other rules, and sends some late on purpose.
        this.#countMessage(event.event.receiveTimeUs);
        return;
      case 'image':
        if (event.reason === 'proven') this.#proofs++;
        return;
      case 'gap':
        if (event.change !== 'revised') this.countGap(event.gap.cause);
        return;
      case 'state':
      case 'heartbeat':
        return;
    }
  };

  /** For gaps that are no event of the live feed: records that a full spool dropped. */
  countGap(cause: GapCause): void {
    this.#gapsByCause.set(cause, (this.#gapsByCause.get(cause) ?? 0) + 1);
  }

  /** Per second, over the last ten. */
  get messageRate(): number {
    return this.#rate.perSecond(this.#clock.monotonicMs());
  }

  /** Seconds; null before the first message. */
  get lastMessageAge(): number | null {
    if (this.#lastMessageMs === undefined) return null;
    return Math.round(this.#clock.monotonicMs() - this.#lastMessageMs) / 1000;
  }

  get messages(): number {
    return this.#messages;
  }

  get lastMessageUs(): number | null {
    return this.#lastMessageUs;
  }

  /** Books proven after the first one. */
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

  #countMessage(receiveTimeUs: number): void {
    const nowMs = this.#clock.monotonicMs();
    this.#lastMessageMs = nowMs;
    this.#lastMessageUs = receiveTimeUs;
    this.#rate.count(nowMs);
    this.#messages++;
  }

  #countLatency({ receiveTimeUs, exchangeTimeUs }: BookUpdate): void {
    // The clocks may differ: nothing arrives before it was sent.
    const latencyUs = Math.max(0, receiveTimeUs - exchangeTimeUs);
    let bucket = 0;
    while (bucket < LATENCY_BOUNDS_US.length && latencyUs > LATENCY_BOUNDS_US[bucket]!) bucket++;
    this.#latencyCounts[bucket]!++;
    this.#latencySumUs += latencyUs;
  }
}

/** Messages per second over the last ten seconds, in eleven counters. */
class RateMeter {
  readonly #counts = new Float64Array(SLOTS);
  #second = 0;

  count(monotonicMs: number): void {
    const slot = this.#advance(monotonicMs) % SLOTS;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  /** Counts complete seconds only. */
  perSecond(monotonicMs: number): number {
    const running = this.#advance(monotonicMs) % SLOTS;
    let sum = 0;
    for (let slot = 0; slot < SLOTS; slot++) if (slot !== running) sum += this.#counts[slot] ?? 0;
    return sum / WINDOW_S;
  }

  #advance(monotonicMs: number): number {
    const second = Math.floor(monotonicMs / 1000);
    const passed = Math.min(second - this.#second, SLOTS);
    for (let i = 1; i <= passed; i++) this.#counts[(this.#second + i) % SLOTS] = 0;
    if (passed === SLOTS) this.#counts.fill(0);
    this.#second = Math.max(this.#second, second);
    return this.#second;
  }
}
