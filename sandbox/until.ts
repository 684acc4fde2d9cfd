/** Polls for a condition with a deadline, for demo, soak and tests. */

import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 5;

/** Resolves with the first truthy value of `check`; rejects with `what` after `withinMs`. */
export async function until<T>(
  what: string | (() => string),
  check: () => T | Promise<T>,
  withinMs = 10_000,
  pollMs = POLL_MS,
): Promise<NonNullable<T>> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > deadlineMs) {
      const description = typeof what === 'string' ? what : what();
      throw new Error(`Timed out after ${withinMs} ms waiting for ${description}`);
    }
    await wait(pollMs);
  }
}
