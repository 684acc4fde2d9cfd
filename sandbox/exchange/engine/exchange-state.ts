/**
 * The state of the exchange, and the one function that changes it: from a command to what happened. Pure:
 * no clock, no randomness, no I/O; the same commands give the same state.
 *
 * Only the best orders of each side have to be here (`hot`); the others (`cold`) rest in the store alone.
 * Every hot order goes before every cold one. A command that may need cold ones says so (`needs`), and
 * the caller brings them in first, so results do not depend on where orders rest.
 */

import { assertInvariant } from '../../../logger/errors.ts';
import { MatchingEngine } from '../../market/matching-engine.ts';
import type { RestoredOrder } from '../../market/matching-engine.ts';
import { otherSide } from '../../market/order-events.ts';
import type { OrderEvent, OrderSide } from '../../market/order-events.ts';
import type { Accounts } from './accounts.ts';
import type { CancelCommand, Command, OrderCommand, Outcome } from './commands.ts';

/** Bounds the store and the largest batch. */
export const MAX_OPEN_ORDERS = 1_000_000;

/** How far the exchange's numbers have come. */
export interface Position {
  /** Of the last change of the book. */
  readonly bookSequence: number;
  readonly tradeId: number;
  readonly orderId: number;
  readonly openOrders: number;
}

export interface StateOptions {
  readonly accounts: Accounts;
  readonly position: Position;
  /** Orders a side that stay in memory. Default: all. */
  readonly hotOrders?: number | undefined;
}

/** What a command needs from the store before it can be executed. */
export type Need =
  | { readonly kind: 'page'; readonly side: OrderSide }
  | { readonly kind: 'order'; readonly orderId: number };

interface Side {
  orders: number;
  size: number;
  /** No cold order has a better price; null: there is no cold order. */
  coldFrom: number | null;
}

export class ExchangeState {
  readonly accounts: Accounts;
  readonly #book: MatchingEngine;
  readonly #hotOrders: number;
  readonly #sides: Readonly<Record<OrderSide, Side>>;
  #events: OrderEvent[] = [];
  #orderId: number;
  #tradeId: number;
  #openOrders: number;

  /** All orders are cold at first: bring in a page of each side. */
  constructor({ accounts, position, hotOrders = Infinity }: StateOptions) {
    this.accounts = accounts;
    this.#hotOrders = hotOrders;
    this.#orderId = position.orderId;
    this.#tradeId = position.tradeId;
    this.#openOrders = position.openOrders;
    this.#book = new MatchingEngine({
      grid: { tickSize: 1, lotSize: 1 },
      firstSequence: position.bookSequence,
      firstTradeId: position.tradeId + 1,
      firstOrderId: position.orderId + 1,
      onEvent: (event) => this.#events.push(event),
    });
    const isEmpty = position.openOrders === 0;
    this.#sides = {
      buy: { orders: 0, size: 0, coldFrom: isEmpty ? null : Infinity },
      sell: { orders: 0, size: 0, coldFrom: isEmpty ? null : 0 },
    };
  }

  get position(): Position {
    return {
      bookSequence: this.#book.sequence,
      tradeId: this.#tradeId,
      orderId: this.#orderId,
      openOrders: this.#openOrders,
    };
  }

  /** Whether all orders are in memory. */
  get isWhole(): boolean {
    return this.#sides.buy.coldFrom === null && this.#sides.sell.coldFrom === null;
  }

  /** Executes a command for which `needs` says nothing. A rejected one changes nothing. */
  execute(command: Command): Outcome {
    this.#events = [];
    return command.type === 'order' ? this.#order(command) : this.#cancel(command);
  }

  needs(command: Command): Need | null {
    if (this.isWhole) return null;
    if (command.type === 'cancel') {
      const { orderId } = command;
      const isCold = orderId <= this.#orderId && !this.#book.order(orderId);
      return isCold ? { kind: 'order', orderId } : null;
    }
    const { coldFrom, size } = this.#sides[otherSide(command.side)];
    if (coldFrom === null || size >= command.size) return null;
    const isReached =
      command.side === 'buy' ? command.price >= coldFrom : command.price <= coldFrom;
    return isReached ? { kind: 'page', side: otherSide(command.side) } : null;
  }

  /** The last hot order of a side; undefined: there is none. */
  worst(side: OrderSide): Readonly<RestoredOrder> | undefined {
    return this.#book.lastOrder(side);
  }

  /** An order that its owner cancels next. */
  bringIn(order: RestoredOrder): void {
    this.#restore(order);
  }

  /** The cold orders that come first, in their order. @param isLast there are no others. */
  bringInPage(side: OrderSide, orders: readonly RestoredOrder[], isLast: boolean): void {
    for (const order of orders) this.#restore(order);
    const last = orders.at(-1);
    if (isLast) this.#sides[side].coldFrom = null;
    else if (last) this.#sides[side].coldFrom = last.price;
  }

  /** Keeps the best orders of each side only. Everything must be in the store. */
  trim(): void {
    for (const side of ['buy', 'sell'] as const) {
      const counts = this.#sides[side];
      if (counts.orders <= 2 * this.#hotOrders) continue;
      for (let order = this.#book.lastOrder(side); order; order = this.#book.lastOrder(side)) {
        if (counts.orders <= this.#hotOrders) break;
        counts.coldFrom = order.price;
        this.#unload(order);
      }
    }
  }

  /** The hot orders of a side, best first and in queue order. */
  orders(side: OrderSide): Iterable<Readonly<RestoredOrder>> {
    return this.#book.orders(side);
  }

  order(orderId: number): Readonly<RestoredOrder> | undefined {
    return this.#book.order(orderId);
  }

  #order(command: OrderCommand): Outcome {
    const { user, side, price, size } = command;
    if (!isPositiveInteger(price))
      return rejected(400, 'The price is not a positive multiple of 0.01');
    if (!isPositiveInteger(size)) return rejected(400, 'The size is not a positive integer');
    if (this.#openOrders >= MAX_OPEN_ORDERS) return rejected(409, 'The book is full');
    if (!this.accounts.hold(user, side, price, size)) {
      return rejected(402, side === 'buy' ? 'Not enough cash' : 'Not enough microbitcoin');
    }
    const orderId = this.#book.limit({ owner: user, side, price, size });
    this.#orderId = orderId;
    const events = this.#events;
    for (const event of events) {
      if (event.type === 'matched') this.#settle(event, command);
      if (event.type === 'opened') this.#opened(event);
    }
    return { kind: 'accepted', orderId, events };
  }

  #cancel({ user, orderId }: CancelCommand): Outcome {
    const order = this.#book.order(orderId);
    if (order?.owner !== user) return rejected(409, 'You have no such open order');
    const { side, price, remaining } = order;
    this.#book.cancel(orderId);
    this.#left(side, remaining);
    this.#openOrders--;
    this.accounts.release(user, side, price, remaining);
    return { kind: 'accepted', orderId, events: this.#events };
  }

  #settle(
    { makerOwner, makerRemaining, price, size, tradeId }: OrderEvent & { type: 'matched' },
    taker: OrderCommand,
  ): void {
    this.#tradeId = tradeId;
    const maker = this.#sides[otherSide(taker.side)];
    maker.size -= size;
    if (makerRemaining === 0) {
      maker.orders--;
      this.#openOrders--;
    }
    const isBuy = taker.side === 'buy';
    this.accounts.settle({
      buyer: isBuy ? taker.user : makerOwner,
      buyLimit: isBuy ? taker.price : price,
      seller: isBuy ? makerOwner : taker.user,
      sellLimit: isBuy ? price : taker.price,
      size,
    });
  }

  #opened({ orderId, side, price, remaining }: OrderEvent & { type: 'opened' }): void {
    this.#openOrders++;
    const counts = this.#sides[side];
    counts.orders++;
    counts.size += remaining;
    const { coldFrom } = counts;
    if (coldFrom === null || (side === 'buy' ? price > coldFrom : price < coldFrom)) return;
    // Behind cold ones.
    const order = this.#book.order(orderId);
    assertInvariant(order !== undefined, 'An order that was opened does not rest');
    this.#unload(order);
  }

  #restore(order: RestoredOrder): void {
    this.#book.restore(order);
    this.#sides[order.side].orders++;
    this.#sides[order.side].size += order.remaining;
  }

  #unload({ id, side, remaining }: Readonly<RestoredOrder>): void {
    this.#book.unload(id);
    this.#left(side, remaining);
  }

  #left(side: OrderSide, remaining: number): void {
    this.#sides[side].orders--;
    this.#sides[side].size -= remaining;
  }
}

function isPositiveInteger(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function rejected(status: 400 | 402 | 409, error: string): Outcome {
  return { kind: 'rejected', status, error };
}
