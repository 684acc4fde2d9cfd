/** How a strategy stands on all its pairs together: what its limits look at. */

import { ZERO, addExact, formatExact, parseExact } from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';

const DAY_US = 86_400_000_000;

export class Standing {
  /** Decided, and not arrived. */
  openTransfers = 0;
  /** Actions in a row of which an order failed. */
  failures = 0;
  #day = 0;
  readonly #results = new Map<string, Exact>();

  /** What the actions that ended on this UTC day brought, in a quote currency. */
  resultOfDay(quote: string, nowUs: number): string {
    this.#turnDay(nowUs);
    return formatExact(this.#results.get(quote) ?? ZERO);
  }

  /** An action ended. */
  settle(action: {
    readonly quote: string;
    readonly result: Exact;
    readonly hasFailed: boolean;
    readonly nowUs: number;
  }): void {
    this.#turnDay(action.nowUs);
    const sum = addExact(this.#results.get(action.quote) ?? ZERO, action.result);
    this.#results.set(action.quote, parseExact(formatExact(sum)));
    this.failures = action.hasFailed ? this.failures + 1 : 0;
  }

  #turnDay(nowUs: number): void {
    const day = Math.floor(nowUs / DAY_US);
    if (day === this.#day) return;
    this.#day = day;
    this.#results.clear();
  }
}
