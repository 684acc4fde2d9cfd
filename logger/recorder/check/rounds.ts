/**
 * When books are held against fresh snapshots: one security at a time at each exchange, the one whose
 * turn is longest due first, with a pause between any two.
 */

import type { Exchange } from '../../exchange/exchange.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { RecorderLimits } from '../limits.ts';
import type { SecurityRecorder } from '../security-recorder.ts';

export interface CheckRoundsParts {
  readonly recorders: () => Iterable<SecurityRecorder>;
  readonly clock: Clock;
  readonly limits: RecorderLimits;
  readonly imageIntervalMs: number;
  readonly onFatal: (error: unknown) => void;
}

export class CheckRounds {
  readonly #parts: CheckRoundsParts;
  readonly #busy = new Set<Exchange>();
  #timer: Timer | undefined;

  constructor(parts: CheckRoundsParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, limits } = this.#parts;
    this.#timer = clock.schedule(limits.snapshotCheckPauseMs, () => {
      this.#round();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #round(): void {
    for (const [exchange, recorder] of this.#due()) {
      this.#busy.add(exchange);
      recorder.selfCheck
        .checkSnapshot()
        .finally(() => this.#busy.delete(exchange))
        .catch(this.#parts.onFatal);
    }
  }

  /** Of each exchange at which no check is running, the security that has waited longest. */
  #due(): ReadonlyMap<Exchange, SecurityRecorder> {
    const { clock, limits, imageIntervalMs } = this.#parts;
    const everyMs = Math.max(imageIntervalMs, limits.snapshotCheckMinEveryMs);
    const chosen = new Map<Exchange, SecurityRecorder>();
    const dueMs = new Map<Exchange, number>();
    for (const recorder of this.#parts.recorders()) {
      const { exchange } = recorder;
      if (this.#busy.has(exchange) || recorder.phase !== 'live') continue;
      const atMs = recorder.selfCheck.snapshotDueMs(everyMs) ?? Infinity;
      if (atMs > clock.monotonicMs() || atMs >= (dueMs.get(exchange) ?? Infinity)) continue;
      chosen.set(exchange, recorder);
      dueMs.set(exchange, atMs);
    }
    return chosen;
  }
}
