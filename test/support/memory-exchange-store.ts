/** An exchange store in memory, the plainest one. What it is given is copied, as a disk would. */

import { ConflictError } from '../../logger/errors.ts';
import type { RestoredOrder } from '../../sandbox/market/matching-engine.ts';
import type {
  Batch,
  Beginning,
  ExchangeStore,
  JournalEntry,
  PageStart,
  Stopped,
} from '../../sandbox/exchange/store/store.ts';

export class MemoryExchangeStore implements ExchangeStore {
  #stopped: Stopped | null = null;
  readonly #orders = new Map<number, RestoredOrder>();
  readonly #journal: JournalEntry[] = [];
  /** Thrown by the next commit, which stores nothing. */
  failure: Error | null = null;
  pages = 0;

  reset(beginning: Beginning): Promise<void> {
    this.#orders.clear();
    this.#journal.length = 0;
    this.#stopped = structuredClone({ ...beginning, batch: 0 });
    return Promise.resolve();
  }

  load(): Promise<Stopped | null> {
    return Promise.resolve(structuredClone(this.#stopped));
  }

  async commit(given: Batch): Promise<void> {
    await Promise.resolve();
    if (this.failure) throw this.failure;
    const stopped = this.#stopped;
    if (stopped?.batch !== given.batch - 1) throw new ConflictError('Another exchange has written');
    const { batch, timeUs, commands, position, accounts, open, closed } = structuredClone(given);
    this.#journal.push({ batch, timeUs, commands, position });
    for (const { id } of closed) if (!this.#orders.delete(id)) throw new Error(`${id} is not open`);
    for (const order of open) this.#orders.set(order.id, order);
    const changed = new Map(accounts.map((account) => [account.user, account]));
    this.#stopped = {
      ...stopped,
      batch,
      position,
      accounts: stopped.accounts.map((account) => ({ ...account, ...changed.get(account.user) })),
    };
    if (this.#orders.size !== position.openOrders) throw new Error('openOrders is wrong');
  }

  page(
    side: 'buy' | 'sell',
    start: PageStart | undefined,
    count: number,
  ): Promise<RestoredOrder[]> {
    this.pages++;
    const rank = ({ price }: PageStart): number => (side === 'buy' ? -price : price);
    const isAfter = (order: RestoredOrder): boolean =>
      !start || rank(order) > rank(start) || (rank(order) === rank(start) && order.id > start.id);
    const orders = [...this.#orders.values()]
      .filter((order) => order.side === side && isAfter(order))
      .sort((a, b) => rank(a) - rank(b) || a.id - b.id);
    return Promise.resolve(structuredClone(orders.slice(0, count)));
  }

  order(id: number): Promise<RestoredOrder | undefined> {
    return Promise.resolve(structuredClone(this.#orders.get(id)));
  }

  async *journal(): AsyncGenerator<JournalEntry> {
    yield* this.#journal;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
