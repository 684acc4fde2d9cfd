/** How far the messages of an exchange have come on its clock. Pure. */

/** What is stamped further ahead of our clock may be a mistake. */
const MAX_AHEAD_US = 10_000_000;

interface Stamped {
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

/** @param offsetUs exchange clock − receive clock. */
export function isFarAhead({ exchangeTimeUs, receiveTimeUs }: Stamped, offsetUs: number): boolean {
  return exchangeTimeUs > receiveTimeUs + Math.max(offsetUs, 0) + MAX_AHEAD_US;
}

/** A single message with a time far ahead changes nothing: the next one has to be ahead as well. */
export class ReachedTime {
  #us = -Infinity;
  /** Of the last message, if it was far ahead. */
  #aheadUs: number | undefined;

  get us(): number {
    return this.#us;
  }

  /** Whether the last message was far ahead. */
  get isAhead(): boolean {
    return this.#aheadUs !== undefined;
  }

  begin(us: number): void {
    this.#us = us;
    this.#aheadUs = undefined;
  }

  /** @param offsetUs exchange clock − receive clock. */
  reach(message: Stamped, offsetUs: number): void {
    const { exchangeTimeUs } = message;
    if (!isFarAhead(message, offsetUs)) {
      this.#aheadUs = undefined;
      this.#us = Math.max(this.#us, exchangeTimeUs);
      return;
    }
    const before = this.#aheadUs;
    this.#aheadUs = exchangeTimeUs;
    if (before !== undefined) this.#us = Math.max(this.#us, Math.min(before, exchangeTimeUs));
  }
}
