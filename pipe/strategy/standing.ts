/** How a strategy stands on all its pairs together: what its limits look at. */

import { ZERO, addExact, formatExact, parseExact } from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';
import type { ResultRecord, TimeRange } from '../records/records.ts';

const DAY_US = 86_400_000_000;

/** The UTC day of a moment, and what is later. */
export function sinceMidnight(nowUs: number): TimeRange {
  return { fromUs: nowUs - (nowUs % DAY_US), toUs: Number.MAX_SAFE_INTEGER };
}

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
  settle(action: ResultRecord): void {
    this.count(action);
    this.failures = action.hasFailed ? this.failures + 1 : 0;
  }

  /** Of this run or an earlier one. */
  count({ quote, result, atUs }: ResultRecord): void {
    this.#turnDay(atUs);
    const sum = addExact(this.#results.get(quote) ?? ZERO, parseExact(result));
    this.#results.set(quote, parseExact(formatExact(sum)));
  }

  #turnDay(nowUs: number): void {
    const day = Math.floor(nowUs / DAY_US);
    if (day <= this.#day) return;
    this.#day = day;
    this.#results.clear();
  }
}
