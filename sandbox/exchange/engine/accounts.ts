/**
 * Balances and holds. What an order could cost is held when it is placed: price × size of cash for a buy,
 * its size of coin for a sell. A fill is paid from the holds, each side at its own limit, and the difference
 * goes to `admin`. So the sums over all accounts never change. Integers only; pure.
 */

import { assertInvariant, InvalidArgumentError } from '../../../logger/errors.ts';
import type { OrderSide } from '../../market/order-events.ts';

/** The first account; it places no orders. */
export const ADMIN = 0;
export const ADMIN_NAME = 'admin';

export interface Balances {
  /** Cents. */
  readonly cash: number;
  readonly cashOnHold: number;
  /** Microbitcoin. */
  readonly coin: number;
  readonly coinOnHold: number;
}

export interface Account extends Balances {
  /** Place in the list. */
  readonly user: number;
  readonly username: string;
}

export interface Fill {
  readonly buyer: number;
  readonly buyLimit: number;
  readonly seller: number;
  readonly sellLimit: number;
  readonly size: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class Accounts {
  readonly #accounts: readonly Mutable<Account>[];
  readonly #byName: ReadonlyMap<string, number>;
  readonly #changed = new Set<number>();

  /** @throws InvalidArgumentError for a list that is no list of accounts, or too rich to be counted. */
  constructor(accounts: readonly Account[]) {
    this.#accounts = accounts.map((account) => ({ ...account }));
    this.#byName = new Map(accounts.map(({ username, user }) => [username, user]));
    const isList = accounts.every(({ user }, index) => user === index);
    if (
      !isList ||
      accounts[ADMIN]?.username !== ADMIN_NAME ||
      this.#byName.size !== accounts.length
    )
      throw new InvalidArgumentError('The accounts are not a list that begins with admin');
    const { cash, coin } = this.totals();
    if (!Number.isSafeInteger(cash) || !Number.isSafeInteger(coin))
      throw new InvalidArgumentError('The accounts hold more than can be counted exactly');
  }

  find(username: string): number | undefined {
    return this.#byName.get(username);
  }

  get(user: number): Account {
    return { ...this.#at(user) };
  }

  all(): readonly Account[] {
    return this.#accounts.map((account) => ({ ...account }));
  }

  /** Over all accounts, what is on hold included. */
  totals(): { readonly cash: number; readonly coin: number } {
    let [cash, coin] = [0, 0];
    for (const account of this.#accounts) {
      cash += account.cash + account.cashOnHold;
      coin += account.coin + account.coinOnHold;
    }
    return { cash, coin };
  }

  /** @returns false, and nothing is held, where the account has not enough. */
  hold(user: number, side: OrderSide, price: number, size: number): boolean {
    const account = this.#at(user);
    if (side === 'sell') {
      if (size > account.coin) return false;
      account.coin -= size;
      account.coinOnHold += size;
    } else {
      // Inexact only where it is larger than all the cash there is.
      const cost = price * size;
      if (cost > account.cash) return false;
      account.cash -= cost;
      account.cashOnHold += cost;
    }
    this.#changed.add(user);
    return true;
  }

  /** What an order that ends unfilled held. */
  release(user: number, side: OrderSide, price: number, size: number): void {
    const account = this.#at(user);
    if (side === 'sell') {
      account.coinOnHold -= size;
      account.coin += size;
    } else {
      account.cashOnHold -= price * size;
      account.cash += price * size;
    }
    assertCovered(account);
    this.#changed.add(user);
  }

  settle({ buyer, buyLimit, seller, sellLimit, size }: Fill): void {
    assertInvariant(buyLimit >= sellLimit, 'A buy was matched below the limit of the sell');
    const [payer, receiver, admin] = [this.#at(buyer), this.#at(seller), this.#at(ADMIN)];
    payer.cashOnHold -= buyLimit * size;
    payer.coin += size;
    receiver.coinOnHold -= size;
    receiver.cash += sellLimit * size;
    admin.cash += (buyLimit - sellLimit) * size;
    assertCovered(payer);
    assertCovered(receiver);
    this.#changed.add(buyer).add(seller);
    if (buyLimit > sellLimit) this.#changed.add(ADMIN);
  }

  /** The accounts that changed since the last call, as they are now. */
  takeChanged(): readonly Account[] {
    const changed = [...this.#changed].map((user) => this.get(user));
    this.#changed.clear();
    return changed;
  }

  #at(user: number): Mutable<Account> {
    const account = this.#accounts[user];
    assertInvariant(account !== undefined, 'There is no such account');
    return account;
  }
}

function assertCovered({ cashOnHold, coinOnHold }: Balances): void {
  assertInvariant(cashOnHold >= 0 && coinOnHold >= 0, 'More was taken than was on hold');
}
