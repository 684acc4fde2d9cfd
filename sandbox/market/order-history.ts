/**
 * What a product's book truly was, order by order, after each of its last messages. Full books stand
 * every so many messages, the messages between them; kept beside the feed, so that whatever the
 * sandbox does to its frames, this stays the truth that demo and tests compare with.
 */

import type { ProductMessage } from '../venues/coinbase/product.ts';
import { UNIT_EXPONENT } from './matching-engine.ts';
import { formatScaled, parseScaled } from '../../logger/market/decimal.ts';

/** `[price, size, order id]` as decimal text. */
export type OrderRow = readonly [string, string, string];

export interface TrueOrders {
  readonly sequence: number;
  /** Best price first, each price in queue order. */
  readonly bids: readonly OrderRow[];
  readonly asks: readonly OrderRow[];
}

/** A full book is kept every so many messages, and so many of those stretches. */
const MESSAGES_PER_CHECKPOINT = 5000;
const STRETCHES_MAX = 12;

interface Stretch {
  readonly book: TrueOrders;
  readonly messages: ProductMessage[];
}

interface SecurityHead {
  readonly side: string;
  readonly price: string;
  size: string;
}

export class OrderHistory {
  readonly #stretches: Stretch[] = [];
  readonly #currentBook: () => TrueOrders;

  /** @param currentBook the engine's book as it stands when it is called. */
  constructor(currentBook: () => TrueOrders) {
    this.#currentBook = currentBook;
  }

  /** To be called after the message's event, while the book stands right after it. */
  record(message: ProductMessage): void {
    const last = this.#stretches.at(-1);
    if (last && last.messages.length < MESSAGES_PER_CHECKPOINT) {
      last.messages.push(message);
      return;
    }
    this.#stretches.push({ book: this.#currentBook(), messages: [] });
    if (this.#stretches.length > STRETCHES_MAX) this.#stretches.shift();
  }

  /** @param newest the last number that was given out. */
  bookAt(sequence: number, newest: number): TrueOrders | undefined {
    const stretch = this.#stretches.findLast(({ book }) => book.sequence <= sequence);
    if (!stretch || sequence > newest) return undefined;
    const orders = new Map<string, SecurityHead>();
    for (const [side, rows] of [
      ['buy', stretch.book.bids],
      ['sell', stretch.book.asks],
    ] as const) {
      for (const [price, size, id] of rows) orders.set(id, { side, price, size });
    }
    for (const message of stretch.messages) {
      if (message.sequence > sequence) break;
      apply(orders, message);
    }
    return { sequence, bids: rowsOf(orders, 'buy'), asks: rowsOf(orders, 'sell') };
  }

  oldest(): TrueOrders | undefined {
    return this.#stretches[0]?.book;
  }
}

function apply(orders: Map<string, SecurityHead>, message: ProductMessage): void {
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
      maker.size = less(maker.size, text('size'));
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
  return Number(parseScaled(text, UNIT_EXPONENT));
}

function less(size: string, by: string): string {
  return formatScaled(units(size) - units(by), UNIT_EXPONENT);
}

/** The map's order is that of arrival: within a price, the queue. */
function rowsOf(orders: ReadonlyMap<string, SecurityHead>, side: string): OrderRow[] {
  const sign = side === 'buy' ? -1 : 1;
  return [...orders]
    .filter(([, order]) => order.side === side)
    .map(([id, { price, size }]) => ({ at: units(price), row: [price, size, id] as const }))
    .sort((a, b) => sign * (a.at - b.at))
    .map(({ row }) => row);
}
