/**
 * What the service manager is told, and when (sd_notify(3)): ready, how things stand, reloading,
 * stopping, alive. Without one every word goes nowhere, and nothing else is different.
 */

import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Notifier } from './systemd-notify.ts';
import { hasProgressed } from './work-signs.ts';
import type { WorkSigns } from './work-signs.ts';

export interface ServiceFigures {
  readonly securities: number;
  readonly live: number;
  readonly gaps: number;
  /** Seconds by which the archive is behind. */
  readonly lagS: number;
}

/** What it is told of. */
export interface Watched {
  signs(): WorkSigns;
  figures(): ServiceFigures;
}

const STATUS_EVERY_MS = 10_000;
/** While it starts or writes out, it asks for so much more time … */
const EXTENSION_MS = 20_000;
/** … this often. */
const EXTEND_EVERY_MS = 5_000;
/** Signs of life in one watchdog period: one may get lost. */
const PINGS_PER_PERIOD = 3;

export class ServiceManager {
  readonly #notifier: Notifier;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #watchdogMs: number | undefined;
  #timers: Timer[] = [];

  /** @param parts `watchdogMs` undefined: it waits for no signs of life. */
  constructor(parts: {
    readonly notifier: Notifier;
    readonly clock: Clock;
    readonly log: Log;
    readonly watchdogMs: number | undefined;
  }) {
    this.#notifier = parts.notifier;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#watchdogMs = parts.watchdogMs;
  }

  starting(): void {
    this.#notifier.send('STATUS=Opening the archive');
    this.#every(EXTEND_EVERY_MS, () => this.#extend());
  }

  ready(watched: Watched): void {
    this.#cancelTimers();
    this.#notifier.send('READY=1');
    this.#tellStatus(watched);
    this.#every(STATUS_EVERY_MS, () => this.#tellStatus(watched));
    if (this.#watchdogMs !== undefined) this.#keepAlive(watched, this.#watchdogMs);
  }

  reload(run: () => void): void {
    this.#notifier.send('RELOADING=1');
    run();
    this.#notifier.send('READY=1');
  }

  /** From here on how long it takes has a limit of its own: signs of life are given freely. */
  stopping(): void {
    this.#cancelTimers();
    this.#notifier.send('STOPPING=1');
    this.#notifier.send('STATUS=Writing everything out');
    this.#extend();
    this.#every(EXTEND_EVERY_MS, () => this.#extend());
    if (this.#watchdogMs === undefined) return;
    this.#notifier.send('WATCHDOG=1');
    this.#every(this.#watchdogMs / PINGS_PER_PERIOD, () => this.#notifier.send('WATCHDOG=1'));
  }

  #extend(): void {
    this.#notifier.send(`EXTEND_TIMEOUT_USEC=${EXTENSION_MS * 1000}`);
  }

  #tellStatus(watched: Watched): void {
    this.#notifier.send(`STATUS=${describeFigures(watched.figures())}`);
  }

  #keepAlive(watched: Watched, watchdogMs: number): void {
    let before = watched.signs();
    let isMoving = true;
    this.#every(watchdogMs / PINGS_PER_PERIOD, () => {
      const now = watched.signs();
      const wasMoving = isMoving;
      isMoving = hasProgressed(before, now);
      if (isMoving) this.#notifier.send('WATCHDOG=1');
      else if (wasMoving)
        this.#log.error('Recording does not move: no sign of life is given', { ...now });
      before = now;
    });
  }

  #every(periodMs: number, run: () => void): void {
    const slot = this.#timers.length;
    const next = (): Timer =>
      this.#clock.schedule(periodMs, () => {
        this.#timers[slot] = next();
        run();
      });
    this.#timers.push(next());
  }

  #cancelTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }
}

/** The line that `systemctl status` shows. */
export function describeFigures(figures: ServiceFigures): string {
  const { securities, live, gaps, lagS } = figures;
  const recording =
    securities === 0
      ? 'Nothing to record yet'
      : `${live} of ${securities} ${securities === 1 ? 'security' : 'securities'} live`;
  return `${recording}, archive ${lagS.toFixed(1)} s behind, ${gaps} ${gaps === 1 ? 'gap' : 'gaps'}`;
}
