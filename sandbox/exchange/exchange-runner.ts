/**
 * The exchange over time: commands wait in one queue, are executed in batches, and each batch is one commit.
 * While a commit is under way further commands gather for the next one. Nobody is told anything before
 * the commit; if it fails, the exchange ends, and goes on from the last one when it is started again.
 */

import { assertInvariant, FeedClosedError, InvalidArgumentError } from '../../logger/errors.ts';
import type { Clock } from '../../logger/runtime/clock.ts';
import { Accounts } from './engine/accounts.ts';
import type { Account } from './engine/accounts.ts';
import type { Command, Outcome } from './engine/commands.ts';
import { ExchangeState } from './engine/exchange-state.ts';
import { BatchChanges } from './batch-changes.ts';
import type { ExchangeStore, Stopped } from './store/store.ts';

const MAX_BATCH = 500;
/** Of the queue; what comes beyond is rejected. */
export const MAX_WAITING_COMMANDS = 20_000;

const BUSY: Outcome = {
  kind: 'rejected',
  status: 429,
  error: 'Too many commands wait: try again later',
};

const STOPPING: Outcome = {
  kind: 'rejected',
  status: 409,
  error: 'The exchange is being stopped',
};

export interface Executed {
  readonly command: Command;
  readonly outcome: Outcome;
}

/** A batch that is stored. */
export interface Committed {
  readonly timeUs: number;
  readonly executed: readonly Executed[];
  /** Those that changed, as they are now. */
  readonly accounts: readonly Account[];
}

export interface RunnerOptions {
  readonly store: ExchangeStore;
  readonly clock: Clock;
  /** Orders a side that are kept in memory. Default: all. */
  readonly hotOrders?: number | undefined;
  /** Called after each commit, before the commands' own results. */
  readonly onCommitted: (batch: Committed) => void;
  /** The exchange can't go on. */
  readonly onFailed: (error: unknown) => void;
}

interface Waiting {
  readonly command: Command;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

export class ExchangeRunner {
  readonly state: ExchangeState;
  /** Distinguishes the ids of this exchange's orders. */
  readonly salt: string;
  /** By user; null: nobody can log in. */
  readonly passwordHashes: readonly (string | null)[];
  readonly #options: RunnerOptions;
  readonly #pageSize: number;
  readonly #queue: Waiting[] = [];
  /** What needs the state as it is stored: between two batches. */
  readonly #between: { readonly read: () => void; readonly reject: (error: Error) => void }[] = [];
  #batch: number;
  #running: Promise<void> | null = null;
  #isClosing = false;
  #ended: Error | null = null;

  /** Goes on where the store stopped. @throws InvalidArgumentError if nothing is stored. */
  static async start(options: RunnerOptions): Promise<ExchangeRunner> {
    const stopped = await options.store.load();
    if (!stopped) throw new InvalidArgumentError('There is no exchange to go on with: reset it');
    const runner = new ExchangeRunner(options, stopped);
    for (const side of ['buy', 'sell'] as const) await runner.#bringInPage(side);
    return runner;
  }

  private constructor(options: RunnerOptions, stopped: Stopped) {
    const { hotOrders } = options;
    const { accounts, position, batch, salt } = stopped;
    this.#options = options;
    this.#pageSize = Math.min(hotOrders ?? Infinity, Number.MAX_SAFE_INTEGER);
    this.state = new ExchangeState({ accounts: new Accounts(accounts), position, hotOrders });
    this.#batch = batch;
    this.salt = salt;
    this.passwordHashes = accounts.map(({ passwordHash }) => passwordHash);
  }

  /** The result comes after its commit. */
  submit(command: Command): Promise<Outcome> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#isClosing) return Promise.resolve(STOPPING);
    if (this.#queue.length >= MAX_WAITING_COMMANDS) return Promise.resolve(BUSY);
    const done = new Promise<Outcome>((resolve, reject) => {
      this.#queue.push({ command, resolve, reject });
    });
    this.#wake();
    return done;
  }

  /** Runs `read` when the state is what is stored, and what was published. */
  between<T>(read: () => T): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#between.push({ read: () => resolve(read()), reject });
      this.#wake();
    });
  }

  /** Executes what waits, and nothing that comes now, and ends. */
  async close(): Promise<void> {
    this.#isClosing = true;
    while (this.#running) await this.#running;
    this.#end(new FeedClosedError('The exchange was stopped'));
  }

  #wake(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // So that what comes in one go is one batch.
    await Promise.resolve();
    try {
      while (this.#queue.length > 0 || this.#between.length > 0) {
        for (const { read } of this.#between.splice(0)) read();
        if (this.#queue.length > 0) await this.#executeBatch();
      }
    } catch (error) {
      this.#end(new FeedClosedError('The exchange failed', { cause: error }));
      this.#options.onFailed(error);
    } finally {
      this.#running = null;
    }
  }

  async #executeBatch(): Promise<void> {
    const { store, clock, onCommitted } = this.#options;
    const changes = new BatchChanges(this.state.position.orderId);
    const executed: Executed[] = [];
    const accepted: Command[] = [];
    while (executed.length < MAX_BATCH) {
      const next = this.#queue[executed.length];
      if (!next) break;
      const { command } = next;
      if (this.state.needs(command)) {
        // The store must have what this batch has done.
        if (accepted.length > 0) break;
        await this.#bringIn(command);
      }
      const outcome = this.state.execute(command);
      executed.push({ command, outcome });
      if (outcome.kind === 'rejected') continue;
      accepted.push(command);
      changes.add(outcome.events, command.user);
    }
    const accounts = this.state.accounts.takeChanged();
    const timeUs = clock.nowUs();
    if (accepted.length > 0) {
      const { position } = this.state;
      const { open, closed } = changes;
      const batch = this.#batch + 1;
      await store.commit({ batch, timeUs, commands: accepted, position, accounts, open, closed });
      this.#batch = batch;
      onCommitted({ timeUs, executed, accounts });
      this.state.trim();
    }
    const done = this.#queue.splice(0, executed.length);
    for (const [i, { outcome }] of executed.entries()) done[i]?.resolve(outcome);
  }

  async #bringIn(command: Command): Promise<void> {
    for (;;) {
      const need = this.state.needs(command);
      if (!need) return;
      if (need.kind === 'page') {
        await this.#bringInPage(need.side);
        continue;
      }
      const order = await this.#options.store.order(need.orderId);
      if (order?.owner === command.user) this.state.bringIn(order);
      return;
    }
  }

  async #bringInPage(side: 'buy' | 'sell'): Promise<void> {
    const count = this.#pageSize;
    const orders = await this.#options.store.page(side, this.state.worst(side), count);
    assertInvariant(count > 0, 'A page has no room for orders');
    this.state.bringInPage(side, orders, orders.length < count);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#queue.splice(0)) reject(error);
    for (const { reject } of this.#between.splice(0)) reject(error);
  }
}
