/**
 * How long a security has been silent, and whether that is longer than its habit. Silence is measured
 * at the recorder's ticks, on the monotonic clock, so updates themselves cost nothing.
 *
 * The habit is the longest recent silence that turned out to be harmless; it halves with time. A
 * security is asked about after twice as long, within named limits.
 */

import type { Clock } from '../../runtime/clock.ts';
import type { RecorderLimits } from '../limits.ts';

/** How urgently the exchange is to be asked. `near`: worth asking along with others. */
export type Question = 'none' | 'near' | 'due';

const HABIT_FACTOR = 2;
const NEAR_SHARE = 0.5;

export class SilenceWatch {
  readonly #clock: Clock;
  readonly #limits: RecorderLimits;
  #evidenceUs = 0;
  #settledMs: number;
  #observedMs: number;
  #habitMs = 0;
  /** When a tick first found the question due; undefined: it is not. */
  #dueSinceMs: number | undefined;

  constructor(clock: Clock, limits: RecorderLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#settledMs = this.#observedMs = clock.monotonicMs();
  }

  /** How long silence may last before it is asked about. */
  get limitMs(): number {
    const { minSilenceMs, maxSilenceMs } = this.#limits;
    return Math.min(maxSilenceMs, Math.max(minSilenceMs, HABIT_FACTOR * this.#habitMs));
  }

  get silentMs(): number {
    return this.#clock.monotonicMs() - this.#settledMs;
  }

  get question(): Question {
    const { silentMs, limitMs } = this;
    if (silentMs >= limitMs) return 'due';
    return silentMs >= limitMs * NEAR_SHARE ? 'near' : 'none';
  }

  /** The question has been due for so long that an answer should have come. */
  get isOverdue(): boolean {
    const { answerWithinMs } = this.#limits;
    const dueSinceMs = this.#dueSinceMs;
    return dueSinceMs !== undefined && this.#clock.monotonicMs() - dueSinceMs >= answerWithinMs;
  }

  /** A new silence begins, whatever was before. */
  restart(): void {
    this.#settledMs = this.#observedMs = this.#clock.monotonicMs();
    this.#dueSinceMs = undefined;
  }

  /** The silence so far was harmless. */
  settle(): void {
    this.#habitMs = Math.max(this.#habitMs, this.silentMs);
    this.restart();
  }

  /**
   * @param evidenceUs receive time of the last evidence: an advance ends the silence.
   * @returns whether it has advanced.
   */
  observe(evidenceUs: number): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#habitMs *= 0.5 ** ((nowMs - this.#observedMs) / this.#limits.silenceHabitHalfLifeMs);
    this.#observedMs = nowMs;
    if (evidenceUs > this.#evidenceUs) {
      this.#evidenceUs = evidenceUs;
      this.settle();
      return true;
    }
    if (this.silentMs < this.limitMs) this.#dueSinceMs = undefined;
    else this.#dueSinceMs ??= nowMs;
    return false;
  }
}
