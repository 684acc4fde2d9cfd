/**
 * One key's login, whatever number of connections use it: a key that is refused is refused for all of
 * them, so one of them asks again for all, ever more rarely, and the log says so once. Before the first
 * verdict one goes ahead and the others follow when it is accepted, or after a short while in any case.
 * A connection that an exchange serves well is never in the way of, nor harmed by, what happens here.
 */

import { backoffDelayMs } from '../runtime/backoff.ts';
import type { BackoffLimits } from '../runtime/backoff.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';

export interface LoginLimits {
  /** Between two attempts with a key that was refused. */
  readonly loginBackoff: BackoffLimits;
  /** How long the others wait for the one that went ahead. */
  readonly loginVerdictMs: number;
}

/** Who waits at the gate. */
export interface LoginTurn {
  /** It may try to enter again. */
  readonly onTurn: () => void;
  readonly onRefused: (reason: string) => void;
}

interface LoginParts {
  readonly exchange: string;
  readonly limits: LoginLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export class LoginGate {
  readonly #parts: LoginParts;
  readonly #waiting = new Map<object, LoginTurn>();
  #isOpen = false;
  /** The exchange's words; null: it has not refused the key, or takes it again. */
  #refusal: string | null = null;
  #failures = 0;
  /** Who went ahead. */
  #ahead: object | null = null;
  /** While somebody is ahead: how long the others wait. Else: how long nobody tries. */
  #timer: Timer | null = null;

  constructor(parts: LoginParts) {
    this.#parts = parts;
  }

  /** @returns whether `who` may log in now; if not, `turn` says when, or why it will take a while. */
  enter(who: object, turn: LoginTurn): boolean {
    if (this.#isOpen || this.#ahead === who) return true;
    if (this.#ahead === null && this.#timer === null) {
      const { clock, limits } = this.#parts;
      this.#ahead = who;
      this.#timer = clock.schedule(limits.loginVerdictMs, () => this.#noVerdict());
      return true;
    }
    this.#waiting.set(who, turn);
    if (this.#refusal !== null) turn.onRefused(this.#refusal);
    return false;
  }

  accepted(): void {
    if (this.#isOpen) return;
    if (this.#refusal !== null) {
      this.#parts.log.notice('The exchange takes the login again', {
        exchange: this.#parts.exchange,
      });
    }
    this.#refusal = null;
    this.#open();
  }

  /** What was accepted has brought something, too: the next refusal is a new one. */
  proven(): void {
    this.#failures = 0;
  }

  refused(reason: string): void {
    const { clock, random, limits, log, exchange } = this.#parts;
    // One that was on its way when another was refused.
    if (this.#ahead === null && this.#timer !== null) return;
    this.#isOpen = false;
    this.#ahead = null;
    this.#timer?.cancel();
    const waitMs = backoffDelayMs(++this.#failures, random, limits.loginBackoff);
    this.#timer = clock.schedule(waitMs, () => {
      this.#timer = null;
      this.#wakeOne();
    });
    const level = reason === this.#refusal ? 'debug' : 'error';
    log[level]('The exchange refuses the login; it is tried again ever more rarely', {
      exchange,
      reason,
      retrySeconds: Math.ceil(waitMs / 1000),
      retrySecondsMax: limits.loginBackoff.capMs / 1000,
    });
    this.#refusal = reason;
    for (const { onRefused } of this.#waiting.values()) onRefused(reason);
  }

  /** Its connection is gone, or not wanted any more. */
  left(who: object): void {
    this.#waiting.delete(who);
    if (this.#ahead === who) this.#nobodyAhead();
  }

  #noVerdict(): void {
    // Not known to be refused: a connection that hangs must not keep the others away.
    if (this.#refusal === null) this.#open();
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
