/** How long to wait before trying again: exponential, jittered, capped, the first time not at all. */

import type { Random } from './random.ts';

export interface BackoffLimits {
  /** Ceiling of the first wait that is not zero. */
  readonly baseMs: number;
  /** No wait is longer. */
  readonly capMs: number;
  /** By how much the ceiling grows. Default 2. */
  readonly factor?: number;
}

/** Three failed attempts in a row cost at most 1.75 s: a short trouble is over within 3 s. */
export const RECONNECT_BACKOFF: BackoffLimits = Object.freeze({ baseMs: 250, capMs: 30_000 });

/**
 * The wait after `failures` attempts in a row that came to nothing. 0 failures: at once. Then the
 * ceiling grows up to the cap, and the wait is drawn from its upper half: long enough to help a
 * peer in trouble, scattered enough that loggers which lost it together don't return together.
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
