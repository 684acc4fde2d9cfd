/** The documents of an exchange in MongoDB. Pure. Names of accounts are the contract's. */

import { Binary } from 'mongodb';
import type { AnyBulkWriteOperation } from 'mongodb';
import type { RestoredOrder } from '../../market/matching-engine.ts';
import type { OrderSide } from '../../market/order-events.ts';
import type { Account } from '../engine/accounts.ts';
import type { Batch, JournalEntry, Stopped, StoredAccount } from './store.ts';

export interface AccountDocument {
  /** Place in the list. */
  readonly _id: number;
  readonly username: string;
  /** For people: the nearest double. */
  readonly cash_amount: number;
  readonly cash_on_hold: number;
  /** The same, exactly. */
  readonly cash_cents: number;
  readonly cash_on_hold_cents: number;
  readonly microbitcoin_amount: number;
  readonly microbitcoin_on_hold: number;
  readonly password_hash: string | null;
  /** The last batch that changed it. */
  readonly batch: number;
}

/** An order, also when it rests no more: `remaining` is 0 then. */
export interface OrderDocument {
  readonly _id: number;
  readonly owner: number;
  readonly side: OrderSide;
  /** Cents. */
  readonly price: number;
  readonly remaining: number;
  readonly is_open: boolean;
  readonly batch: number;
}

export interface JournalDocument extends Omit<Batch, 'batch' | 'closed'> {
  readonly _id: number;
  /** Ids as doubles: a batch may close every order there is, and a document has 16 MB at most. */
  readonly closed: Binary;
  /** Distinguishes it from that of another exchange with the same number. */
  readonly writer: string;
}

export interface MetaDocument extends Pick<Stopped, 'salt'> {
  readonly _id: 'exchange';
  /** The last batch that `accounts` and `orders` have. */
  readonly batch: number;
  readonly position: Stopped['position'];
}

export function accountDocument(account: StoredAccount, batch: number): AccountDocument {
  return {
    _id: account.user,
    ...balances(account),
    password_hash: account.passwordHash,
    batch,
  };
}

export function accountOf(document: AccountDocument): StoredAccount {
  return {
    user: document._id,
    username: document.username,
    cash: document.cash_cents,
    cashOnHold: document.cash_on_hold_cents,
    coin: document.microbitcoin_amount,
    coinOnHold: document.microbitcoin_on_hold,
    passwordHash: document.password_hash,
  };
}

export function orderOf({ _id: id, owner, side, price, remaining }: OrderDocument): RestoredOrder {
  return { id, owner, side, price, remaining };
}

export function journalDocument({ batch, ...rest }: Batch, writer: string): JournalDocument {
  const closed = Float64Array.from(rest.closed, ({ id }) => id);
  return { _id: batch, ...rest, closed: new Binary(new Uint8Array(closed.buffer)), writer };
}

export function entryOf({ _id: batch, timeUs, commands, position }: JournalDocument): JournalEntry {
  return { batch, timeUs, commands, position };
}

/** Each may be repeated, and changes nothing that a later batch has changed. */
export function accountWrites({
  _id: batch,
  accounts,
}: JournalDocument): AnyBulkWriteOperation<AccountDocument>[] {
  return accounts.map((account) => ({
    updateOne: {
      filter: { _id: account.user, batch: { $lt: batch } },
      update: { $set: { ...balances(account), batch } },
    },
  }));
}

/**
 * Each may be repeated, as above. Without errors in passing: not every server goes on with the others behind a
 * duplicate key.
 */
export function orderWrites({
  _id: batch,
  commands,
  position,
  open,
  closed,
}: JournalDocument): AnyBulkWriteOperation<OrderDocument>[] {
  const lastBefore = position.orderId - commands.filter(({ type }) => type === 'order').length;
  const opened = open.map(({ id, owner, side, price, remaining }) => {
    const order = { owner, side, price, remaining, is_open: true, batch };
    return id > lastBefore
      ? { updateOne: { filter: { _id: id }, update: { $setOnInsert: order }, upsert: true } }
      : { updateOne: { filter: { _id: id, batch: { $lt: batch } }, update: { $set: order } } };
  });
  const bytes = Uint8Array.from(closed.value());
  const ended = Array.from(new Float64Array(bytes.buffer), (id) => ({
    updateOne: {
      filter: { _id: id, batch: { $lt: batch } },
      update: { $set: { remaining: 0, is_open: false, batch } },
    },
  }));
  return [...opened, ...ended];
}

function balances(account: Account): Omit<AccountDocument, '_id' | 'password_hash' | 'batch'> {
  return {
    username: account.username,
    cash_amount: account.cash / 100,
    cash_on_hold: account.cashOnHold / 100,
    cash_cents: account.cash,
    cash_on_hold_cents: account.cashOnHold,
    microbitcoin_amount: account.coin,
    microbitcoin_on_hold: account.coinOnHold,
  };
}
