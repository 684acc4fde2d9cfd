/**
 * Detects a stalled event loop from a second thread that checks its heartbeat at a steady pace. It
 * counts checks, not time: while the whole process is stopped or the machine sleeps, neither thread
 * runs, and that is no stall.
 */

export const CHECKS_PER_SECOND = 4;

export class StallWatch {
  readonly #maxChecks: number;
  #beat: number | undefined;
  #checks = 0;

  /** @param limitS seconds without a heartbeat after which the loop counts as stalled. */
  constructor(limitS: number) {
    this.#maxChecks = Math.ceil(limitS * CHECKS_PER_SECOND);
  }

  /** @param beat the heartbeat's counter now. @returns whether the loop has stalled. */
  check(beat: number): boolean {
    if (beat !== this.#beat) {
      this.#beat = beat;
      this.#checks = 0;
      return false;
    }
    return ++this.#checks >= this.#maxChecks;
  }
}
