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

/** An order that rests in the book. */
interface Resting {
  readonly id: number;
  readonly side: OrderSide;
  readonly price: number;
  readonly remaining: number;
}

export class CoinbaseProduct {
  readonly id: string;
  readonly market: Market;
  readonly #random: Random;
  readonly #ids = new Map<number, string>();
  readonly #listeners = new Set<(message: ProductMessage) => void>();
  readonly #touched = { buy: new Set<number>(), sell: new Set<number>() };
  readonly #history: OrderHistory;
  /** Orders of an auction, in order of arrival, under ids that the engine does not use. */
  readonly #collected: Resting[] = [];
  #collectedId = 0;
  isAuction = false;
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
      [...this.orders(side)].map(({ id, price, remaining }) => [
        decimal(price),
        decimal(remaining),
        this.#idOf(id),
      ]);
    return { sequence: this.#sequence, bids: rows('buy'), asks: rows('sell') };
  }

  /** Every resting order of a side, best price first, in queue order within a price. */
  *orders(side: OrderSide): Generator<Pick<Resting, 'id' | 'price' | 'remaining'>> {
    const isBetter = (a: number, b: number): boolean => (side === 'buy' ? a > b : a < b);
    const collected = this.#collected
      .filter((one) => one.side === side)
      .sort((a, b) => (isBetter(a.price, b.price) ? -1 : Number(isBetter(b.price, a.price))));
    let [next] = collected;
    for (const order of this.market.engine.orders(side)) {
      // Nobody else had their price when they came: they are first in its queue.
      while (next && !isBetter(order.price, next.price)) {
        yield next;
        collected.shift();
        [next] = collected;
      }
      yield order;
    }
    yield* collected;
  }

  /** Flat price, size …, best first. */
  levels(side: OrderSide): number[] {
    if (this.#collected.length === 0) return this.market.engine.levels(side);
    const sizes = new Map<number, number>();
    for (const { price, remaining } of this.orders(side)) {
      sizes.set(price, (sizes.get(price) ?? 0) + remaining);
    }
    return [...sizes].flat();
  }

  /** Takes an order that rests, whatever its price. */
  collect(side: OrderSide, price: number, size: number, timeUs: number): void {
    const orderId = --this.#collectedId;
    const { sequence } = this.market.engine;
    this.#onEvent({ type: 'received', orderId, side, price, size }, timeUs);
    this.#collected.push({ id: orderId, side, price, remaining: size });
    this.#onEvent({ type: 'opened', sequence, orderId, side, price, remaining: size }, timeUs);
  }

  withdrawCollected(timeUs: number): void {
    const { sequence } = this.market.engine;
    for (let one = this.#collected.shift(); one; one = this.#collected.shift()) {
      const { id: orderId, side, price, remaining } = one;
      const order = { sequence, orderId, side, price, remaining };
      this.#onEvent({ type: 'done', ...order, reason: 'cancelled' }, timeUs);
    }
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
        const collected = this.#collected
          .filter((one) => one.side === side && one.price === price)
          .reduce((sum, { remaining }) => sum + remaining, 0);
        const size = this.market.engine.levelSize(side, price) + collected;
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
