/**
 * One key's login, shared by all connections that use it. A key that is rejected is rejected for all
 * of them, so one of them retries for all, with growing waits, and the log reports it once. Before
 * the first reply one connection goes ahead; the others follow when it is accepted, or after a short
 * while in any case. Connections that already stream are not affected.
 */

import { backoffDelayMs } from '../../runtime/backoff.ts';
import type { BackoffLimits } from '../../runtime/backoff.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';

export interface LoginLimits {
  /** Between two attempts with a rejected key. */
  readonly loginBackoff: BackoffLimits;
  /** How long the others wait for the connection that went ahead. */
  readonly loginVerdictMs: number;
}

/** A connection that waits at the gate. */
export interface LoginTurn {
  /** It may try to enter again. */
  readonly onTurn: () => void;
  readonly onRejected: (reason: string) => void;
}

interface LoginGateDeps {
  readonly exchange: string;
  readonly limits: LoginLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export class LoginGate {
  readonly #deps: LoginGateDeps;
  readonly #waiting = new Map<object, LoginTurn>();
  #isOpen = false;
  /** The exchange's words; null: it has not rejected the key, or accepts it again. */
  #rejection: string | null = null;
  #failures = 0;
  /** The connection that went ahead. */
  #ahead: object | null = null;
  /** While one is ahead, how long the others wait; otherwise how long none tries. */
  #timer: Timer | null = null;

  constructor(deps: LoginGateDeps) {
    this.#deps = deps;
  }

  /** @returns whether `who` may log in now; if not, `turn` is called when it may, or with the reason. */
  enter(who: object, turn: LoginTurn): boolean {
    if (this.#isOpen || this.#ahead === who) return true;
    if (this.#ahead === null && this.#timer === null) {
      const { clock, limits } = this.#deps;
      this.#ahead = who;
      this.#timer = clock.schedule(limits.loginVerdictMs, () => this.#noVerdict());
      return true;
    }
    this.#waiting.set(who, turn);
    if (this.#rejection !== null) turn.onRejected(this.#rejection);
    return false;
  }

  accepted(): void {
    if (this.#isOpen) return;
    if (this.#rejection !== null) {
      this.#deps.log.notice('The exchange accepts the login again', {
        exchange: this.#deps.exchange,
      });
    }
    this.#rejection = null;
    this.#open();
  }

  /** The accepted login has brought data: the next rejection is a new one, and waits start over. */
  proven(): void {
    this.#failures = 0;
  }

  rejected(reason: string): void {
    const { clock, random, limits, log, exchange } = this.#deps;
    // It was under way when another connection was rejected.
    if (this.#ahead === null && this.#timer !== null) return;
    this.#isOpen = false;
    this.#ahead = null;
    this.#timer?.cancel();
    const waitMs = backoffDelayMs(++this.#failures, random, limits.loginBackoff);
    this.#timer = clock.schedule(waitMs, () => {
      this.#timer = null;
      this.#wakeOne();
    });
    const level = reason === this.#rejection ? 'debug' : 'error';
    log[level]('The exchange rejects the login; retrying with growing waits', {
      exchange,
      reason,
      retrySeconds: Math.ceil(waitMs / 1000),
      maxRetrySeconds: limits.loginBackoff.capMs / 1000,
    });
    this.#rejection = reason;
    for (const { onRejected } of this.#waiting.values()) onRejected(reason);
  }

  /** The connection is gone, or not wanted any more. */
  left(who: object): void {
    this.#waiting.delete(who);
    if (this.#ahead === who) this.#nobodyAhead();
  }

  #noVerdict(): void {
    // The key is not known to be rejected: a connection that hangs must not hold up the others.
    if (this.#rejection === null) this.#open();
    else this.#nobodyAhead();
  }

  #open(): void {
    this.#isOpen = true;
    this.#ahead = null;
    this.#timer?.cancel();
    this.#timer = null;
    const turns = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { onTurn } of turns) onTurn();
  }

  #nobodyAhead(): void {
    this.#ahead = null;
    this.#timer?.cancel();
    this.#timer = null;
    this.#wakeOne();
  }

  #wakeOne(): void {
    for (const [who, { onTurn }] of this.#waiting) {
      this.#waiting.delete(who);
      onTurn();
      return;
    }
  }
}
