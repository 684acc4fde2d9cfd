/**
 * When a connection opens its next session: at once, or after failures with growing waits, within the
 * exchange's limit on new connections, which all share, and in the connection's turn to log in.
 */

import { backoffDelayMs } from '../../runtime/backoff.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { TokenBucket } from '../token-bucket.ts';
import type { LoginGate } from './login-gate.ts';
import type { FeedLimits } from './protocol.ts';

export interface SessionOpenerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<FeedLimits, 'backoff'>;
  readonly connecting: TokenBucket;
  readonly login?: LoginGate | undefined;
}

export class SessionOpener {
  readonly #deps: SessionOpenerDeps;
  readonly #open: () => void;
  readonly #onLoginRejected: (reason: string) => void;
  /** Attempts since the last one that worked. */
  #failures = 0;
  #timer: Timer | null = null;

  /** @param on.open its time has come; on.loginRejected the exchange rejects the login of all. */
  constructor(
    deps: SessionOpenerDeps,
    on: { readonly open: () => void; readonly loginRejected: (reason: string) => void },
  ) {
    this.#deps = deps;
    this.#open = on.open;
    this.#onLoginRejected = on.loginRejected;
  }

  /** An attempt is to come. */
  get isPlanned(): boolean {
    return this.#timer !== null;
  }

  /** In place of what was planned. */
  now(): void {
    this.#after(0);
  }

  afterFailure(): void {
    const { random, limits } = this.#deps;
    this.#after(backoffDelayMs(this.#failures, random, limits.backoff));
    this.#failures++;
  }

  /** A session works: the next failure is the first. */
  forgetFailures(): void {
    this.#failures = 0;
  }

  /** No other connection opens one for so long. */
  pauseAll(forMs: number): void {
    this.#deps.connecting.pause(forMs);
  }

  /** The session is gone: another connection may log in. */
  leaveLogin(): void {
    this.#deps.login?.left(this);
  }

  cancel(): void {
    this.leaveLogin();
    this.#timer?.cancel();
    this.#timer = null;
  }

  #after(delayMs: number): void {
    const { clock, connecting } = this.#deps;
    this.#timer?.cancel();
    this.#timer = clock.schedule(Math.max(delayMs, connecting.waitMs(1)), () => {
      this.#timer = null;
      this.#attempt();
    });
  }

  #attempt(): void {
    const { connecting, login } = this.#deps;
    if (connecting.waitMs(1) > 0) {
      // Another connection took the place in the meantime.
      this.now();
      return;
    }
    const mayEnter = login?.enter(this, {
      onTurn: () => this.now(),
      onRejected: this.#onLoginRejected,
    });
    if (mayEnter === false) return;
    connecting.take(1);
    this.#open();
  }
}
