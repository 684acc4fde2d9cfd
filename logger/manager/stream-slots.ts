/** Limits the number of concurrent streams, of all clients together. */

import { LimitExceededError } from '../errors.ts';

export class StreamSlots {
  #open = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get open(): number {
    return this.#open;
  }

  /** @throws LimitExceededError when all are taken. */
  take(): void {
    if (this.#open >= this.#max) {
      throw new LimitExceededError(`${this.#max} streams are open already; try again later`);
    }
    this.#open++;
  }

  release(): void {
    this.#open--;
  }
}
