/** A stretch of time in which two venues had an edge: an opportunity, or a near miss. */

import { compareExact, parseExact } from '../../market/exact.ts';
import type { Exact } from '../../market/exact.ts';
import type { Evaluation, OpportunityEnd, OpportunityRecord } from '../../records/records.ts';

/** A near miss: the prices pay, but not enough, or a book must not be traded. */
export type SpanKind = 'opportunity' | 'near-miss';

export class Span {
  readonly kind: SpanKind;
  readonly #begun: Omit<OpportunityRecord, 'toUs' | 'end' | 'best' | 'evaluations'>;
  #best: Evaluation;
  #bestProfit: Exact;
  #evaluations = 1;
  #lastUs: number;

  constructor(
    kind: SpanKind,
    begun: { readonly strategy: string; readonly pair: string; readonly first: Evaluation },
  ) {
    const { strategy, pair, first } = begun;
    const [buy, sell] = [first.buy.venue, first.sell.venue];
    const fromUs = first.atUs;
    const id = `${strategy}/${pair}/${String(fromUs).padStart(16, '0')}/${buy}>${sell}`;
    this.kind = kind;
    this.#begun = { id, strategy, pair, buy, sell, fromUs, first };
    this.#best = first;
    this.#bestProfit = parseExact(first.profit);
    this.#lastUs = fromUs;
  }

  get id(): string {
    return this.#begun.id;
  }

  get fromUs(): number {
    return this.#begun.fromUs;
  }

  /** It went on; `profit` says which moment was the best. */
  went(nowUs: number, profit: Exact | null, evaluation: () => Evaluation): void {
    this.#evaluations++;
    this.#lastUs = nowUs;
    if (profit === null || compareExact(profit, this.#bestProfit) <= 0) return;
    this.#best = evaluation();
    this.#bestProfit = profit;
  }

  running(): OpportunityRecord {
    return this.#record('running', this.#lastUs);
  }

  ended(end: OpportunityEnd, atUs: number): OpportunityRecord {
    return this.#record(end, Math.max(atUs, this.#lastUs));
  }

  #record(end: OpportunityEnd, toUs: number): OpportunityRecord {
    return { ...this.#begun, toUs, end, best: this.#best, evaluations: this.#evaluations };
  }
}
