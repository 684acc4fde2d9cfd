import { describe, expect, it } from 'vitest';
import { Accounts } from '../../../../sandbox/exchange/engine/accounts.ts';
import type { OrderSide } from '../../../../sandbox/market/order-events.ts';
import { seededRandom } from '../../../../sandbox/prng.ts';
import { testSeed } from '../../../support/seeded-random.ts';
import { scaled } from '../../../support/scaled.ts';
import {
  ModelExchange,
  newState,
  randomCommand,
  richAndPoor,
  startAccounts,
} from './accounts-model.ts';

const SEED = String(testSeed());
const MODEL_COMMANDS = scaled({ fast: 8000, full: 20_000 });
const COMMANDS = scaled({ fast: 100_000, full: 1_000_000 });
const USERS = 5;

function balances(state: { readonly accounts: Accounts }, username: string): number[] {
  const account = state.accounts.get(state.accounts.find(username)!);
  return [account.cash / 100, account.coin, account.cashOnHold / 100, account.coinOnHold];
}

describe('the state of the exchange', () => {
  it('settles the worked example of two traders', () => {
    const state = newState(startAccounts(2));
    const order = (user: number, side: OrderSide, price: number, size: number) =>
      state.execute({ type: 'order', user, side, price, size });
    order(1, 'buy', 314, 200);
    expect(balances(state, 'username1')).toEqual([9372, 20_000, 628, 0]);
    order(1, 'buy', 315, 300);
    expect(balances(state, 'username1')).toEqual([8427, 20_000, 1573, 0]);
    expect(balances(state, 'username2')).toEqual([10_000, 20_000, 0, 0]);
    const outcome = order(2, 'sell', 311, 600);
    expect(balances(state, 'username1')).toEqual([8427, 20_500, 0, 0]);
    expect(balances(state, 'username2')).toEqual([11_555, 19_400, 0, 100]);
    expect(balances(state, 'admin')).toEqual([18, 0, 0, 0]);
    if (outcome.kind !== 'accepted') throw new Error(outcome.error);
    expect(
      outcome.events.flatMap((e) => (e.type === 'matched' ? [[e.price, e.size]] : [])),
    ).toEqual([
      [315, 300],
      [314, 200],
    ]);
  });

  it(`equals a plain model over random commands (SEED=${SEED})`, () => {
    const random = seededRandom(SEED);
    const state = newState(richAndPoor(USERS));
    const model = new ModelExchange(richAndPoor(USERS));
    for (let i = 0; i < MODEL_COMMANDS; i++) {
      const command = randomCommand(random, USERS, state.position.orderId);
      const outcome = state.execute(command);
      const status = outcome.kind === 'accepted' ? 200 : outcome.status;
      if (status !== model.execute(command)) expect.fail(`${i}: ${JSON.stringify(command)}`);
      for (const [user, expected] of model.accounts.entries()) {
        const { cash, coin, cashOnHold, coinOnHold } = state.accounts.get(user);
        const isSame =
          BigInt(cash) === expected.cash &&
          BigInt(coin) === expected.coin &&
          BigInt(cashOnHold) === expected.cashOnHold &&
          BigInt(coinOnHold) === expected.coinOnHold;
        if (!isSame) expect.fail(`${i}: another balance of user ${user}`);
      }
      if (i % 500 !== 0) continue;
      for (const side of ['buy', 'sell'] as const) {
        const queue = model.queue(side).map(({ id, price, size }) => [id, price, size]);
        expect([...state.orders(side)].map((o) => [o.id, o.price, o.remaining])).toEqual(queue);
      }
    }
  });

  it(`keeps the sums of cash and coin after every command (SEED=${SEED})`, () => {
    const random = seededRandom(SEED);
    const state = newState(richAndPoor(USERS));
    const before = state.accounts.totals();
    const seen = { accepted: 0, rejected: 0, trades: 0 };
    for (let i = 0; i < COMMANDS; i++) {
      const outcome = state.execute(randomCommand(random, USERS, state.position.orderId));
      seen[outcome.kind]++;
      const { cash, coin } = state.accounts.totals();
      if (cash !== before.cash || coin !== before.coin) expect.fail(`${i}: the sums changed`);
    }
    seen.trades = state.position.tradeId;
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(COMMANDS / 20);
    // What is on hold is what the open orders can cost.
    const held = { cash: 0, coin: 0 };
    for (const { price, remaining } of state.orders('buy')) held.cash += price * remaining;
    for (const { remaining } of state.orders('sell')) held.coin += remaining;
    const accounts = state.accounts.all();
    expect(accounts.reduce((sum, { cashOnHold }) => sum + cashOnHold, 0)).toBe(held.cash);
    expect(accounts.reduce((sum, { coinOnHold }) => sum + coinOnHold, 0)).toBe(held.coin);
  });

  it('a rejected command changes nothing', () => {
    const state = newState(startAccounts(2));
    state.execute({ type: 'order', user: 1, side: 'sell', price: 300, size: 10 });
    state.accounts.takeChanged();
    const before = [state.accounts.all(), state.position];
    const statuses = [
      state.execute({ type: 'order', user: 1, side: 'buy', price: 0, size: 1 }),
      state.execute({ type: 'order', user: 1, side: 'buy', price: 1.5, size: 1 }),
      state.execute({ type: 'order', user: 1, side: 'buy', price: 1, size: Number.NaN }),
      state.execute({ type: 'order', user: 1, side: 'sell', price: 1, size: 19_991 }),
      state.execute({ type: 'order', user: 2, side: 'buy', price: 2 ** 52, size: 2 ** 52 }),
      state.execute({ type: 'order', user: 2, side: 'buy', price: 1_000_001, size: 1 }),
      state.execute({ type: 'cancel', user: 2, orderId: 1 }),
      state.execute({ type: 'cancel', user: 2, orderId: 99 }),
    ].map((outcome) => (outcome.kind === 'rejected' ? outcome.status : 200));
    expect(statuses).toEqual([400, 400, 400, 402, 402, 402, 409, 409]);
    expect([state.accounts.all(), state.position]).toEqual(before);
    expect(state.accounts.takeChanged()).toEqual([]);
  });

  it('a trader who trades with himself pays the difference of his own limits', () => {
    const state = newState(startAccounts(1));
    state.execute({ type: 'order', user: 1, side: 'buy', price: 310, size: 100 });
    state.execute({ type: 'order', user: 1, side: 'sell', price: 300, size: 100 });
    expect(balances(state, 'username1')).toEqual([9990, 20_000, 0, 0]);
    expect(balances(state, 'admin')).toEqual([10, 0, 0, 0]);
  });

  it('accounts that could not be counted exactly are no accounts', () => {
    expect(() => new Accounts(startAccounts(2, 2 ** 53 - 1))).toThrow('counted exactly');
    expect(() => new Accounts(startAccounts(2).slice(1))).toThrow('begins with admin');
  });
});
