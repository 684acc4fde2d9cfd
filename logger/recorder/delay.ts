/** Waiting on the injected clock. */

import type { Clock } from '../service/clock.ts';

/** Resolves after `ms`, or at once when `signal` aborts (look at it afterwards). */
export async function delay(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.schedule(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
