/** Where the orders of a desk go: to paper, or to exchanges with accounts. */

import type { OrderRequest, OrderResult } from '../strategy/strategy.ts';
import type { Execution } from './execution.ts';

/** Called for each order, as soon as it is known what became of it. */
export type OnResult = (result: OrderResult) => void;

export interface Orders {
  submit(orders: readonly OrderRequest[], nowUs: number, onResult: OnResult): void;
  /** Until everything that was sent has its result. On paper, events and times have to go on until then. */
  settled(): Promise<void>;
}

/** Real ones. */
export class AccountOrders implements Orders {
  readonly #execute: Execution['execute'];
  readonly #underWay = new Set<Promise<void>>();

  constructor(execute: Execution['execute']) {
    this.#execute = execute;
  }

  submit(orders: readonly OrderRequest[], nowUs: number, onResult: OnResult): void {
    const sent = this.#send(orders, nowUs, onResult).finally(
      () => void this.#underWay.delete(sent),
    );
    this.#underWay.add(sent);
  }

  async settled(): Promise<void> {
    for (const sent of this.#underWay) await sent;
  }

  async #send(orders: readonly OrderRequest[], nowUs: number, onResult: OnResult): Promise<void> {
    for (const result of await this.#execute(orders)) {
      onResult({ ...result, atUs: Math.max(nowUs, result.atUs) });
    }
  }
}
