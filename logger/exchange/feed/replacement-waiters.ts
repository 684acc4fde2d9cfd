/** Callers that wait until a session is replaced, each for a limited time. */

import { FeedClosedError } from '../../errors.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';

interface Waiter<Session> {
  /** The session that is to be replaced; undefined: there was none. */
  readonly replaced: Session | undefined;
  readonly timer: Timer;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class ReplacementWaiters<Session> {
  readonly #clock: Clock;
  readonly #withinMs: number;
  readonly #waiters = new Set<Waiter<Session>>();

  constructor(clock: Clock, withinMs: number) {
    this.#clock = clock;
    this.#withinMs = withinMs;
  }

  /** @throws FeedClosedError when it takes longer than the limit. */
  wait(replaced: Session | undefined): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const timer = this.#clock.schedule(this.#withinMs, () => {
        this.#waiters.delete(waiter);
        const late = `The connection was not replaced within ${this.#withinMs} ms`;
        reject(new FeedClosedError(`${late}; replacing continues`, { retryable: true }));
      });
      const waiter: Waiter<Session> = { replaced, timer, resolve, reject };
      this.#waiters.add(waiter);
    });
  }

  /** `current` carries every symbol: resolves those that waited for another session to be replaced. */
  resolveUnless(current: Session): void {
    this.#settle(
      ({ replaced }) => replaced !== current,
      ({ resolve }) => resolve(),
    );
  }

  resolveAll(): void {
    this.#settle(
      () => true,
      ({ resolve }) => resolve(),
    );
  }

  rejectAll(): void {
    this.#settle(
      () => true,
      ({ reject }) => reject(new FeedClosedError('The exchange was closed')),
    );
  }

  #settle(
    isDone: (waiter: Waiter<Session>) => boolean,
    settle: (waiter: Waiter<Session>) => void,
  ): void {
    for (const waiter of this.#waiters) {
      if (!isDone(waiter)) continue;
      this.#waiters.delete(waiter);
      waiter.timer.cancel();
      settle(waiter);
    }
  }
}
