/**
 * Single orders as the events of hftbacktest: each resting order has a number of its own. The exchange's sequence is
 * the order of events; its time never goes back among them.
 */

import { rescale, subtractScaled } from '../market/decimal.ts';
import type { Scale, ScaledInt } from '../market/decimal.ts';
import type { OrderEvent, OrderSide } from '../market/events.ts';
import type { OrderItem } from '../queries/items.ts';
import { doubleOf } from './cells.ts';
import { FLAG } from './event-order.ts';
import { EVENT_COLUMNS } from './event-table.ts';
import type { OrderImageItem } from './order-images.ts';
import type { Rows } from './rows.ts';
import type { Table } from './table.ts';

interface LiveOrder {
  readonly number: number;
  readonly side: OrderSide;
  price: ScaledInt;
  size: ScaledInt;
  scale: Scale;
}

interface Times {
  readonly exchangeTimeUs: number;
  readonly receiveTimeUs: number;
}

export function orderTable(): Table {
  const events = new OrderEvents();
  return {
    columns: EVENT_COLUMNS,
    write(item, rows) {
      if (item.type === 'order-image') events.begin(item, rows);
      else if (item.type === 'order') events.add(item, rows);
    },
    // The book is not known inside a gap, so it is empty there.
    gap({ fromUs }, rows) {
      events.clear({ exchangeTimeUs: 0, receiveTimeUs: fromUs }, rows);
    },
  };
}

class OrderEvents {
  readonly #orders = new Map<string, LiveOrder>();
  #number = 0;
  #exchangeUs = 0;
  #localUs = 0;
  /** Of the image that the book begins with. */
  #sequence = 0;

  clear(times: Times, rows: Rows): void {
    if (this.#orders.size > 0) this.#row(FLAG.clear, times, rows);
    this.#orders.clear();
  }

  begin(image: OrderImageItem, rows: Rows): void {
    this.clear(image, rows);
    this.#sequence = image.sequence;
    for (const side of ['buy', 'sell'] as const) {
      for (const { orderId, price, size } of side === 'buy' ? image.bids : image.asks) {
        this.#open(orderId, { side, price, size, scale: image.scale }, image, rows);
      }
    }
  }

  add({ event, scale }: OrderItem, rows: Rows): void {
    // What is in the image already.
    if (event.type === 'activate' || event.lastSequence <= this.#sequence) return;
    switch (event.type) {
      case 'received':
        return;
      case 'open': {
        const { orderId, side, price, remainingSize: size } = event;
        this.#open(orderId, { side, price, size, scale }, event, rows);
        return;
      }
      case 'match':
        this.#match(event, scale, rows);
        return;
      case 'change':
        this.#change(event, scale, rows);
        return;
      case 'done':
        this.#remove(event.orderId, event, rows);
    }
  }

  #open(orderId: string, order: Omit<LiveOrder, 'number'>, times: Times, rows: Rows): void {
    const live = { ...order, number: ++this.#number };
    this.#orders.set(orderId, live);
    this.#orderRow(FLAG.addOrder, live, times, rows);
  }

  #match(event: Extract<OrderEvent, { type: 'match' }>, scale: Scale, rows: Rows): void {
    const taker = event.side === 'buy' ? FLAG.sell : FLAG.buy;
    this.#row(FLAG.trade + taker, event, rows, [
      doubleOf(event.price, scale.priceExponent),
      doubleOf(event.size, scale.sizeExponent),
    ]);
    const maker = this.#orders.get(event.makerOrderId);
    if (maker === undefined) return;
    const { price, size } = event;
    this.#orderRow(FLAG.fill, { ...maker, price, size, scale }, event, rows);
    refine(maker, scale);
    maker.size = subtractScaled(
      maker.size,
      rescale(event.size, scale.sizeExponent, maker.scale.sizeExponent),
    );
    if (maker.size > 0) this.#orderRow(FLAG.modifyOrder, maker, event, rows);
    else this.#remove(event.makerOrderId, event, rows);
  }

  #change(event: Extract<OrderEvent, { type: 'change' }>, scale: Scale, rows: Rows): void {
    const order = this.#orders.get(event.orderId);
    if (order === undefined) return;
    refine(order, scale);
    const { priceExponent, sizeExponent } = order.scale;
    if (event.newPrice !== null) {
      order.price = rescale(event.newPrice, scale.priceExponent, priceExponent);
    }
    if (event.newSize !== null) {
      order.size = rescale(event.newSize, scale.sizeExponent, sizeExponent);
    }
    if (order.size > 0) this.#orderRow(FLAG.modifyOrder, order, event, rows);
    else this.#remove(event.orderId, event, rows);
  }

  #remove(orderId: string, times: Times, rows: Rows): void {
    const order = this.#orders.get(orderId);
    if (order === undefined) return;
    this.#orders.delete(orderId);
    this.#orderRow(FLAG.cancelOrder, order, times, rows);
  }

  #orderRow(
    kind: number,
    { side, price, size, scale, number }: LiveOrder,
    times: Times,
    rows: Rows,
  ): void {
    const flags = kind + (side === 'buy' ? FLAG.buy : FLAG.sell);
    const values = [
      doubleOf(price, scale.priceExponent),
      doubleOf(size, scale.sizeExponent),
    ] as const;
    this.#row(flags, times, rows, values, number);
  }

  #row(
    flags: number,
    times: Times,
    rows: Rows,
    [price, size]: readonly [number, number] = [0, 0],
    number = 0,
  ): void {
    this.#exchangeUs = Math.max(this.#exchangeUs, times.exchangeTimeUs);
    this.#localUs = Math.max(this.#localUs, times.receiveTimeUs);
    rows.put(flags + FLAG.exchange + FLAG.local);
    rows.put(this.#exchangeUs);
    rows.put(this.#localUs);
    rows.put(price);
    rows.put(size);
    rows.put(number);
    rows.end();
  }
}

/** An order at a scale that is at least as fine as another. */
function refine(order: LiveOrder, { priceExponent, sizeExponent }: Scale): void {
  const { scale } = order;
  const finer = {
    priceExponent: Math.max(priceExponent, scale.priceExponent),
    sizeExponent: Math.max(sizeExponent, scale.sizeExponent),
  };
  order.price = rescale(order.price, scale.priceExponent, finer.priceExponent);
  order.size = rescale(order.size, scale.sizeExponent, finer.sizeExponent);
  order.scale = finer;
}
