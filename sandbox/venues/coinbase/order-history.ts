/**
 * The true book of a product, order by order, after each of its recent messages. It is kept beside
 * the feed, so no fault changes it: demo and tests compare with it. A full book is stored every
 * `MESSAGES_PER_CHECKPOINT` messages, and the messages in between.
 */

import { decimal, toUnits } from '../../market/units.ts';
import type { ProductMessage } from './wire.ts';

/** `[price, size, order id]` as decimal text. */
export type OrderRow = readonly [string, string, string];

export interface TrueOrders {
  readonly sequence: number;
  /** Best price first, each price in queue order. */
  readonly bids: readonly OrderRow[];
  readonly asks: readonly OrderRow[];
}

const MESSAGES_PER_CHECKPOINT = 5000;
const MAX_CHECKPOINTS = 12;

/** A full book and the messages after it. */
interface Checkpoint {
  readonly book: TrueOrders;
  readonly messages: ProductMessage[];
}

interface RestingOrder {
  readonly side: string;
  readonly price: string;
  size: string;
}

export class OrderHistory {
  readonly #checkpoints: Checkpoint[] = [];
  readonly #currentBook: () => TrueOrders;

  /** @param currentBook returns the product's book at the time of the call. */
  constructor(currentBook: () => TrueOrders) {
    this.#currentBook = currentBook;
  }

  /** To be called for each message, while the book is right after it. */
  record(message: ProductMessage): void {
    const last = this.#checkpoints.at(-1);
    if (last && last.messages.length < MESSAGES_PER_CHECKPOINT) {
      last.messages.push(message);
      return;
    }
    this.#checkpoints.push({ book: this.#currentBook(), messages: [] });
    if (this.#checkpoints.length > MAX_CHECKPOINTS) this.#checkpoints.shift();
  }

  /** @param newest sequence of the last message. */
  bookAt(sequence: number, newest: number): TrueOrders | undefined {
    const checkpoint = this.#checkpoints.findLast(({ book }) => book.sequence <= sequence);
    if (!checkpoint || sequence > newest) return undefined;
    const orders = new Map<string, RestingOrder>();
    for (const [side, rows] of [
      ['buy', checkpoint.book.bids],
      ['sell', checkpoint.book.asks],
    ] as const) {
      for (const [price, size, id] of rows) orders.set(id, { side, price, size });
    }
    for (const message of checkpoint.messages) {
      if (message.sequence > sequence) break;
      apply(orders, message);
    }
    return { sequence, bids: rowsOf(orders, 'buy'), asks: rowsOf(orders, 'sell') };
  }

  oldest(): TrueOrders | undefined {
    return this.#checkpoints[0]?.book;
  }
}

function apply(orders: Map<string, RestingOrder>, message: ProductMessage): void {
  const text = (name: string): string => String(message[name]);
  switch (message.type) {
    case 'open':
      orders.set(text('order_id'), {
        side: message.side,
        price: text('price'),
        size: text('remaining_size'),
      });
      return;
    case 'match': {
      const id = text('maker_order_id');
      const maker = orders.get(id);
      if (!maker) return;
      maker.size = decimal(units(maker.size) - units(text('size')));
      if (maker.size === '0') orders.delete(id);
      return;
    }
    case 'change': {
      const id = text('order_id');
      const order = orders.get(id);
      if (!order) return;
      if (message['new_price'] === undefined) {
        order.size = text('new_size');
        return;
      }
      orders.delete(id);
      orders.set(id, { side: order.side, price: text('new_price'), size: text('new_size') });
      return;
    }
    case 'done':
      orders.delete(text('order_id'));
      return;
    case 'received':
      return;
  }
}

function units(text: string): number {
  return toUnits(text, 'order history');
}

/** Best price first. The map is in order of arrival, which within a price is the queue. */
function rowsOf(orders: ReadonlyMap<string, RestingOrder>, side: string): OrderRow[] {
  const sign = side === 'buy' ? -1 : 1;
  return [...orders]
    .filter(([, order]) => order.side === side)
    .map(([id, { price, size }]) => ({ at: units(price), row: [price, size, id] as const }))
    .sort((a, b) => sign * (a.at - b.at))
    .map(({ row }) => row);
}
