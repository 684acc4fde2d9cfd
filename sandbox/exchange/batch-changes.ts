/** What a batch of commands changes in the stored orders, net. Pure. */

import type { RestoredOrder } from '../market/matching-engine.ts';
import { otherSide } from '../market/order-events.ts';
import type { OrderEvent } from '../market/order-events.ts';
import type { ClosedOrder } from './store/store.ts';

export class BatchChanges {
  readonly #open = new Map<number, RestoredOrder>();
  readonly #closed = new Map<number, ClosedOrder>();
  /** The last order that was stored before the batch. */
  readonly #storedUntil: number;

  constructor(storedUntil: number) {
    this.#storedUntil = storedUntil;
  }

  get open(): readonly RestoredOrder[] {
    return [...this.#open.values()];
  }

  get closed(): readonly ClosedOrder[] {
    return [...this.#closed.values()];
  }

  /** @param user who gave the command. */
  add(events: readonly OrderEvent[], user: number): void {
    for (const event of events) {
      if (event.type === 'opened') {
        const { orderId: id, side, price, remaining } = event;
        this.#open.set(id, { id, owner: user, side, price, remaining });
      } else if (event.type === 'matched') {
        const { makerOrderId: id, makerOwner: owner, makerRemaining: remaining, price } = event;
        const side = otherSide(event.takerSide);
        if (remaining > 0) this.#open.set(id, { id, owner, side, price, remaining });
        else this.#close({ id, side, price });
      } else if (event.type === 'done' && event.reason === 'cancelled' && event.price !== null) {
        this.#close({ id: event.orderId, side: event.side, price: event.price });
      }
    }
  }

  #close(order: ClosedOrder): void {
    this.#open.delete(order.id);
    if (order.id <= this.#storedUntil) this.#closed.set(order.id, order);
  }
}
