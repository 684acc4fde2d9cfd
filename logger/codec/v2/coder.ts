/**
 * What encoding and decoding have in common. The models of this format are written once, for both
 * directions: a function is given the value that is to be written and returns the value; when reading,
 * what it is given is ignored and what was stored is returned. So encoder and decoder cannot differ.
 *
 * The levels of diffs, which take nearly all the time, are written and read by classes of their own
 * (`level-writer.ts`, `level-reader.ts`, `place.ts`): a function that only ever meets an encoder, or only a
 * decoder, is much faster.
 */

export interface Coder {
  /** The direction: what the functions are given is ignored. */
  readonly isReading: boolean;
  /** A binary decision, coded with the probability that the context has learnt. */
  readonly bit: (context: number, bit: number) => number;
  /** `bits` decisions for a number below 2^`bits`, highest digit first. Takes 2^`bits` contexts. */
  readonly tree: (at: number, bits: number, value: number) => number;
  /** Decisions whether to count one further, up to `limit`; each count has a context of its own. */
  readonly count: (at: number, limit: number, value: number) => number;
  /** The same from `from` down to 0; each number but 0 has a context of its own, at `at` and beyond. */
  readonly countDown: (at: number, from: number, value: number) => number;
  /**
   * The digits below the highest one of a number of `length` digits, at most 30: `learnt` of them as
   * decisions, the rest as they are. Takes 2^`learnt` contexts.
   */
  readonly digits: (at: number, length: number, learnt: number, value: number) => number;
  /**
   * A non-negative integer below `NUMBER_LIMIT`; any other value is written as an escape, and
   * `NO_NUMBER` is returned. Takes `numberContexts(learnt)` contexts.
   * @param learnt the digits below the highest one that are learnt.
   */
  readonly number: (at: number, value: number, learnt: number) => number;
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
