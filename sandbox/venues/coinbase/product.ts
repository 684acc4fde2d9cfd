/**
 * One market as a product of Coinbase: what the engine's events are in the `full` channel's words, a
 * number for each of them, and the true book, order by order, at any of the last numbers. Pure.
 */

import { formatScaled } from '../../../logger/market/decimal.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import type { Market } from '../../market/market.ts';
import { UNIT_EXPONENT } from '../../market/matching-engine.ts';
import type { OrderEvent, OrderSide } from '../../market/matching-engine.ts';
import { OrderHistory } from '../../market/order-history.ts';
import type { OrderRow, TrueOrders } from '../../market/order-history.ts';
import { uniformInt } from '../../prng.ts';
import type { Random } from '../../prng.ts';

/** A message of the `full` channel. */
export interface ProductMessage {
  readonly type: 'received' | 'open' | 'match' | 'change' | 'done';
  readonly product_id: string;
  readonly sequence: number;
  readonly time: string;
  readonly side: OrderSide;
  readonly [field: string]: string | number | undefined;
}

/** `[side, price, size]` of a level that changed; size 0: it is gone. */
export type LevelChange = readonly [OrderSide, string, string];

export function decimal(units: number): string {
  return formatScaled(units, UNIT_EXPONENT);
}

/** `BTCUSDT` → `BTC-USD`: the same market under the name that it would have at Coinbase. */
export function productIdOf(profile: { baseAsset: string; quoteAsset: string }): string {
  return `${profile.baseAsset}-${profile.quoteAsset.replace(/^USD[TC]$/, 'USD')}`;
}

export class CoinbaseProduct {
  readonly id: string;
  readonly market: Market;
  readonly #random: Random;
  readonly #ids = new Map<number, string>();
  readonly #listeners = new Set<(message: ProductMessage) => void>();
  readonly #touched = { buy: new Set<number>(), sell: new Set<number>() };
  readonly #history: OrderHistory;
  #sequence: number;
  #lastTradeId = 0;
  #lastMatch: ProductMessage | undefined;

  constructor(market: Market, options: { readonly random: Random; readonly sequence: number }) {
    this.id = productIdOf(market.profile);
    this.market = market;
    this.#random = options.random;
    this.#sequence = options.sequence;
    this.#history = new OrderHistory(() => this.book());
    market.listen({ onOrderEvent: (event, timeUs) => this.#onEvent(event, timeUs) });
  }

  /** The number of the last message. */
  get sequence(): number {
    return this.#sequence;
  }

  get lastTradeId(): number {
    return this.#lastTradeId;
  }

  get lastMatch(): ProductMessage | undefined {
    return this.#lastMatch;
  }

  listen(listener: (message: ProductMessage) => void): void {
    this.#listeners.add(listener);
  }

  /** Every resting order, best price first, in queue order. */
  book(): TrueOrders {
    const rows = (side: OrderSide): OrderRow[] =>
      [...this.market.engine.orders(side)].map(({ id, price, remaining }) => [
        decimal(price),
        decimal(remaining),
        this.#idOf(id),
      ]);
    return { sequence: this.#sequence, bids: rows('buy'), asks: rows('sell') };
  }

  /** The book after the message `sequence`; undefined outside of what is remembered. */
  bookAt(sequence: number): TrueOrders | undefined {
    return this.#history.bookAt(sequence, this.#sequence);
  }

  /** The oldest book that is remembered. */
  oldestBook(): TrueOrders | undefined {
    return this.#history.oldest();
  }

  /** Levels that changed since the last call, as they are now. */
  takeChanges(): LevelChange[] {
    const changes: LevelChange[] = [];
    for (const side of ['buy', 'sell'] as const) {
      for (const price of this.#touched[side]) {
        const size = this.market.engine.levelSize(side, price);
        changes.push([side, decimal(price), decimal(size)]);
      }
      this.#touched[side].clear();
    }
    return changes;
  }

  #idOf(orderId: number): string {
    let id = this.#ids.get(orderId);
    if (id === undefined) {
      id = uuid(this.#random);
      this.#ids.set(orderId, id);
    }
    return id;
  }

  #onEvent(event: OrderEvent, timeUs: number): void {
    this.#touch(event);
    const fields = this.#fieldsOf(event);
    if (event.type === 'done') this.#ids.delete(event.orderId);
    const message = {
      ...fields,
      product_id: this.id,
      sequence: ++this.#sequence,
      time: formatTimeUs(timeUs),
    } as ProductMessage;
    if (event.type === 'matched') {
      this.#lastTradeId = event.tradeId;
      this.#lastMatch = message;
    }
    this.#history.record(message);
    for (const listener of this.#listeners) listener(message);
  }

  #touch(event: OrderEvent): void {
    if (event.type === 'received' || event.sequence === null || event.price === null) return;
    const side = event.type === 'matched' ? otherSide(event.takerSide) : event.side;
    this.#touched[side].add(event.price);
    if (event.type === 'moved') this.#touched[side].add(event.oldPrice);
  }

  #fieldsOf(event: OrderEvent): Record<string, string | number | undefined> {
    const order_id = event.type === 'matched' ? undefined : this.#idOf(event.orderId);
    switch (event.type) {
      case 'received':
        return { type: 'received', order_id, side: event.side, ...orderOf(event) };
      case 'opened': {
        const price = decimal(event.price);
        const remaining_size = decimal(event.remaining);
        return { type: 'open', order_id, side: event.side, price, remaining_size };
      }
      case 'matched':
        return {
          type: 'match',
          trade_id: event.tradeId,
          maker_order_id: this.#idOf(event.makerOrderId),
          taker_order_id: this.#idOf(event.takerOrderId),
          // The maker's, as the exchange has it.
          side: otherSide(event.takerSide),
          price: decimal(event.price),
          size: decimal(event.size),
        };
      case 'changed': {
        const sizes = { old_size: decimal(event.oldSize), new_size: decimal(event.newSize) };
        const price = decimal(event.price);
        return { type: 'change', reason: 'STP', order_id, side: event.side, price, ...sizes };
      }
      case 'moved': {
        const sizes = { old_size: decimal(event.oldSize), new_size: decimal(event.newSize) };
        const prices = { old_price: decimal(event.oldPrice), new_price: decimal(event.price) };
        const rest = { order_id, side: event.side, ...prices, ...sizes };
        return { type: 'change', reason: 'modify_order', ...rest };
      }
      case 'done': {
        const reason = event.reason === 'filled' ? 'filled' : 'canceled';
        const head = { type: 'done', order_id, side: event.side, reason };
        // Of a market order neither is told.
        if (event.price === null) return head;
        return {
          ...head,
          price: decimal(event.price),
          remaining_size: decimal(event.remaining),
        };
      }
    }
  }
}

/** A market order is told by its size, or every other one by what it may cost. */
function orderOf(event: Extract<OrderEvent, { type: 'received' }>): Record<string, string> {
  const size = decimal(event.size);
  if (event.price !== null) return { order_type: 'limit', price: decimal(event.price), size };
  if (event.orderId % 2 === 0) return { order_type: 'market', size };
  return { order_type: 'market', funds: size };
}

function otherSide(side: OrderSide): OrderSide {
  return side === 'buy' ? 'sell' : 'buy';
}

/** A random one (version 4), from seeded chance. */
function uuid(random: Random): string {
  const word = (): string =>
    uniformInt(random, 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c, d] = [word(), word(), word(), word()];
  const variant = '89ab'[Number.parseInt(c.slice(0, 1), 16) & 3];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
}
