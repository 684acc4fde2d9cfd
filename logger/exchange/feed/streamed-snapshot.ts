/**
 * The snapshot of a feed that sends its book in the stream, right after the subscription. A caller
 * gets the last one that was not taken yet, or waits for the next.
 */

import { FeedClosedError } from '../../errors.ts';
import type { BookSnapshot } from '../../market/events.ts';

interface Waiter {
  readonly resolve: (snapshot: BookSnapshot) => void;
  readonly reject: (error: Error) => void;
}

export class StreamedSnapshot {
  readonly #exchangeTimeUs: () => number | null;
  /** Not taken yet. Complete once its exchange time is known. */
  #snapshot: BookSnapshot | null = null;
  #isSpent = false;
  #waiters: Waiter[] = [];

  /** @param exchangeTimeUs the stream's latest exchange time, for a snapshot that has none. */
  constructor(exchangeTimeUs: () => number | null) {
    this.#exchangeTimeUs = exchangeTimeUs;
  }

  /** No snapshot will come unless the streams are subscribed again. */
  get isSpent(): boolean {
    return this.#isSpent && this.#snapshot === null;
  }

  /** A caller waits for the next one. */
  get isAwaited(): boolean {
    return this.#waiters.length > 0;
  }

  offer(snapshot: BookSnapshot): void {
    this.hold(snapshot);
    this.complete();
  }

  /** Keeps a snapshot for the next caller; `complete` gives it to those that wait already. */
  hold(snapshot: BookSnapshot): void {
    this.#snapshot = snapshot;
  }

  /** Gives the snapshot to the callers that wait for it, if its exchange time is known by now. */
  complete(): void {
    const snapshot = this.#snapshot;
    const exchangeTimeUs = snapshot?.exchangeTimeUs ?? this.#exchangeTimeUs();
    if (!snapshot || exchangeTimeUs === null || this.#waiters.length === 0) return;
    this.discard();
    for (const { resolve } of this.#waiters.splice(0)) resolve({ ...snapshot, exchangeTimeUs });
  }

  /**
   * The last snapshot that was not taken yet, or the next one.
   * @throws FeedClosedError on abort; WireFormatError if the next one is malformed.
   */
  next(signal: AbortSignal): Promise<BookSnapshot> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject };
      this.#waiters.push(waiter);
      signal.addEventListener(
        'abort',
        () => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter);
          reject(new FeedClosedError('The connection brought no snapshot', { retryable: true }));
        },
        { once: true },
      );
      this.complete();
    });
  }

  /** This subscription's snapshot is taken, out of date, or will not come. */
  discard(): void {
    this.#snapshot = null;
    this.#isSpent = true;
  }

  /** It should have come by now. */
  expire(): void {
    this.#isSpent = true;
  }

  /** It came and could not be used. */
  fail(error: Error): void {
    this.discard();
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** A new subscription begins, with a snapshot of its own. */
  reset(): void {
    this.#snapshot = null;
    this.#isSpent = false;
  }
}
