/**
 * Keeps the service manager informed (sd_notify(3)): ready, status, reloading, stopping, alive. Without
 * one the notifier does nothing, and nothing else is different.
 */

import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { every } from '../runtime/timing.ts';
import type { Notifier } from './systemd-notify.ts';
import { hasProgressed } from './watchdog.ts';
import type { WorkCounters } from './watchdog.ts';

export interface StatusSummary {
  readonly securities: number;
  readonly live: number;
  readonly gaps: number;
  /** Seconds by which the archive is behind. */
  readonly lagS: number;
}

/** A running logger, as the service manager sees it. */
export interface Monitored {
  workCounters(): WorkCounters;
  summary(): StatusSummary;
}

export interface ServiceManagerDeps {
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Log;
}

const STATUS_EVERY_MS = 10_000;
/** How much more time a start or stop asks for … */
const EXTENSION_MS = 20_000;
/** … and how often. */
const EXTEND_EVERY_MS = 5_000;
/** Keep-alives per watchdog period: one may get lost. */
const PINGS_PER_PERIOD = 3;

export class ServiceManager {
  readonly #deps: ServiceManagerDeps;
  readonly #watchdogMs: number | undefined;
  #timers: Timer[] = [];

  /** @param watchdogMs the watchdog's period; undefined: it expects no keep-alives. */
  constructor(deps: ServiceManagerDeps, watchdogMs: number | undefined) {
    this.#deps = deps;
    this.#watchdogMs = watchdogMs;
  }

  starting(): void {
    this.#send('STATUS=Opening the archive');
    this.#every(EXTEND_EVERY_MS, () => this.#extend());
  }

  ready(monitored: Monitored): void {
    this.#cancelTimers();
    this.#send('READY=1');
    this.#sendStatus(monitored);
    this.#every(STATUS_EVERY_MS, () => this.#sendStatus(monitored));
    if (this.#watchdogMs !== undefined) this.#keepAlive(monitored, this.#watchdogMs);
  }

  reload(run: () => void): void {
    this.#send('RELOADING=1');
    run();
    this.#send('READY=1');
  }

  /** Shutdown has a deadline of its own, so keep-alives are sent unconditionally from here on. */
  stopping(): void {
    this.#cancelTimers();
    this.#send('STOPPING=1');
    this.#send('STATUS=Writing everything out');
    this.#extend();
    this.#every(EXTEND_EVERY_MS, () => this.#extend());
    if (this.#watchdogMs === undefined) return;
    this.#send('WATCHDOG=1');
    this.#every(this.#watchdogMs / PINGS_PER_PERIOD, () => this.#send('WATCHDOG=1'));
  }

  #send(assignment: string): void {
    this.#deps.notifier.send(assignment);
  }

  #extend(): void {
    this.#send(`EXTEND_TIMEOUT_USEC=${EXTENSION_MS * 1000}`);
  }

  #sendStatus(monitored: Monitored): void {
    this.#send(`STATUS=${describeSummary(monitored.summary())}`);
  }

  #keepAlive(monitored: Monitored, watchdogMs: number): void {
    let before = monitored.workCounters();
    let isMoving = true;
    this.#every(watchdogMs / PINGS_PER_PERIOD, () => {
      const now = monitored.workCounters();
      const wasMoving = isMoving;
      isMoving = hasProgressed(before, now);
      if (isMoving) this.#send('WATCHDOG=1');
      else if (wasMoving) {
        this.#deps.log.error('Recording makes no progress: withholding watchdog keep-alives', {
          ...now,
        });
      }
      before = now;
    });
  }

  #every(periodMs: number, run: () => void): void {
    this.#timers.push(every(this.#deps.clock, periodMs, run, rethrow));
  }

  #cancelTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }
}

/** A bug: handled like any other uncaught error. */
function rethrow(error: unknown): never {
  throw error;
}

/** The line that `systemctl status` shows. */
export function describeSummary({ securities, live, gaps, lagS }: StatusSummary): string {
  const recording =
    securities === 0
      ? 'Nothing to record yet'
      : `${live} of ${securities} ${securities === 1 ? 'security' : 'securities'} live`;
  return `${recording}, archive ${lagS.toFixed(1)} s behind, ${gaps} ${gaps === 1 ? 'gap' : 'gaps'}`;
}
