/** Awaiting a condition, with a deadline: what demo, soak and tests use instead of sleeping. */

import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 5;

/** Resolves with the first truthy value of `check`; fails with what was waited for. */
export async function until<T>(
  what: string | (() => string),
  check: () => T | Promise<T>,
  withinMs = 10_000,
  pollMs = POLL_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > deadline) {
      const told = typeof what === 'string' ? what : what();
      throw new Error(`Waited in vain (${withinMs} ms) for ${told}`);
    }
    await wait(pollMs);
  }
}
