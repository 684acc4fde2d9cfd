/**
 * The machine's clock behind the `Clock` port. Receive time follows the wall clock but never goes
 * back: it advances by the monotonic clock, jumps forward when the wall clock is ahead of it, and
 * runs at half speed while the wall clock is behind. So setting the clock back by an hour changes
 * neither the order of records nor any duration; it only bends receive times until the wall clock has
 * caught up (exchange times are recorded beside them and are not affected).
 */

import type { Clock, Timer } from '../runtime/clock.ts';

/** Date.now() truncates to milliseconds: a smaller lead is ignored. */
const WALL_RESOLUTION_US = 1000;
/** A larger change between wall and monotonic clock is a step, and is reported. */
const STEP_US = 1_000_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface ClockSources {
  wallMs(): number;
  monotonicMs(): number;
}

export interface SystemClock extends Clock {
  /** Keeps receive time from being before this (at start: the archive's latest record). */
  notBefore(us: number): void;
  /** Called with the milliseconds by which the wall clock jumped against the monotonic one. */
  onStep: ((milliseconds: number) => void) | undefined;
  /**
   * By how much receive time was ahead of the wall clock when it was last read; 0: it follows the wall
   * clock. While it is ahead it runs at half speed.
   */
  readonly leadUs: number;
}

const MACHINE: ClockSources = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

export function createSystemClock(sources: ClockSources = MACHINE): SystemClock {
  let lastUs = sources.wallMs() * 1000;
  let lastMonotonicUs = Math.floor(sources.monotonicMs() * 1000);
  /** Wall clock minus monotonic clock; a change is a step. */
  let offsetUs = lastUs - lastMonotonicUs;
  let leadUs = 0;

  const clock: SystemClock = {
    onStep: undefined,
    get leadUs() {
      return leadUs;
    },
    notBefore: (us) => {
      lastUs = Math.max(lastUs, us);
    },
    monotonicMs: () => sources.monotonicMs(),
    nowUs: () => {
      const monotonicUs = Math.floor(sources.monotonicMs() * 1000);
      const wallUs = sources.wallMs() * 1000;
      const elapsedUs = Math.max(0, monotonicUs - lastMonotonicUs);
      const isAhead = lastUs + elapsedUs > wallUs + WALL_RESOLUTION_US;
      lastUs = Math.max(lastUs + (isAhead ? Math.floor(elapsedUs / 2) : elapsedUs), wallUs);
      lastMonotonicUs = monotonicUs;
      leadUs = isAhead ? lastUs - wallUs : 0;
      const stepUs = wallUs - monotonicUs - offsetUs;
      if (Math.abs(stepUs) > STEP_US) {
        offsetUs += stepUs;
        clock.onStep?.(Math.round(stepUs / 1000));
      }
      return lastUs;
    },
    schedule: (delayMs, run): Timer => {
      const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS));
      timer.unref();
      return { cancel: () => clearTimeout(timer) };
    },
  };
  return clock;
}
