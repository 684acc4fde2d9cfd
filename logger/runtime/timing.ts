/** Waiting on the injected clock: once, repeatedly, and for at most so long. */

import type { Clock, Timer } from './clock.ts';

/** Resolves after `ms`, or at once when `signal` aborts (check it afterwards). */
export async function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.schedule(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * Runs `task` every `periodMs`, the first time after one period. Runs never overlap: the next period
 * begins when the task is done. An error ends the loop and goes to `onError`.
 * @returns what stops the loop; a task that is running finishes.
 */
export function every(
  clock: Clock,
  periodMs: number,
  task: () => void | Promise<void>,
  onError: (error: unknown) => void,
): Timer {
  let isStopped = false;
  let timer = clock.schedule(periodMs, run);
  function next(): void {
    if (!isStopped) timer = clock.schedule(periodMs, run);
  }
  function run(): void {
    try {
      const done = task();
      if (done) void finish(done);
      // A synchronous task schedules its next run synchronously, as a simulated clock expects.
      else next();
    } catch (error) {
      onError(error);
    }
  }
  async function finish(done: Promise<void>): Promise<void> {
    try {
      await done;
      next();
    } catch (error) {
      onError(error);
    }
  }
  return {
    cancel: () => {
      isStopped = true;
      timer.cancel();
    },
  };
}

/** The result of `work`; undefined as soon as the signal aborts. The work itself is not interrupted. */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let giveUp = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    giveUp = () => resolve(undefined);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/**
 * The result of `work`, or what `onLate` throws or returns if that takes longer than `ms`. The work
 * itself is not interrupted.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
  onLate: () => T,
): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<T>((resolve, reject) => {
    timer = clock.schedule(ms, () => {
      try {
        resolve(onLate());
      } catch (error) {
        reject(error);
      }
    });
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer?.cancel();
  }
}
