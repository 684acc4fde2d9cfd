/** Where the orders of a desk go: to paper, or to exchanges with accounts. */

import type { OrderRequest, OrderResult } from '../strategy/strategy.ts';
import type { Execution } from './execution.ts';

export type OnResults = (results: readonly OrderResult[], atUs: number) => void;

export interface Orders {
  /** `onResults` is called once, with the results of all. */
  submit(orders: readonly OrderRequest[], nowUs: number, onResults: OnResults): void;
  /** Until everything that was really sent has its result. */
  settled(): Promise<void>;
}

/** Real ones. */
export class AccountOrders implements Orders {
  readonly #execute: Execution['execute'];
  readonly #underWay = new Set<Promise<void>>();

  constructor(execute: Execution['execute']) {
    this.#execute = execute;
  }

  submit(orders: readonly OrderRequest[], nowUs: number, onResults: OnResults): void {
    const sent = this.#send(orders, nowUs, onResults).finally(
      () => void this.#underWay.delete(sent),
    );
    this.#underWay.add(sent);
  }

  async settled(): Promise<void> {
    for (const sent of this.#underWay) await sent;
  }

  async #send(orders: readonly OrderRequest[], nowUs: number, onResults: OnResults): Promise<void> {
    const results = await this.#execute(orders);
    onResults(results, Math.max(nowUs, ...results.map(({ atUs }) => atUs)));
  }
}
