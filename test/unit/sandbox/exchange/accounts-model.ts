/** Random commands, and the exchange written down in the plainest way: lists, and sums as bigint. */

import { uniformInt } from '../../../../sandbox/prng.ts';
import type { Random } from '../../../../logger/runtime/random.ts';
import { Accounts } from '../../../../sandbox/exchange/engine/accounts.ts';
import type { Account } from '../../../../sandbox/exchange/engine/accounts.ts';
import type { Command } from '../../../../sandbox/exchange/engine/commands.ts';
import { ExchangeState } from '../../../../sandbox/exchange/engine/exchange-state.ts';

export const START_POSITION = { bookSequence: 0, tradeId: 0, orderId: 0, openOrders: 0 };

export function startAccounts(users: number, cash = 1_000_000, coin = 20_000): Account[] {
  const names = ['admin', ...Array.from({ length: users }, (_, i) => `username${i + 1}`)];
  return names.map((username, user) => ({
    user,
    username,
    cash: user === 0 ? 0 : cash,
    cashOnHold: 0,
    coin: user === 0 ? 0 : coin,
    coinOnHold: 0,
  }));
}

/** Rich enough for a million commands; the last has little, so that it often has not enough. */
export function richAndPoor(users: number): Account[] {
  const accounts = startAccounts(users, 10 ** 13, 10 ** 10);
  return accounts.map((account) =>
    account.user === users ? { ...account, cash: 10 ** 6, coin: 20_000 } : account,
  );
}

export function newState(accountList: readonly Account[], hotOrders?: number): ExchangeState {
  const accounts = new Accounts(accountList);
  return new ExchangeState({ accounts, position: START_POSITION, hotOrders });
}

/** Orders and cancels of all kinds: own and foreign, of orders that are gone, too large, not on the tick. */
export function randomCommand(random: Random, users: number, lastOrderId: number): Command {
  const user = 1 + uniformInt(random, users);
  const kind = uniformInt(random, 100);
  if (kind < 45) {
    return { type: 'cancel', user, orderId: lastOrderId - uniformInt(random, 60) };
  }
  const side = random.next() < 0.5 ? 'buy' : 'sell';
  const price = 290 + uniformInt(random, 40) + (side === 'buy' ? -8 : 8);
  const size = 1 + uniformInt(random, kind < 90 ? 300 : 30_000);
  if (kind === 97) return { type: 'order', user, side, price: -price, size };
  if (kind === 98) return { type: 'order', user, side, price, size: size + 0.5 };
  if (kind === 99) return { type: 'order', user, side, price, size: Number.MAX_SAFE_INTEGER };
  return { type: 'order', user, side, price, size };
}

interface ModelOrder {
  readonly id: number;
  readonly user: number;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  size: number;
}

interface ModelAccount {
  cash: bigint;
  coin: bigint;
  cashOnHold: bigint;
  coinOnHold: bigint;
}

/** Only whole numbers above 0 are given. */
export class ModelExchange {
  readonly accounts: ModelAccount[];
  /** In order of arrival. */
  orders: ModelOrder[] = [];
  #orderId = 0;

  constructor(accounts: readonly Account[]) {
    this.accounts = accounts.map(({ cash, coin }) => ({
      cash: BigInt(cash),
      coin: BigInt(coin),
      cashOnHold: 0n,
      coinOnHold: 0n,
    }));
  }

  /** @returns the status that a rejected command gets, else 200. */
  execute(command: Command): number {
    const mine = this.accounts[command.user]!;
    if (command.type === 'cancel') {
      const order = this.orders.find(({ id }) => id === command.orderId);
      if (!order || order.user !== command.user) return 409;
      this.#hold(mine, order, -BigInt(order.size));
      this.orders = this.orders.filter((other) => other !== order);
      return 200;
    }
    const { user, side, price, size } = command;
    if (!(Number.isInteger(price) && price > 0 && Number.isInteger(size) && size > 0)) return 400;
    const taker: ModelOrder = { id: this.#orderId + 1, user, side, price, size };
    if (side === 'buy' ? BigInt(price) * BigInt(size) > mine.cash : BigInt(size) > mine.coin)
      return 402;
    this.#orderId++;
    this.#hold(mine, taker, BigInt(size));
    while (taker.size > 0) {
      const maker = this.#bestFor(taker);
      if (!maker) break;
      const filled = Math.min(taker.size, maker.size);
      const [buy, sell] = side === 'buy' ? [taker, maker] : [maker, taker];
      this.accounts[buy.user]!.cashOnHold -= BigInt(buy.price) * BigInt(filled);
      this.accounts[buy.user]!.coin += BigInt(filled);
      this.accounts[sell.user]!.coinOnHold -= BigInt(filled);
      this.accounts[sell.user]!.cash += BigInt(sell.price) * BigInt(filled);
      this.accounts[0]!.cash += BigInt(buy.price - sell.price) * BigInt(filled);
      for (const order of [taker, maker]) order.size -= filled;
      this.orders = this.orders.filter((order) => order.size > 0);
    }
    if (taker.size > 0) this.orders.push(taker);
    return 200;
  }

  queue(side: 'buy' | 'sell'): ModelOrder[] {
    const direction = side === 'buy' ? -1 : 1;
    return this.orders
      .filter((order) => order.side === side)
      .sort((a, b) => direction * (a.price - b.price) || a.id - b.id);
  }

  #bestFor({ side, price }: ModelOrder): ModelOrder | undefined {
    const best = this.queue(side === 'buy' ? 'sell' : 'buy')[0];
    const isMatch = best && (side === 'buy' ? best.price <= price : best.price >= price);
    return isMatch ? best : undefined;
  }

  #hold(account: ModelAccount, { side, price }: ModelOrder, size: bigint): void {
    const amount = side === 'buy' ? BigInt(price) * size : size;
    const [from, to] =
      side === 'buy' ? (['cash', 'cashOnHold'] as const) : (['coin', 'coinOnHold'] as const);
    account[from] -= amount;
    account[to] += amount;
  }
}
