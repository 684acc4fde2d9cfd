/**
 * Schedules snapshot checks: one security at a time at each exchange, the one that is longest due
 * first, with a pause between any two.
 */

import type { Exchange } from '../../exchange/exchange.ts';
import type { RecorderPhase } from '../../live/events.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { every } from '../../runtime/timing.ts';
import type { RecorderLimits } from '../limits.ts';
import type { SelfCheck } from './self-check.ts';

/** A recording, as far as its checks are scheduled. */
export interface CheckedRecording {
  readonly recorder: { readonly exchange: Exchange; readonly phase: RecorderPhase };
  readonly selfCheck: SelfCheck;
}

export interface CheckRoundsDeps {
  readonly recordings: () => Iterable<CheckedRecording>;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  readonly imageIntervalMs: number;
  readonly onFatal: (error: unknown) => void;
}

export class CheckRounds {
  readonly #deps: CheckRoundsDeps;
  readonly #busy = new Set<Exchange>();
  #timer: Timer | undefined;

  constructor(deps: CheckRoundsDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, limits, onFatal } = this.#deps;
    this.#timer = every(clock, limits.snapshotCheckPauseMs, () => this.#round(), onFatal);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #round(): void {
    for (const [exchange, { selfCheck }] of this.#due()) {
      this.#busy.add(exchange);
      selfCheck
        .checkSnapshot()
        .finally(() => this.#busy.delete(exchange))
        .catch(this.#deps.onFatal);
    }
  }

  /** Of each exchange without a running check, the security that is longest due. */
  #due(): ReadonlyMap<Exchange, CheckedRecording> {
    const { clock, limits, imageIntervalMs } = this.#deps;
    const everyMs = Math.max(imageIntervalMs, limits.minSnapshotCheckPeriodMs);
    const chosen = new Map<Exchange, CheckedRecording>();
    const dueMs = new Map<Exchange, number>();
    for (const recording of this.#deps.recordings()) {
      const { exchange, phase } = recording.recorder;
      if (this.#busy.has(exchange) || phase !== 'live') continue;
      const atMs = recording.selfCheck.snapshotDueMs(everyMs) ?? Infinity;
      if (atMs > clock.monotonicMs() || atMs >= (dueMs.get(exchange) ?? Infinity)) continue;
      chosen.set(exchange, recording);
      dueMs.set(exchange, atMs);
    }
    return chosen;
  }
}
