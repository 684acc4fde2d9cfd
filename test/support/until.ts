/** Waits for a condition, with a timeout that leaves room for a loaded machine. */

import { until as untilWithin } from '../../sandbox/until.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

export function until<T>(
  what: string | (() => string),
  check: () => T | Promise<T>,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  pollMs?: number,
): Promise<NonNullable<T>> {
  return untilWithin(what, check, timeoutMs, pollMs);
}
