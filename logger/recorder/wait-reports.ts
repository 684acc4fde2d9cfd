/**
 * Says in the log what securities wait for: one line for all of an exchange that wait for the same thing,
 * and none for each attempt.
 */

import { named } from '../runtime/named.ts';
import type { RecorderPhase } from '../live/events.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { every } from '../runtime/timing.ts';
import type { Wait } from './wait.ts';

/** A recorder, as far as its wait is reported. */
export interface WaitingRecorder {
  readonly security: { readonly id: string; readonly exchange: string };
  readonly phase: RecorderPhase;
  readonly wait: Wait | null;
  readonly message: string | null;
}

export interface WaitReportsDeps {
  readonly recorders: () => Iterable<WaitingRecorder>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFatal: (error: unknown) => void;
}

const LOOK_EVERY_MS = 1000;
/** A shorter wait is part of every start and every resync. A failure is reported at once. */
const REPORT_AFTER_US = 5_000_000;

export class WaitReports {
  readonly #deps: WaitReportsDeps;
  #timer: Timer | undefined;

  constructor(deps: WaitReportsDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, onFatal } = this.#deps;
    this.#timer = every(clock, LOOK_EVERY_MS, () => this.#look(), onFatal);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { recorders, clock, log } = this.#deps;
    const nowUs = clock.nowUs();
    const groups = new Map<string, WaitingRecorder[]>();
    for (const recorder of recorders()) {
      const { wait, phase, security } = recorder;
      const isDue = phase === 'failed' || (wait && nowUs - wait.sinceUs >= REPORT_AFTER_US);
      if (!wait || !isDue || !wait.takeReport()) continue;
      const key = `${security.exchange} ${wait.for} ${wait.kind}`;
      groups.set(key, [...(groups.get(key) ?? []), recorder]);
    }
    for (const group of groups.values()) {
      const [first] = group;
      if (!first) continue;
      log[first.phase === 'failed' ? 'error' : 'warning']('Not live', {
        securities: named(group.map(({ security }) => security.id)),
        waitsFor: first.wait?.for,
        reason: first.message,
      });
    }
  }
}
