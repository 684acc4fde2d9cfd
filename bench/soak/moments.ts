/**
 * Digests of books that were returned and verified: the same query must give the same book minutes
 * later, and from the archive after the run. This covers the whole run, although the exchange
 * forgets after minutes. A uniform sample of bounded size.
 */

import { uniformInt } from '../../sandbox/prng.ts';
import type { Random } from '../../logger/runtime/random.ts';

export interface Moment {
  readonly security: string;
  readonly sequence: number;
  readonly receiveTime: string;
  readonly digest: string;
  /** When it was returned, on the soak's monotonic clock. */
  readonly returnedMs: number;
}

export class Moments {
  readonly #random: Random;
  readonly #max: number;
  #kept: Moment[] = [];
  #seen = 0;

  constructor(random: Random, max: number) {
    this.#random = random;
    this.#max = max;
  }

  get all(): readonly Moment[] {
    return this.#kept;
  }

  /** Reservoir sampling: each moment is kept with the same probability. */
  add(moment: Moment): void {
    this.#seen++;
    if (this.#kept.length < this.#max) {
      this.#kept.push(moment);
      return;
    }
    const place = uniformInt(this.#random, this.#seen);
    if (place < this.#max) this.#kept[place] = moment;
  }

  /** Drops the latest moments: a killed logger may have lost what it received last. */
  forgetSince(ms: number): void {
    this.#kept = this.#kept.filter(({ returnedMs }) => returnedMs < ms);
  }
}
