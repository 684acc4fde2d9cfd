/**
 * Generates order events on a deep book from a seed, which no recording at hand contains: 80,000
 * orders at about 28,000 prices to start with, like Coinbase's BTC-USD; then opens, dones, fills
 * and changes of random orders in about the mix of a busy hour. Only for the book: the stream has
 * no exchange sequence, and fills do not take the head of the queue.
 */

import type { OrderEvent, OrderSide, RestingOrder } from '../logger/market/events.ts';
import { exponential, uniformInt } from '../sandbox/prng.ts';
import type { Random } from '../logger/runtime/random.ts';

const START_ORDERS = 80_000;
const MID = 6_000_000;
/** Shares per 1000 events; the rest are changes. */
const OPENS = 446;
const DONES = 450;
const FILLS = 83;
/** Dones of orders that never rested, as fills of takers are. */
const UNKNOWN_DONES = 0.04;

interface Live {
  readonly orderId: string;
  readonly side: OrderSide;
  size: number;
}

export interface DeepStream {
  readonly bids: readonly RestingOrder[];
  readonly asks: readonly RestingOrder[];
  readonly events: readonly OrderEvent[];
}

export function deepStream(random: Random, count: number): DeepStream {
  const live: Live[] = [];
  const book = { buy: [] as RestingOrder[], sell: [] as RestingOrder[] };
  const fresh = (): RestingOrder & Live & { readonly price: number } => {
    const side = random.next() < 0.5 ? 'buy' : 'sell';
    const away = 1 + Math.floor(exponential(random) * 8000);
    const price = side === 'buy' ? MID - away : MID + away;
    return { orderId: orderId(random), side, price, size: 1 + uniformInt(random, 10_000_000) };
  };
  for (let i = 0; i < START_ORDERS; i++) {
    const { side, ...order } = fresh();
    book[side].push(order);
    live.push({ orderId: order.orderId, side, size: order.size });
  }
  const take = (): Live => {
    const at = uniformInt(random, live.length);
    const [taken, last] = [live[at], live.pop()];
    if (!taken || !last) throw new Error('The book ran empty');
    if (at < live.length) live[at] = last;
    return taken;
  };

  const events = Array.from({ length: count }, (_, i): OrderEvent => {
    const head = { firstSequence: i, lastSequence: i, exchangeTimeUs: i, receiveTimeUs: i };
    const kind = uniformInt(random, 1000);
    if (kind < OPENS) {
      const { size, ...order } = fresh();
      live.push({ orderId: order.orderId, side: order.side, size });
      return { type: 'open', ...head, ...order, remainingSize: size };
    }
    if (kind < OPENS + DONES) {
      const gone = random.next() < UNKNOWN_DONES ? fresh() : take();
      const facts = { orderId: gone.orderId, side: gone.side, reason: 'canceled' };
      const rest = { orderType: null, price: null, remainingSize: null };
      return { type: 'done', ...head, ...facts, ...rest };
    }
    const order = take();
    const left = Math.floor(order.size / 2);
    if (left > 0) live.push({ ...order, size: left });
    if (kind < OPENS + DONES + FILLS) {
      const ids = { makerOrderId: order.orderId, takerOrderId: orderId(random), tradeId: i };
      return {
        type: 'match',
        ...head,
        ...ids,
        side: order.side,
        price: MID,
        size: order.size - left,
      };
    }
    const facts = { orderId: order.orderId, side: order.side, reason: null, price: null };
    const sizes = { oldSize: order.size, newSize: left, oldFunds: null, newFunds: null };
    return { type: 'change', ...head, ...facts, ...sizes, oldPrice: null, newPrice: null };
  });
  return { bids: book.buy, asks: book.sell, events };
}

function orderId(random: Random): string {
  const hex = (digits: number): string =>
    uniformInt(random, 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
}
