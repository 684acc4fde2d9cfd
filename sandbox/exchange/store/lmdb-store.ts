/**
 * The exchange's state in LMDB: a batch is one transaction that is on disk when `commit` returns. Nobody else
 * may have the directory open.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { Database, RootDatabase } from 'lmdb';
import { ConflictError } from '../../../logger/errors.ts';
import type { RestoredOrder } from '../../market/matching-engine.ts';
import type { OrderSide } from '../../market/order-events.ts';
import type {
  Batch,
  Beginning,
  ClosedOrder,
  ExchangeStore,
  JournalEntry,
  PageStart,
  Stopped,
  StoredAccount,
} from './store.ts';

const HEAD = 'head';
/** Orders by priority: side, rank of the price (the best is the lowest), id. */
type QueueKey = [side: 0 | 1, rank: number, id: number];
type QueueValue = [owner: number, remaining: number];
type Head = Omit<Stopped, 'accounts'>;

export async function openLmdbStore(directory: string): Promise<LmdbStore> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // Committed means flushed: not in the background.
  return new LmdbStore(open({ path: join(directory, 'exchange.mdb'), overlappingSync: false }));
}

class LmdbStore implements ExchangeStore {
  readonly #root: RootDatabase;
  readonly #meta: Database<Head, string>;
  readonly #accounts: Database<StoredAccount, number>;
  /** Side and price of each open order. */
  readonly #orders: Database<[side: 0 | 1, price: number], number>;
  readonly #queue: Database<QueueValue, QueueKey>;
  readonly #journal: Database<JournalEntry, number>;

  constructor(root: RootDatabase) {
    this.#root = root;
    this.#meta = root.openDB({ name: 'meta' });
    this.#accounts = root.openDB({ name: 'accounts' });
    this.#orders = root.openDB({ name: 'orders' });
    this.#queue = root.openDB({ name: 'queue' });
    this.#journal = root.openDB({ name: 'exchange_journal' });
  }

  async reset({ salt, accounts, position }: Beginning): Promise<void> {
    await this.#root.transaction(() => {
      for (const table of [this.#meta, this.#accounts, this.#orders, this.#queue, this.#journal])
        table.clearSync();
      for (const account of accounts) this.#accounts.putSync(account.user, account);
      this.#meta.putSync(HEAD, { salt, batch: 0, position });
    });
  }

  load(): Promise<Stopped | null> {
    const head = this.#meta.get(HEAD);
    if (!head) return Promise.resolve(null);
    const accounts = Array.from(this.#accounts.getRange(), ({ value }) => value);
    return Promise.resolve({ ...head, accounts });
  }

  async commit(batch: Batch): Promise<void> {
    await this.#root.transaction(() => {
      const head = this.#meta.get(HEAD);
      if (head?.batch !== batch.batch - 1) {
        throw new ConflictError('Another exchange has written to the same directory');
      }
      const { timeUs, commands, position } = batch;
      this.#journal.putSync(batch.batch, { batch: batch.batch, timeUs, commands, position });
      for (const account of batch.accounts) {
        const passwordHash = this.#accounts.get(account.user)?.passwordHash ?? null;
        this.#accounts.putSync(account.user, { ...account, passwordHash });
      }
      for (const { id, side, price } of batch.closed) {
        this.#orders.removeSync(id);
        this.#queue.removeSync(queueKey({ id, side, price }));
      }
      for (const { id, owner, side, price, remaining } of batch.open) {
        this.#orders.putSync(id, [sideNumber(side), price]);
        this.#queue.putSync(queueKey({ id, side, price }), [owner, remaining]);
      }
      this.#meta.putSync(HEAD, { salt: head.salt, batch: batch.batch, position });
    });
  }

  page(side: OrderSide, start: PageStart | undefined, count: number): Promise<RestoredOrder[]> {
    const number = sideNumber(side);
    const from: QueueKey = start
      ? queueKey({ ...start, id: start.id + 1, side })
      : [number, -Number.MAX_SAFE_INTEGER, 0];
    const end: QueueKey = [number, Number.MAX_SAFE_INTEGER, 0];
    const rows = this.#queue.getRange({ start: from, end, limit: count });
    return Promise.resolve(
      Array.from(rows, ({ key: [, rank, id], value: [owner, remaining] }) => {
        return { id, owner, side, price: Math.abs(rank), remaining };
      }),
    );
  }

  order(id: number): Promise<RestoredOrder | undefined> {
    const [sideOf, price] = this.#orders.get(id) ?? [];
    if (sideOf === undefined || price === undefined) return Promise.resolve(undefined);
    const side = sideOf === 0 ? 'buy' : 'sell';
    const [owner, remaining] = this.#queue.get(queueKey({ id, side, price })) ?? [];
    if (owner === undefined || remaining === undefined) return Promise.resolve(undefined);
    return Promise.resolve({ id, owner, side, price, remaining });
  }

  async *journal(): AsyncGenerator<JournalEntry> {
    for (const { value } of this.#journal.getRange()) yield value;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

function sideNumber(side: OrderSide): 0 | 1 {
  return side === 'buy' ? 0 : 1;
}

function queueKey({ id, side, price }: ClosedOrder): QueueKey {
  return [sideNumber(side), side === 'buy' ? -price : price, id];
}
