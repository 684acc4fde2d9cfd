/**
 * The exchange's state in MongoDB. The truth is the journal: a batch is stored when its one document is,
 * which every server does whole or not at all. `accounts` and `orders` follow: in the same transaction
 * where the server has transactions, else by writes that may be repeated, and are at the next start. Two exchanges
 * can't write one journal: the second document of a number is a duplicate key. The one that starts last wins.
 */

import { randomUUID } from 'node:crypto';
import { MongoClient, MongoServerError } from 'mongodb';
import type { ClientSession, Collection, Db } from 'mongodb';
import { ConflictError, InvalidArgumentError } from '../../../logger/errors.ts';
import type { Clock } from '../../../logger/runtime/clock.ts';
import type { RestoredOrder } from '../../market/matching-engine.ts';
import type { OrderSide } from '../../market/order-events.ts';
import {
  accountDocument,
  accountOf,
  accountWrites,
  entryOf,
  journalDocument,
  orderOf,
  orderWrites,
} from './mongodb-documents.ts';
import type {
  AccountDocument,
  JournalDocument,
  MetaDocument,
  OrderDocument,
} from './mongodb-documents.ts';
import type { Position } from '../engine/exchange-state.ts';
import type { Batch, Beginning, ExchangeStore, JournalEntry, PageStart, Stopped } from './store.ts';

const DEFAULT_DATABASE = 'sandbox_exchange';
const DUPLICATE_KEY = 11_000;
const TIMEOUT_MS = 10_000;
/** A write is tried again for so long; then the exchange ends, and is to be started again. */
const RETRY_MS = 30_000;
const RETRY_PAUSE_MS = 250;
/** Batches that `accounts` and `orders` may be behind the journal. */
const MAX_BEHIND = 8;

export interface MongoStoreOptions {
  readonly clock: Clock;
  /** Default: that of the URI, else `sandbox_exchange`. */
  readonly database?: string;
}

/** @param endpoint `host:port`, or a URI. @throws InvalidArgumentError */
export async function openMongoStore(
  endpoint: string,
  options: MongoStoreOptions,
): Promise<MongoExchangeStore> {
  const uri = /^mongodb(\+srv)?:\/\//i.test(endpoint) ? endpoint : `mongodb://${endpoint}`;
  let client: MongoClient;
  try {
    client = new MongoClient(uri, {
      serverSelectionTimeoutMS: TIMEOUT_MS,
      socketTimeoutMS: TIMEOUT_MS,
      retryWrites: false,
    });
  } catch (error) {
    throw new InvalidArgumentError('MONGODB_ENDPOINT is neither host:port nor a MongoDB URI', {
      cause: error,
    });
  }
  const path = new URL(uri.replace(/^mongodb(\+srv)?/i, 'http')).pathname.slice(1);
  const name = options.database ?? (decodeURIComponent(path) || DEFAULT_DATABASE);
  const db = client.db(name, { writeConcern: { w: 'majority', journal: true } });
  try {
    const { setName, msg } = await db.admin().command({ hello: 1 });
    const hasTransactions = setName !== undefined || msg === 'isdbgrid';
    return new MongoExchangeStore(client, db, { clock: options.clock, hasTransactions });
  } catch (error) {
    await client.close();
    throw error;
  }
}

export class MongoExchangeStore implements ExchangeStore {
  readonly #client: MongoClient;
  readonly #clock: Clock;
  readonly #hasTransactions: boolean;
  readonly #meta: Collection<MetaDocument>;
  readonly #accounts: Collection<AccountDocument>;
  readonly #orders: Collection<OrderDocument>;
  readonly #journal: Collection<JournalDocument>;
  /** Batches whose accounts and orders are being written, one after the other. */
  #following: Promise<void> = Promise.resolve();
  #behind = 0;
  #failure: Error | undefined;

  constructor(
    client: MongoClient,
    db: Db,
    options: { readonly clock: Clock; readonly hasTransactions: boolean },
  ) {
    this.#client = client;
    this.#clock = options.clock;
    this.#hasTransactions = options.hasTransactions;
    this.#meta = db.collection('exchange');
    this.#accounts = db.collection('accounts');
    this.#orders = db.collection('orders');
    this.#journal = db.collection('exchange_journal');
  }

  async reset({ salt, accounts, position }: Beginning): Promise<void> {
    // Last of all what says that there is an exchange.
    await this.#meta.deleteMany({});
    await this.#orders.deleteMany({});
    await this.#accounts.deleteMany({});
    await this.#journal.deleteMany({});
    await this.#orders.createIndex({ is_open: 1, side: 1, price: 1, _id: 1 });
    await this.#accounts.insertMany(accounts.map((account) => accountDocument(account, 0)));
    await this.#meta.insertOne({ _id: 'exchange', salt, batch: 0, position });
  }

  /** From here on no other exchange can write, nor a killed one whose last write is still under way. */
  async load(): Promise<Stopped | null> {
    const meta = await this.#meta.findOne({ _id: 'exchange' });
    if (!meta) return null;
    let { batch, position } = meta;
    for (;;) {
      // What a run before this one did not get to.
      const missed = this.#journal.find({ _id: { $gt: batch } }).sort({ _id: 1 });
      for await (const document of missed) {
        // The server may still be at the last writes of that run, and answer with a duplicate key.
        await this.#retrying(() => this.#follow(document));
        ({ _id: batch, position } = document);
      }
      if (await this.#takeNext(batch + 1, position)) break;
    }
    const accounts = await this.#accounts.find().sort({ _id: 1 }).toArray();
    return { salt: meta.salt, accounts: accounts.map(accountOf), batch: batch + 1, position };
  }

  async commit(batch: Batch): Promise<void> {
    if (this.#behind >= MAX_BEHIND) await this.#following;
    if (this.#failure !== undefined) throw this.#failure;
    const document = journalDocument(batch, randomUUID());
    if (this.#hasTransactions) {
      await this.#retrying(() =>
        this.#client.withSession((session) =>
          session.withTransaction(async () => {
            await this.#store(document, session);
            await this.#follow(document, session);
          }),
        ),
      );
      return;
    }
    await this.#retrying(() => this.#store(document));
    this.#behind++;
    this.#following = this.#following.then(() => this.#catchUp(document));
  }

  async page(
    side: OrderSide,
    start: PageStart | undefined,
    count: number,
  ): Promise<RestoredOrder[]> {
    await this.#following;
    const direction = side === 'buy' ? -1 : 1;
    const worse = side === 'buy' ? '$lt' : '$gt';
    const after = start && {
      $or: [{ price: { [worse]: start.price } }, { price: start.price, _id: { $gt: start.id } }],
    };
    const found = this.#orders
      .find({ is_open: true, side, ...after })
      .sort({ price: direction, _id: 1 });
    // 0 would mean all; more than an int32 is rejected.
    if (count <= 2 ** 31 - 1) found.limit(count);
    return (await found.toArray()).map(orderOf);
  }

  async order(id: number): Promise<RestoredOrder | undefined> {
    await this.#following;
    const document = await this.#orders.findOne({ _id: id, is_open: true });
    return document ? orderOf(document) : undefined;
  }

  async *journal(): AsyncGenerator<JournalEntry> {
    for await (const document of this.#journal.find().sort({ _id: 1 })) yield entryOf(document);
  }

  async close(): Promise<void> {
    await this.#following;
    await this.#client.close();
  }

  /** Puts an empty batch into the journal. @returns false if another has come before it. */
  async #takeNext(batch: number, position: Position): Promise<boolean> {
    const nothing = { commands: [], accounts: [], open: [], closed: [] };
    const empty = { batch, timeUs: this.#clock.nowUs(), position, ...nothing };
    const document = journalDocument(empty, randomUUID());
    try {
      await this.#retrying(() => this.#store(document));
    } catch (error) {
      if (error instanceof ConflictError) return false;
      throw error;
    }
    await this.#retrying(() => this.#follow(document));
    return true;
  }

  /** @throws ConflictError */
  async #store(document: JournalDocument, session?: ClientSession): Promise<void> {
    try {
      await this.#journal.insertOne(document, { ...(session && { session }) });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      // An attempt of our own, whose answer was lost?
      const stored = await this.#journal.findOne({ _id: document._id });
      if (stored?.writer !== document.writer) {
        throw new ConflictError('Another exchange has written to the same database', {
          cause: error,
        });
      }
    }
  }

  async #catchUp(document: JournalDocument): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#retrying(() => this.#follow(document));
    } catch (error) {
      // The next commit reports it, and the next start makes good for it.
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#behind--;
  }

  /** Brings accounts and orders to a batch that is in the journal. May be repeated. */
  async #follow(batch: JournalDocument, session?: ClientSession): Promise<void> {
    const [accounts, orders] = [accountWrites(batch), orderWrites(batch)];
    const options = { ordered: false, ...(session && { session }) };
    if (accounts.length > 0) await this.#accounts.bulkWrite(accounts, options);
    if (orders.length > 0) await this.#orders.bulkWrite(orders, options);
    await this.#meta.updateOne(
      { _id: 'exchange', batch: { $lt: batch._id } },
      { $set: { batch: batch._id, position: batch.position } },
      { ...(session && { session }) },
    );
  }

  /** Until it works, or for too long. */
  async #retrying(write: () => Promise<void>): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + RETRY_MS;
    for (;;) {
      try {
        await write();
        return;
      } catch (error) {
        if (error instanceof ConflictError || this.#clock.monotonicMs() >= untilMs) throw error;
        await new Promise<void>((resolve) => {
          this.#clock.schedule(RETRY_PAUSE_MS, resolve);
        });
      }
    }
  }
}

function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}
