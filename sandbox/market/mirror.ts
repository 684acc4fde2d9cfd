/**
 * Follows the orders of one engine in another, at prices that may be shifted: the same queues and the same
 * trades. Whoever watches the second engine sees a market like any other. Pure.
 */

import type { MatchingEngine } from './matching-engine.ts';
import type { OrderEvent, OrderSide } from './order-events.ts';

export class Mirror {
  readonly #engine: MatchingEngine;
  /** Ids here, by those there. */
  readonly #ids = new Map<number, number>();
  #offset = 0;

  constructor(engine: MatchingEngine, followed: MatchingEngine) {
    this.#engine = engine;
    for (const side of ['buy', 'sell'] as const) {
      for (const { id, price, remaining } of followed.orders(side)) {
        this.#open(id, side, price, remaining);
      }
    }
  }

  /** Prices here are higher by it. */
  get offset(): number {
    return this.#offset;
  }

  /** @throws InvalidArgumentError if a price would not stay above 0. */
  moveTo(offset: number): void {
    this.#engine.shift(offset - this.#offset);
    this.#offset = offset;
  }

  /** To be called with every event of the followed engine. */
  follow(event: OrderEvent): void {
    switch (event.type) {
      case 'opened':
        this.#open(event.orderId, event.side, event.price, event.remaining);
        return;
      case 'matched':
        // The oldest order at the best price is the same in both.
        if (!this.#ids.has(event.makerOrderId)) return;
        this.#engine.market({ side: event.takerSide, size: event.size });
        if (event.makerRemaining === 0) this.#ids.delete(event.makerOrderId);
        return;
      case 'changed':
        this.#with(event.orderId, (id) => this.#engine.reduce(id, event.newSize));
        return;
      case 'moved':
        this.#move(event.orderId, event.price, event.newSize);
        return;
      case 'done':
        if (event.reason === 'cancelled') this.#cancel(event.orderId);
        return;
      case 'received':
    }
  }

  /** An order that has no price above 0 here does not exist here. */
  #open(orderId: number, side: OrderSide, followed: number, size: number): void {
    const price = followed + this.#offset;
    if (price > 0) this.#ids.set(orderId, this.#engine.limit({ side, price, size }));
  }

  #move(orderId: number, followed: number, size: number): void {
    const price = followed + this.#offset;
    if (price > 0) this.#with(orderId, (id) => this.#engine.move(id, price, size));
    else this.#cancel(orderId);
  }

  #cancel(orderId: number): void {
    this.#with(orderId, (id) => this.#engine.cancel(id));
    this.#ids.delete(orderId);
  }

  #with(orderId: number, act: (id: number) => void): void {
    const id = this.#ids.get(orderId);
    if (id !== undefined) act(id);
  }
}
