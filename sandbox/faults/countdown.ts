/** A value that can be taken a limited number of times. */

export class Countdown<Value> {
  #value: Value | null = null;
  #left = 0;

  /** Replaces what was set before. */
  set(count: number, value: Value): void {
    this.#value = value;
    this.#left = count;
  }

  /** @returns null when nothing is left. */
  take(): Value | null {
    if (this.#left <= 0) return null;
    this.#left--;
    return this.#value;
  }

  clear(): void {
    this.#left = 0;
  }
}
