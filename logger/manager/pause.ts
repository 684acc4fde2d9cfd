/** Waiting that ends early when what it waits for has become pointless. */

import type { Clock } from '../service/clock.ts';

/** Resolves after `ms`, or at once when `signal` aborts. */
export function pause(clock: Clock, signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.schedule(ms, done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
