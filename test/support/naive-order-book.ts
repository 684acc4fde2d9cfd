/**
 * The simplest possible L3 book: a list of orders in order of arrival, searched for everything. The
 * oracle for the logger's books; follows the table in `logger/book/order-book.ts` and shares no code.
 */

import type { OrderEvent, RestingOrder } from '../../logger/market/events.ts';
import type { ScaledInt } from '../../logger/market/decimal.ts';

interface SecurityHead {
  readonly orderId: string;
  readonly side: 'buy' | 'sell';
  readonly price: bigint;
  size: bigint;
}

export class NaiveOrderBook {
  /** In order of arrival; an order that loses its place is appended again. */
  readonly #orders = new Map<string, SecurityHead>();

  /** @returns whether the event fits the book. */
  apply(event: OrderEvent): boolean {
    switch (event.type) {
      case 'received':
        return !this.#orders.has(event.orderId);
      case 'open': {
        const { orderId, side, price, remainingSize } = event;
        if (this.#orders.has(orderId)) return false;
        if (remainingSize > 0) this.#put(orderId, side, BigInt(price), BigInt(remainingSize));
        return true;
      }
      case 'match': {
        const maker = this.#orders.get(event.makerOrderId);
        if (!maker || maker.side !== event.side || maker.size < BigInt(event.size)) return false;
        maker.size -= BigInt(event.size);
        if (maker.size === 0n) this.#orders.delete(event.makerOrderId);
        return true;
      }
      case 'change': {
        const order = this.#orders.get(event.orderId);
        if (!order) return true;
        const price = event.newPrice === null ? order.price : BigInt(event.newPrice);
        const size = event.newSize === null ? order.size : BigInt(event.newSize);
        if (size === 0n) this.#orders.delete(event.orderId);
        else if (price === order.price && size <= order.size) order.size = size;
        else this.#put(event.orderId, order.side, price, size);
        return true;
      }
      case 'done':
        this.#orders.delete(event.orderId);
        return true;
    }
  }

  #put(orderId: string, side: 'buy' | 'sell', price: bigint, size: bigint): void {
    this.#orders.delete(orderId);
    this.#orders.set(orderId, { orderId, side, price, size });
  }

  get orderCount(): number {
    return this.#orders.size;
  }

  /** Best price first, queue order within a price. */
  orders(side: 'bid' | 'ask'): RestingOrder[] {
    const sign = side === 'bid' ? -1 : 1;
    const wanted = side === 'bid' ? 'buy' : 'sell';
    return [...this.#orders.values()]
      .filter((order) => order.side === wanted)
      .sort((a, b) => sign * (a.price < b.price ? -1 : a.price > b.price ? 1 : 0))
      .map(({ orderId, price, size }) => ({ orderId, price: scaled(price), size: scaled(size) }));
  }

  /** `[price, total, count]`, best first. */
  totals(side: 'bid' | 'ask'): { price: ScaledInt; size: ScaledInt; count: number }[] {
    const levels: { price: ScaledInt; sum: bigint; count: number }[] = [];
    for (const { price, size } of this.orders(side)) {
      const last = levels.at(-1);
      if (last?.price === price) {
        last.sum += BigInt(size);
        last.count++;
      } else {
        levels.push({ price, sum: BigInt(size), count: 1 });
      }
    }
    return levels.map(({ price, sum, count }) => ({ price, size: scaled(sum), count }));
  }
}

function scaled(value: bigint): ScaledInt {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
