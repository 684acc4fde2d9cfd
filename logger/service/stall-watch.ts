/**
 * Whether an event loop stands still, decided by a second thread that looks at its heartbeat at a
 * steady pace. What counts is looks, not time: where the whole process was stopped or the machine
 * slept, neither thread ran, and that is no stall.
 */

/** Looks in a second. */
export const LOOKS_PER_SECOND = 4;

export class StallWatch {
  readonly #looksMax: number;
  #beat: number | undefined;
  #looks = 0;

  /** @param limitS seconds without a heartbeat after which the loop counts as stalled. */
  constructor(limitS: number) {
    this.#looksMax = Math.ceil(limitS * LOOKS_PER_SECOND);
  }

  /** @param beat the heartbeat's count now. @returns whether the loop has stalled. */
  look(beat: number): boolean {
    if (beat !== this.#beat) {
      this.#beat = beat;
      this.#looks = 0;
      return false;
    }
    return ++this.#looks >= this.#looksMax;
  }
}
