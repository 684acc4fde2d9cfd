/**
 * One price of the matching engine's book: the resting orders in order of arrival and their total.
 * A doubly linked list, so that cancelling in the middle is O(1).
 */

import type { OrderSide } from './order-events.ts';

export interface RestingOrder {
  readonly id: number;
  /** Whose it is, in terms of the caller. */
  readonly owner: number;
  readonly side: OrderSide;
  readonly price: number;
  remaining: number;
  readonly level: PriceLevel;
  previous: RestingOrder | null;
  next: RestingOrder | null;
}

export class PriceLevel {
  readonly price: number;
  total = 0;
  #head: RestingOrder | null = null;
  #tail: RestingOrder | null = null;

  constructor(price: number) {
    this.price = price;
  }

  /** The oldest order, which is filled next. */
  get head(): RestingOrder | null {
    return this.#head;
  }

  /** The newest order, which is filled last. */
  get tail(): RestingOrder | null {
    return this.#tail;
  }

  append(order: RestingOrder): void {
    order.previous = this.#tail;
    if (this.#tail) this.#tail.next = order;
    else this.#head = order;
    this.#tail = order;
    this.total += order.remaining;
  }

  /** Reduces an order in place by `size`. */
  reduce(order: RestingOrder, size: number): void {
    order.remaining -= size;
    this.total -= size;
  }

  /** Removes the order and its remaining size. */
  unlink(order: RestingOrder): void {
    if (order.previous) order.previous.next = order.next;
    else this.#head = order.next;
    if (order.next) order.next.previous = order.previous;
    else this.#tail = order.previous;
    order.previous = null;
    order.next = null;
    this.total -= order.remaining;
  }

  /** In queue order. */
  *orders(): Generator<RestingOrder> {
    for (let order = this.#head; order; order = order.next) yield order;
  }
}
