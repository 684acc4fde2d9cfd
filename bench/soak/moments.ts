/**
 * Books that were told and were right, as their digests: whoever asks for one again, minutes later or
 * of the archive alone, has to get the same. So the whole run can be checked, although the exchange
 * forgets after minutes. An even sample of bounded size.
 */

import { uniformInt } from '../../sandbox/prng.ts';
import type { Random } from '../../logger/runtime/random.ts';

export interface Moment {
  readonly security: string;
  readonly sequence: number;
  readonly receiveTime: string;
  readonly digest: string;
  /** When it was told, by the soak's monotonic clock. */
  readonly toldMs: number;
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

  /** Each that ever came is kept with the same chance. */
  add(moment: Moment): void {
    this.#seen++;
    if (this.#kept.length < this.#max) {
      this.#kept.push(moment);
      return;
    }
    const place = uniformInt(this.#random, this.#seen);
    if (place < this.#max) this.#kept[place] = moment;
  }

  /** A killed logger may have lost what it heard last. */
  forgetSince(ms: number): void {
    this.#kept = this.#kept.filter(({ toldMs }) => toldMs < ms);
  }
}
