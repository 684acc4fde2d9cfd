/** The machine's clock behind the `Clock` port. */

import type { Clock, Timer } from '../../logger/runtime/clock.ts';

/** Longest delay that Node's timers support; a longer one is split. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/**
 * Wall time at the start, continued by the monotonic clock: a step of the machine's clock must not
 * turn the exchange's event times back.
 */
export function systemClock(): Clock {
  const startedUs = Date.now() * 1000;
  const startedMs = performance.now();
  return {
    nowUs: () => startedUs + Math.floor((performance.now() - startedMs) * 1000),
    monotonicMs: () => performance.now(),
    schedule: scheduleTimer,
  };
}

function scheduleTimer(delayMs: number, run: () => void): Timer {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const stepMs = Math.min(leftMs, MAX_DELAY_MS);
    timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : run()), stepMs);
    timer.unref();
  };
  arm(delayMs);
  return { cancel: () => clearTimeout(timer) };
}
