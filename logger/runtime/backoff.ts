/** Waits between retries: exponential with jitter and a cap; the first retry comes at once. */

import type { Random } from './random.ts';

export interface BackoffLimits {
  /** Ceiling of the first wait after the immediate retry. */
  readonly baseMs: number;
  /** No wait is longer. */
  readonly capMs: number;
  /** Growth of the ceiling per failure. Default 2. */
  readonly factor?: number;
}

/** Three failures in a row cost at most 1.75 s, so a short outage is over within 3 s. */
export const RECONNECT_BACKOFF: BackoffLimits = Object.freeze({ baseMs: 250, capMs: 30_000 });

/**
 * The wait after `failures` consecutive failures; 0 failures: none. The ceiling grows up to the cap,
 * and the wait is drawn from its upper half: long enough to relieve an overloaded peer, scattered
 * enough that loggers which lost it together don't come back together.
 */
export function backoffDelayMs(
  failures: number,
  random: Random,
  limits: BackoffLimits = RECONNECT_BACKOFF,
): number {
  if (failures <= 0) return 0;
  const { factor = 2 } = limits;
  const ceilingMs = Math.min(limits.capMs, limits.baseMs * factor ** Math.min(failures - 1, 40));
  return ceilingMs / 2 + (random.next() * ceilingMs) / 2;
}
