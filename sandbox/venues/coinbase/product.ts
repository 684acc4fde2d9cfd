/**
 * One market as a product of Coinbase: numbers the messages of its `full` channel and keeps the true
 * book, order by order, after each of the recent ones.
 */

import type { Random } from '../../../logger/runtime/random.ts';
import { formatTimeUs } from '../../../logger/market/time.ts';
import type { Market } from '../../market/market.ts';
import { changedLevels } from '../../market/order-events.ts';
import type { OrderEvent, OrderSide } from '../../market/order-events.ts';
import { decimal } from '../../market/units.ts';
import { uniformInt } from '../../prng.ts';
import { OrderHistory } from './order-history.ts';
import type { OrderRow, TrueOrders } from './order-history.ts';
import { messageFields } from './wire.ts';
import type { ProductMessage } from './wire.ts';

/** `[side, price, size]` of a changed level; size 0: the level is gone. */
export type LevelChange = readonly [OrderSide, string, string];

/** The market's name at Coinbase: `BTCUSDT` → `BTC-USD`. */
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

  /** Sequence of the last message. */
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

  /** The book after the message `sequence`; undefined if that is not kept any more, or not yet sent. */
  bookAt(sequence: number): TrueOrders | undefined {
    return this.#history.bookAt(sequence, this.#sequence);
  }

  /** The oldest book that is kept. */
  oldestBook(): TrueOrders | undefined {
    return this.#history.oldest();
  }

  /** Levels that changed since the last call, with their current size. */
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
    const fields = messageFields(event, (orderId) => this.#idOf(orderId));
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
    const changed = changedLevels(event);
    if (!changed) return;
    for (const price of changed.prices) this.#touched[changed.side].add(price);
  }
}

/** A random UUID (version 4) from the seeded generator. */
function uuid(random: Random): string {
  const word = (): string =>
    uniformInt(random, 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c, d] = [word(), word(), word(), word()];
  const variant = '89ab'[Number.parseInt(c.slice(0, 1), 16) & 3];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
}
