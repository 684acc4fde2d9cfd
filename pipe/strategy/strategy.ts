/**
 * The door of strategies. A strategy sees books, history and fees, and asks for orders; it knows nothing of
 * wire or storage. A new one is a folder here and a line in `strategies.ts`.
 */

import type { Options } from 'yargs';
import type { FeeTable } from '../fees/fee-table.ts';
import type { VenueEvent } from '../market/events.ts';
import type { VenueBook } from '../market/venue-book.ts';
import type { Venue } from '../market/venue.ts';
import type { DecisionRecord, LedgerEntry, OpportunityRecord } from '../records/records.ts';
import type { PairHistory } from '../top/pair-history.ts';

/** An order for what is in the book now: it fills at once, as far as its limit allows, or not at all. */
export interface OrderRequest {
  /** The decision it belongs to. */
  readonly decision: string;
  readonly venue: Venue;
  readonly side: 'buy' | 'sell';
  /** In base, and the worst price; plain decimals. */
  readonly size: string;
  readonly limit: string;
}

export interface Fill {
  readonly price: string;
  readonly size: string;
}

export interface OrderResult {
  readonly request: OrderRequest;
  readonly atUs: number;
  /** Best first; empty: nothing was filled. */
  readonly fills: readonly Fill[];
  /** In which coin the fee was charged, and how much. */
  readonly fee: { readonly coin: string; readonly amount: string };
  /** The exchange's id of the order; null: on paper. */
  readonly orderId: string | null;
  /** Why it was rejected; null: it was not. */
  readonly error: string | null;
}

/** What a strategy is given. */
export interface StrategyContext {
  readonly pair: string;
  /** Of all venues of the pair; they move before the strategy is called. */
  readonly books: readonly VenueBook[];
  /** The tops of the last 24 hours. */
  readonly history: PairHistory;
  readonly fees: FeeTable;
  /** What a coin's balance on a venue is now. */
  balance(venue: string, coin: string): string;
  /** Halted: why no order may be sent; null: it may. */
  halted(): string | null;
  /** Orders of one decision, sent side by side; the results come with a later event. */
  execute(orders: readonly OrderRequest[]): Promise<readonly OrderResult[]>;
  /** What is written is on disk before the next order is sent. */
  record(batch: {
    readonly opportunities?: readonly OpportunityRecord[];
    readonly decisions?: readonly DecisionRecord[];
    readonly ledger?: readonly LedgerEntry[];
  }): void;
}

export interface Strategy {
  /** After the event moved its book. `nowUs` is the recorders' clock: it never goes back. */
  onEvent(event: VenueEvent, nowUs: number): void;
  /** At least ten times a second without an event: what ends by time ends here. */
  onTime(nowUs: number): void;
  /** Ends what is open. */
  stop(nowUs: number): Promise<void>;
}

export interface StrategyDefinition {
  readonly name: string;
  /** One line, for the help. */
  readonly summary: string;
  /** Its options of the command line. */
  readonly options: Readonly<Record<string, Options>>;
  /** @throws InvalidArgumentError for a bad option. */
  create(context: StrategyContext, options: Readonly<Record<string, unknown>>): Strategy;
}
