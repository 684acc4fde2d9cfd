/**
 * Lets every trade of a symbol through once. Two sessions overlap on purpose, and frames may come
 * twice or out of order.
 *
 * Ids that are numbers are consecutive: what is still to come are the ids above the highest seen and
 * the few that were skipped on the way there. Ids that are text only identify trades,
 * so the last ones are remembered.
 */

import type { TradeId } from '../../market/events.ts';

/** Skipped numbers that are remembered; what was skipped before them counts as seen. */
const MAX_SKIPPED = 1024;
/** Texts that are remembered: more than two overlapping sessions bring within the time of a failover. */
const MAX_REMEMBERED = 16_384;

export class TradeFilter {
  #highest: number | null = null;
  readonly #skipped = new Set<number>();
  readonly #seen = new Set<string>();

  /** Whether this trade has not been let through before. */
  isNew(tradeId: TradeId): boolean {
    return typeof tradeId === 'number' ? this.#isNewNumber(tradeId) : this.#isNewText(tradeId);
  }

  /** Forgets everything: after a break nothing is repeated, and ids may start again. */
  reset(): void {
    this.#highest = null;
    this.#skipped.clear();
    this.#seen.clear();
  }

  #isNewNumber(tradeId: number): boolean {
    const highest = this.#highest;
    if (highest !== null && tradeId <= highest) return this.#skipped.delete(tradeId);
    if (highest !== null) this.#skip(highest + 1, tradeId - 1);
    this.#highest = tradeId;
    return true;
  }

  #isNewText(tradeId: string): boolean {
    if (this.#seen.has(tradeId)) return false;
    this.#seen.add(tradeId);
    forgetOldest(this.#seen, MAX_REMEMBERED);
    return true;
  }

  #skip(first: number, last: number): void {
    for (let id = Math.max(first, last - MAX_SKIPPED + 1); id <= last; id++) this.#skipped.add(id);
    forgetOldest(this.#skipped, MAX_SKIPPED);
  }
}

/** Drops what was added first until no more than `max` are left. */
export function forgetOldest(set: Set<unknown>, max: number): void {
  for (const oldest of set) {
    if (set.size <= max) return;
    set.delete(oldest);
  }
}
