/**
 * Compares what the exchanges say is there with the ledger: at the start, and whenever orders came to an end. A
 * difference halts: either the ledger is wrong, or somebody else trades on the account.
 */

import { describeError, LoggerError } from '../../../logger/errors.ts';
import type { Balance, Execution } from '../../execution/execution.ts';
import { compareExact, parseExact } from '../../market/exact.ts';

export interface BalanceCheckDeps {
  readonly balances: NonNullable<Execution['balances']>;
  /** Of the ledger. */
  readonly expected: (venue: string, coin: string) => string;
  readonly onDifference: (reason: string) => void;
  readonly log: { warning(message: string): void };
}

export class BalanceCheck {
  readonly #deps: BalanceCheckDeps;
  #orders = 0;
  /** Grows with every order: what was read before it says nothing about the ledger after it. */
  #version = 0;
  #isDue = true;
  #isReading = false;

  constructor(deps: BalanceCheckDeps) {
    this.#deps = deps;
  }

  ordersSent(): void {
    this.#orders++;
    this.#version++;
  }

  /** The ledger has what they came to, or has it before the next `onTime`. */
  ordersDone(): void {
    this.#orders--;
    this.#version++;
    this.#isDue = true;
  }

  onTime(): void {
    if (!this.#isDue || this.#isReading || this.#orders > 0) return;
    this.#isReading = true;
    void this.#compare();
  }

  async #compare(): Promise<void> {
    const version = this.#version;
    try {
      const found = await this.#deps.balances();
      if (version !== this.#version) return;
      this.#isDue = false;
      const different = found.filter((balance) => this.#differs(balance));
      if (different.length > 0) this.#deps.onDifference(different.map(this.#described).join('; '));
    } catch (error) {
      if (!(error instanceof LoggerError)) throw error;
      this.#deps.log.warning(`The balances can't be read: ${describeError(error)}`);
    } finally {
      this.#isReading = false;
    }
  }

  #differs({ venue, coin, amount }: Balance): boolean {
    const ours = this.#deps.expected(venue, coin);
    return compareExact(parseExact(ours), parseExact(amount)) !== 0;
  }

  readonly #described = ({ venue, coin, amount }: Balance): string =>
    `${venue} has ${amount} ${coin}, the ledger ${this.#deps.expected(venue, coin)}`;
}
