/**
 * Where the exchange keeps its state. One batch of commands is one commit: it is stored whole or not at all,
 * also if the process is killed or the machine loses power, and only then is anybody told.
 */

import type { RestoredOrder } from '../../market/matching-engine.ts';
import type { OrderSide } from '../../market/order-events.ts';
import type { Account } from '../engine/accounts.ts';
import type { Command } from '../engine/commands.ts';
import type { Position } from '../engine/exchange-state.ts';

/** An account as it is stored. */
export interface StoredAccount extends Account {
  /** Of its password; null: nobody can log in. */
  readonly passwordHash: string | null;
}

/** What an exchange begins with. */
export interface Beginning {
  /** 16 hex digits that distinguish the ids of its orders from those before a reset. */
  readonly salt: string;
  readonly accounts: readonly StoredAccount[];
  /** Where its numbers begin. */
  readonly position: Position;
}

/** Where an exchange stopped. */
export interface Stopped extends Beginning {
  /** Of the last batch. */
  readonly batch: number;
}

/** What is kept of a batch for good. */
export interface JournalEntry {
  /** One more than that of the batch before. */
  readonly batch: number;
  readonly timeUs: number;
  /** Those that were accepted, in order: executed again, they give the same state. */
  readonly commands: readonly Command[];
  /** After the batch. */
  readonly position: Position;
}

export interface Batch extends JournalEntry {
  /** The accounts that changed, as they are after the batch. */
  readonly accounts: readonly Account[];
  /** The orders that are new or changed and rest after the batch. */
  readonly open: readonly RestoredOrder[];
  /** The orders that rested before the batch, but not after it. */
  readonly closed: readonly ClosedOrder[];
}

export type ClosedOrder = Pick<RestoredOrder, 'id' | 'side' | 'price'>;

/** Where a page of orders begins: behind this one. */
export type PageStart = Readonly<Pick<RestoredOrder, 'price' | 'id'>>;

export interface ExchangeStore {
  /** Begins anew: everything that was stored is deleted. */
  reset(beginning: Beginning): Promise<void>;
  /** null: nothing is stored. */
  load(): Promise<Stopped | null>;
  /** @throws ConflictError if another exchange has written here since. */
  commit(batch: Batch): Promise<void>;
  /** The open orders of a side after `start`, best first and in queue order; at most `count`. */
  page(
    side: OrderSide,
    start: PageStart | undefined,
    count: number,
  ): Promise<readonly RestoredOrder[]>;
  /** undefined: no such order is open. */
  order(id: number): Promise<RestoredOrder | undefined>;
  /** All batches, in order. */
  journal(): AsyncIterable<JournalEntry>;
  close(): Promise<void>;
}

export const START_POSITION: Position = Object.freeze({
  bookSequence: 0,
  tradeId: 0,
  orderId: 0,
  openOrders: 0,
});
