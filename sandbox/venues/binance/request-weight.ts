/**
 * Binance's request budget of one address: weights count up within a minute of the clock; above the
 * limit comes 429, and who goes on all the same is banned with 418, each time for longer. Pure.
 */

/** So many refused requests in a minute make a ban. */
const REFUSALS_BEFORE_BAN = 20;
const FIRST_BAN_SECONDS = 120;
const MAX_BAN_SECONDS = 3 * 86_400;
const MINUTE_MS = 60_000;

export interface WeightAnswer {
  readonly status: 200 | 429 | 418;
  /** Weight used in the running minute, this request included. */
  readonly used: number;
  readonly retryAfterSeconds: number;
}

export class RequestWeight {
  readonly #limit: number;
  #minute = -1;
  #used = 0;
  #refusals = 0;
  #bans = 0;
  #bannedUntilMs = 0;

  constructor(limitPerMinute: number) {
    this.#limit = limitPerMinute;
  }

  /** @param nowMs wall clock: the exchange's minutes are those of the clock. */
  spend(weight: number, nowMs: number): WeightAnswer {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#used = 0;
      this.#refusals = 0;
    }
    if (nowMs < this.#bannedUntilMs) return this.#refuse(418, this.#bannedUntilMs - nowMs);
    this.#used += weight;
    if (this.#used <= this.#limit) return { status: 200, used: this.#used, retryAfterSeconds: 0 };
    this.#refusals++;
    if (this.#refusals <= REFUSALS_BEFORE_BAN) {
      return this.#refuse(429, (minute + 1) * MINUTE_MS - nowMs);
    }
    const banSeconds = Math.min(MAX_BAN_SECONDS, FIRST_BAN_SECONDS * 2 ** this.#bans);
    this.#bans++;
    this.#bannedUntilMs = nowMs + banSeconds * 1000;
    return this.#refuse(418, banSeconds * 1000);
  }

  #refuse(status: 429 | 418, waitMs: number): WeightAnswer {
    return { status, used: this.#used, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
  }
}
