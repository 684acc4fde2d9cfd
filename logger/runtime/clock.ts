/** Time as a port: the only way by which the rest of the program learns of it. */

export interface Clock {
  /**
   * Receive time: integer microseconds since 1970 UTC. Never goes back within a process, whatever
   * happens to the machine's clock.
   */
  nowUs(): number;
  /** Milliseconds of a monotonic clock with an arbitrary start: for durations and deadlines. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`. The timer does not keep the process alive by itself. */
  schedule(delayMs: number, run: () => void): Timer;
}

export interface Timer {
  /** Idempotent; nothing happens once the timer has fired. */
  cancel(): void;
}
