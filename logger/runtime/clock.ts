/** Time as a port: the rest of the program has no other source of it. */

export interface Clock {
  /**
   * Receive time: integer microseconds since 1970 UTC. Never goes back within a process, even if the
   * machine's clock does.
   */
  nowUs(): number;
  /** Milliseconds of a monotonic clock with an arbitrary origin, for durations and deadlines. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`. The timer does not keep the process alive by itself. */
  schedule(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  /** Idempotent; nothing happens once the timer has fired. */
  cancel(): void;
}
