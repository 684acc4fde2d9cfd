/**
 * Time for the sandbox, as a port of the same shape as the logger's, so that a simulation can run
 * both on one clock. Only `systemClock` touches the machine.
 */

export interface SandboxClock {
  /** Integer microseconds since 1970 UTC; never goes back. */
  nowUs(): number;
  /** Milliseconds of a monotonic clock with an arbitrary start. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`. */
  schedule(delayMs: number, run: () => void): SandboxTimer;
}

export interface SandboxTimer {
  /** Idempotent; nothing happens once the timer has fired. */
  cancel(): void;
}

/** Longest delay that Node's timers know; a longer one is cut into pieces. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export function systemClock(): SandboxClock {
  const startedUs = Date.now() * 1000;
  const startedMs = performance.now();
  return {
    // Wall time at the start, carried on by the monotonic clock: a step of the machine's clock must
    // not turn the exchange's event times back.
    nowUs: () => startedUs + Math.floor((performance.now() - startedMs) * 1000),
    monotonicMs: () => performance.now(),
    schedule: (delayMs, run) => scheduleTimer(delayMs, run),
  };
}

function scheduleTimer(delayMs: number, run: () => void): SandboxTimer {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const stepMs = Math.min(leftMs, MAX_DELAY_MS);
    timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : run()), stepMs);
  };
  arm(delayMs);
  return { cancel: () => clearTimeout(timer) };
}
