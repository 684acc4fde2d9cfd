/**
 * One account on a sandbox exchange, and one order at a time on it. An order fills at once, as far as its limit
 * allows; the rest is cancelled. Each is sent once, whatever happens: where its outcome is not known, the account
 * and the open orders show it. Nobody else may trade on the account.
 *
 * The exchange settles each side at its own limit. What is better than that in a trade goes to the exchange, so
 * that is the fee.
 */

import { FeedClosedError, LoggerError, WireFormatError } from '../../logger/errors.ts';
import { sleep } from '../../logger/runtime/timing.ts';
import { addExact, compareExact, formatExact, multiplyExact, parseExact, subtractExact, ZERO } from '../market/exact.ts'; // prettier-ignore
import type { Exact } from '../market/exact.ts';
import type { Fill } from '../strategy/strategy.ts';
import { SandboxConnection, textOf } from './sandbox-connection.ts';
import type { SandboxLogin, SandboxPorts, SandboxTrade } from './sandbox-connection.ts';

const RETRY_MS = 250;
/** What was sent on a lost connection may arrive behind what is asked on the next one. */
const SETTLE_MS = 500;
const BOOK_LIMITS = { timeoutMs: 5000, maxBytes: 32 * 1024 * 1024 };

export interface ImmediateOrder {
  readonly side: 'buy' | 'sell';
  readonly size: string;
  readonly limit: string;
}

/** What became of an order. */
export interface OrderOutcome {
  readonly orderId: string | null;
  readonly fills: readonly Fill[];
  /** In cash. */
  readonly fee: string;
  /** Why nothing, or not all, was done; null: it was taken. */
  readonly error: string | null;
  /** Nobody knows what became of it, or the account says something else. */
  readonly isUnknown: boolean;
}

export interface Holdings {
  readonly cash: string;
  readonly coin: string;
}

interface Account {
  readonly cash: Exact;
  readonly coin: Exact;
  /** In open orders. */
  readonly isHolding: boolean;
}

export class SandboxAccount {
  readonly #login: SandboxLogin;
  readonly #ports: SandboxPorts;
  readonly #abort = new AbortController();
  #connection: SandboxConnection | null = null;
  #trades: SandboxTrade[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(login: SandboxLogin, ports: SandboxPorts) {
    this.#login = login;
    this.#ports = ports;
  }

  /** What it has, what is in open orders included. @throws FeedClosedError, ExchangeRejectedError */
  holdings(): Promise<Holdings> {
    return this.#inTurn(async () => {
      const { cash, coin } = await this.#read();
      return { cash: formatExact(cash), coin: formatExact(coin) };
    });
  }

  /** Never throws for what the exchange or the network does. */
  order(order: ImmediateOrder): Promise<OrderOutcome> {
    return this.#inTurn(async () => {
      let before: Account;
      try {
        before = await this.#read();
      } catch (error) {
        return rejected(`not sent: ${messageOf(error)}`);
      }
      if (before.isHolding) return rejected('not sent: the account has open orders');
      const id: { known: string | null } = { known: null };
      try {
        return await this.#execute(order, before, id);
      } catch (error) {
        if (!(error instanceof FeedClosedError)) throw error;
        return this.#reconcile(order, before, id.known);
      }
    });
  }

  close(): void {
    this.#abort.abort();
    this.#connection?.close();
  }

  /** @throws FeedClosedError: what became of it is not known. */
  async #execute(
    { side, size, limit }: ImmediateOrder,
    before: Account,
    id: { known: string | null },
  ): Promise<OrderOutcome> {
    const connection = await this.#connect();
    this.#trades = [];
    const answer = await connection.ask({ op: 'order', side, price: limit, size });
    if (answer.status !== 200 || answer.id === undefined) {
      return rejected(`${String(answer.status)}: ${answer.error ?? 'no reason given'}`);
    }
    id.known = answer.id;
    // Trades come before the answer to what caused them.
    if (
      compareExact(sum(this.#tradesOf(answer.id).map((trade) => trade.size)), parseExact(size)) < 0
    ) {
      await connection.ask({ op: 'cancel', id: answer.id });
    }
    const fills = this.#tradesOf(answer.id);
    const filled = sum(fills.map((fill) => fill.size));
    const traded = total(
      fills.map((fill) => multiplyExact(parseExact(fill.price), parseExact(fill.size))),
    );
    const settled = multiplyExact(parseExact(limit), filled);
    const fee = side === 'buy' ? subtractExact(settled, traded) : subtractExact(traded, settled);
    const difference = differenceOf(before, await this.#read(), { side, filled, settled });
    return {
      orderId: answer.id,
      fills: merged(fills),
      fee: formatExact(fee),
      error: difference,
      isUnknown: difference !== null,
    };
  }

  /** By the account and the open orders. Nothing is sent again. */
  async #reconcile(
    order: ImmediateOrder,
    before: Account,
    id: string | null,
  ): Promise<OrderOutcome> {
    const { clock, unknownMs } = this.#ports;
    const untilMs = clock.monotonicMs() + unknownMs;
    let failure = 'the connection was lost';
    while (clock.monotonicMs() < untilMs && !this.#abort.signal.aborted) {
      try {
        const after = await this.#settled(order, id);
        if (after) return outcomeOf(order, before, after, id);
        failure = 'it has open orders that are not this one';
      } catch (error) {
        if (!(error instanceof LoggerError)) throw error;
        failure = error.message;
      }
      await sleep(clock, RETRY_MS, this.#abort.signal);
    }
    return { ...rejected(`outcome unknown: ${failure}`), orderId: id, isUnknown: true };
  }

  /** The account without the order, and when nothing moves any more; null: not yet. */
  async #settled(order: ImmediateOrder, id: string | null): Promise<Account | null> {
    const first = await this.#read();
    if (first.isHolding) {
      const connection = await this.#connect();
      const candidates = id === null ? await this.#candidates(order) : [id];
      // One that is not the account's own is not touched by it.
      for (const candidate of candidates) await connection.ask({ op: 'cancel', id: candidate });
    }
    const second = first.isHolding ? await this.#read() : first;
    await sleep(this.#ports.clock, SETTLE_MS, this.#abort.signal);
    const third = await this.#read();
    const isStill =
      !third.isHolding &&
      compareExact(second.cash, third.cash) === 0 &&
      compareExact(second.coin, third.coin) === 0;
    return isStill ? third : null;
  }

  /** Open orders that might be this one. */
  async #candidates({ side, size, limit }: ImmediateOrder): Promise<readonly string[]> {
    const url = new URL('/api/v1/orderBook/L3', this.#login.wsUrl.replace(/^ws/, 'http')).href;
    const { status, body } = await this.#ports.transport.get(url, BOOK_LIMITS);
    if (status !== 200) throw new FeedClosedError(`The exchange answered ${status}`);
    const { data = [] } = JSON.parse(body) as {
      data?: readonly Readonly<Record<string, unknown>>[];
    };
    return data
      .filter(
        (row) =>
          textOf(row['side']).toLowerCase() === side &&
          compareExact(parseExact(textOf(row['priceText'])), parseExact(limit)) === 0 &&
          compareExact(parseExact(textOf(row['size'])), parseExact(size)) <= 0,
      )
      .map((row) => textOf(row['id']));
  }

  async #read(): Promise<Account> {
    const connection = await this.#connect();
    const { data } = await connection.ask({ op: 'account' });
    const [row] = data ?? [];
    if (!row) throw new WireFormatError('The exchange did not report the account');
    const [cash, cashHeld] = [row['cash_amount'], row['cash_on_hold']].map(amountOf);
    const [coin, coinHeld] = [row['microbitcoin_amount'], row['microbitcoin_on_hold']].map(
      amountOf,
    );
    if (!cash || !cashHeld || !coin || !coinHeld) throw new WireFormatError('No account');
    return {
      cash: addExact(cash, cashHeld),
      coin: addExact(coin, coinHeld),
      isHolding: cashHeld.value !== 0n || coinHeld.value !== 0n,
    };
  }

  async #connect(): Promise<SandboxConnection> {
    if (this.#abort.signal.aborted) throw new FeedClosedError('The account was closed');
    if (this.#connection?.isLost === false) return this.#connection;
    this.#connection = await SandboxConnection.open(this.#login, this.#ports, (trade) => {
      this.#trades.push(trade);
    });
    if (this.#abort.signal.aborted) this.#connection.close();
    return this.#connection;
  }

  #tradesOf(id: string): readonly Fill[] {
    return this.#trades.filter(({ maker, taker }) => maker === id || taker === id);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** From what the account was and is: what was filled was paid at the limit. */
function outcomeOf(
  { side, limit }: ImmediateOrder,
  before: Account,
  after: Account,
  orderId: string | null,
): OrderOutcome {
  const moved = subtractExact(after.coin, before.coin);
  const filled = side === 'buy' ? moved : subtractExact(ZERO, moved);
  const settled = multiplyExact(parseExact(limit), filled);
  const difference = differenceOf(before, after, { side, filled, settled });
  const isFilled = filled.value > 0n;
  return {
    orderId,
    fills: isFilled ? [{ price: limit, size: formatExact(filled) }] : [],
    fee: '0',
    error: difference ?? (isFilled ? null : 'the connection was lost before it was filled'),
    isUnknown: difference !== null,
  };
}

/** How the account differs from what these fills make of it; null: it does not. */
function differenceOf(
  before: Account,
  after: Account,
  order: { readonly side: 'buy' | 'sell'; readonly filled: Exact; readonly settled: Exact },
): string | null {
  const { side, filled, settled } = order;
  const isBuy = side === 'buy';
  const coin = isBuy ? addExact(before.coin, filled) : subtractExact(before.coin, filled);
  const cash = isBuy ? subtractExact(before.cash, settled) : addExact(before.cash, settled);
  if (
    filled.value >= 0n &&
    !after.isHolding &&
    compareExact(coin, after.coin) === 0 &&
    compareExact(cash, after.cash) === 0
  ) {
    return null;
  }
  return `the account has ${formatExact(after.cash)} cash and ${formatExact(after.coin)} coin instead of ${formatExact(cash)} and ${formatExact(coin)}`;
}

/** Fills of one price as one. */
function merged(fills: readonly Fill[]): readonly Fill[] {
  const sizes = new Map<string, Exact>();
  for (const { price, size } of fills) {
    sizes.set(price, addExact(sizes.get(price) ?? ZERO, parseExact(size)));
  }
  return [...sizes].map(([price, size]) => ({ price, size: formatExact(size) }));
}

function rejected(error: string): OrderOutcome {
  return { orderId: null, fills: [], fee: '0', error, isUnknown: false };
}

function amountOf(value: unknown): Exact {
  return parseExact(textOf(value));
}

function sum(sizes: readonly string[]): Exact {
  return total(sizes.map(parseExact));
}

function total(amounts: readonly Exact[]): Exact {
  return amounts.reduce(addExact, ZERO);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
