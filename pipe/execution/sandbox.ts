/**
 * Real orders on sandbox exchanges with accounts, one for each venue. An exchange settles each order at its limit, so
 * that there is one for each level that is to be taken: what is paid is what was walked.
 */

import { InvalidArgumentError } from '../../logger/errors.ts';
import type { Balance, Execution } from './execution.ts';
import type { Venue } from '../market/venue.ts';
import type { OrderRequest, OrderResult } from '../strategy/strategy.ts';
import { addExact, formatExact, parseExact, subtractExact, ZERO } from '../market/exact.ts';
import { tradedBy } from './paper-fill.ts';
import { SandboxAccount } from './sandbox-account.ts';
import type { OrderOutcome } from './sandbox-account.ts';
import type { SandboxLogin, SandboxPorts } from './sandbox-connection.ts';

export interface SandboxExecutionDeps extends SandboxPorts {
  /** No order may be sent from now on. */
  readonly halt: (reason: string) => void;
}

export class SandboxExecution implements Execution {
  readonly #accounts: ReadonlyMap<string, SandboxAccount>;
  readonly #venues: readonly Venue[];
  readonly #deps: SandboxExecutionDeps;

  /**
   * @param logins by venue.
   * @throws InvalidArgumentError for a venue that is no sandbox exchange or has no account.
   */
  constructor(
    venues: readonly Venue[],
    logins: Readonly<Record<string, SandboxLogin>>,
    deps: SandboxExecutionDeps,
  ) {
    this.#venues = venues;
    this.#deps = deps;
    this.#accounts = new Map(
      venues.map(({ name, exchange }) => {
        const login = logins[name];
        if (exchange !== 'sandbox') {
          throw new InvalidArgumentError(`${name}: real orders go to sandbox exchanges only`);
        }
        if (!login) throw new InvalidArgumentError(`${name}: no account is given`);
        return [name, new SandboxAccount(login, deps)];
      }),
    );
  }

  /** Side by side on different venues. Never throws for what an exchange does. */
  execute(orders: readonly OrderRequest[]): Promise<readonly OrderResult[]> {
    return Promise.all(orders.map((order) => this.#execute(order)));
  }

  /** What the accounts have now. @throws FeedClosedError, ExchangeRejectedError */
  async balances(): Promise<readonly Balance[]> {
    const all = this.#venues.map(async ({ name, base, quote }): Promise<Balance[]> => {
      const { cash, coin } = await this.#account(name).holdings();
      return [
        { venue: name, coin: base, amount: coin },
        { venue: name, coin: quote, amount: cash },
      ];
    });
    return (await Promise.all(all)).flat();
  }

  close(): void {
    for (const account of this.#accounts.values()) account.close();
  }

  async #execute(request: OrderRequest): Promise<OrderResult> {
    const { venue, side, levels } = request;
    const account = this.#account(venue.name);
    const outcomes: OrderOutcome[] = [];
    let left = ZERO;
    // One after the other, each with what the one before it has left.
    for (const { price, size } of levels ?? [{ price: request.limit, size: request.size }]) {
      const wanted = addExact(left, parseExact(size));
      const order = { side, size: formatExact(wanted), limit: price };
      const outcome = await account.order(order);
      outcomes.push(outcome);
      if (outcome.error !== null) break;
      left = subtractExact(wanted, tradedBy(outcome.fills).base);
    }
    const last = outcomes.at(-1);
    const error = last?.error ?? null;
    if (last?.isUnknown) this.#deps.halt(`${venue.name}: ${error ?? 'outcome unknown'}`);
    const fee = outcomes.map((each) => parseExact(each.fee)).reduce(addExact, ZERO);
    return {
      request,
      atUs: this.#deps.clock.nowUs(),
      fills: outcomes.flatMap(({ fills }) => fills),
      fee: { coin: venue.quote, amount: formatExact(fee) },
      orderId: outcomes.flatMap(({ orderId }) => orderId ?? []).join(',') || null,
      error,
    };
  }

  #account(venue: string): SandboxAccount {
    const account = this.#accounts.get(venue);
    if (account) return account;
    throw new InvalidArgumentError(`${venue}: no account is given`);
  }
}
