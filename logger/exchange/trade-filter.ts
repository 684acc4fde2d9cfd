/**
 * Lets every trade of a symbol through once. Two connections overlap on purpose, and frames may come
 * twice or out of order; trade ids of a symbol step by one, so the ids that are still to come are
 * those above the highest seen and the few that were skipped on the way there.
 */

/** Skipped ids that are remembered; what was skipped before them counts as seen. */
const SKIPPED_MAX = 1024;

export class TradeFilter {
  #highest: number | null = null;
  readonly #skipped = new Set<number>();

  /** Whether this trade was not let through before. */
  isNew(tradeId: number): boolean {
    const highest = this.#highest;
    if (highest !== null && tradeId <= highest) return this.#skipped.delete(tradeId);
    if (highest !== null) this.#skip(highest + 1, tradeId - 1);
    this.#highest = tradeId;
    return true;
  }

  /** Forgets everything: after a break nothing is sent again, and ids may start anew. */
  reset(): void {
    this.#highest = null;
    this.#skipped.clear();
  }

  #skip(first: number, last: number): void {
    for (let id = Math.max(first, last - SKIPPED_MAX + 1); id <= last; id++) this.#skipped.add(id);
    for (const id of this.#skipped) {
      if (this.#skipped.size <= SKIPPED_MAX) return;
      this.#skipped.delete(id);
    }
  }
}
