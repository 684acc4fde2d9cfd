/**
 * Binance's request budget of one address. Weights add up within a wall-clock minute; requests above
 * the limit get 429, and too many of those a ban (418), each ban longer than the last. Pure.
 */

/** More rejected requests in a minute lead to a ban. */
const MAX_REJECTIONS = 20;
const FIRST_BAN_SECONDS = 120;
const MAX_BAN_SECONDS = 3 * 86_400;
const MINUTE_MS = 60_000;

export interface WeightAnswer {
  readonly status: 200 | 429 | 418;
  /** Weight used in the current minute, including this request. */
  readonly used: number;
  readonly retryAfterSeconds: number;
}

export class RequestWeight {
  readonly #limit: number;
  #minute = -1;
  #used = 0;
  #rejections = 0;
  #bans = 0;
  #bannedUntilMs = 0;

  constructor(limitPerMinute: number) {
    this.#limit = limitPerMinute;
  }

  /** @param nowMs wall-clock time; minutes start on the minute. */
  spend(weight: number, nowMs: number): WeightAnswer {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#used = 0;
      this.#rejections = 0;
    }
    if (nowMs < this.#bannedUntilMs) return this.#reject(418, this.#bannedUntilMs - nowMs);
    this.#used += weight;
    if (this.#used <= this.#limit) return { status: 200, used: this.#used, retryAfterSeconds: 0 };
    this.#rejections++;
    if (this.#rejections <= MAX_REJECTIONS) {
      return this.#reject(429, (minute + 1) * MINUTE_MS - nowMs);
    }
    const banSeconds = Math.min(MAX_BAN_SECONDS, FIRST_BAN_SECONDS * 2 ** this.#bans);
    this.#bans++;
    this.#bannedUntilMs = nowMs + banSeconds * 1000;
    return this.#reject(418, banSeconds * 1000);
  }

  #reject(status: 429 | 418, waitMs: number): WeightAnswer {
    return { status, used: this.#used, retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
  }
}
