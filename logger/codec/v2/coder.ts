/**
 * What encoding and decoding have in common. The models of this format are written once, for both
 * directions: a function is given the value that is to be written and returns the value; when reading,
 * what it is given is ignored and what was stored is returned. So encoder and decoder cannot differ.
 */

export interface Coder {
  /** The direction: what the functions are given is ignored. */
  readonly isReading: boolean;
  /** A binary decision, coded with the probability that the context has learnt. */
  readonly bit: (context: number, bit: number) => number;
  /** A number below 2^`bits` (at most 53), of which nothing is known. */
  readonly raw: (value: number, bits: number) => number;
}

/** Hands out context numbers, so that each model has its own. */
export class Contexts {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  take(count: number): number {
    const first = this.#count;
    this.#count += count;
    return first;
  }
}
