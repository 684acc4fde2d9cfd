/**
 * The door of strategies. A strategy sees books, history and fees, and asks for orders; it knows nothing of
 * wire or storage. A new one is a folder here and a line in `strategies.ts`.
 */

import type { Options } from 'yargs';
import type { FeeTable } from '../fees/fee-table.ts';
import type { VenueEvent } from '../market/events.ts';
import type { VenueBook } from '../market/venue-book.ts';
import type { Venue } from '../market/venue.ts';
import type {
  DecisionRecord,
  LedgerEntry,
  OpportunityRecord,
  ResultRecord,
} from '../records/records.ts';
import type { PairHistory } from '../top/pair-history.ts';
import type { Standing } from './standing.ts';

/** Of one price: of a level, or filled. */
export interface Fill {
  readonly price: string;
  readonly size: string;
}

/** An order for what is in the book now: it fills at once, as far as its limit allows, or not at all. */
export interface OrderRequest {
  /** The decision it belongs to. */
  readonly decision: string;
  readonly venue: Venue;
  readonly side: 'buy' | 'sell';
  /** In base, and the worst price; plain decimals. */
  readonly size: string;
  readonly limit: string;
  /** What it is meant to take, best first: where each order is settled at its limit, it is one for each. */
  readonly levels?: readonly Fill[];
}

export interface OrderResult {
  readonly request: OrderRequest;
  readonly atUs: number;
  /** Best first; empty: nothing was filled. */
  readonly fills: readonly Fill[];
  /** In which coin the fee was charged, and how much. */
  readonly fee: { readonly coin: string; readonly amount: string };
  /** The exchange's id of the order, or of several with a comma between them; null: on paper. */
  readonly orderId: string | null;
  /** Why it was rejected; null: it was not. */
  readonly error: string | null;
}

/** A coin on its way from one venue to another. */
export interface Transfer {
  readonly decision: string;
  readonly coin: string;
  readonly from: string;
  readonly to: string;
  /** What is withdrawn: of it, `fee` is lost, and the rest arrives. */
  readonly amount: string;
  readonly fee: string;
  readonly arrivesUs: number;
}

/** A transfer that an earlier run left open: its coin is on its way, or there and not sold. */
export interface OpenTransfer {
  readonly transfer: Transfer;
  readonly hasArrived: boolean;
  readonly decision: DecisionRecord;
  /** Of the last decision about it: each of its opportunity has a number. */
  readonly lastNumber: number;
  /** All that the decision has moved so far. */
  readonly ledger: readonly LedgerEntry[];
}

/** An action of an earlier run that a kill interrupted: only some of its orders moved money. */
export interface InterruptedAction {
  readonly decision: DecisionRecord;
  /** All that they have moved. */
  readonly ledger: readonly LedgerEntry[];
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
  /** No order may be sent from now on, by any strategy of this store. */
  halt(reason: string): void;
  /** Shared by all pairs of this strategy. */
  readonly standing: Standing;
  /** Orders of one decision, sent side by side; `onResult` gets what became of each. */
  execute(orders: readonly OrderRequest[]): void;
  /**
   * Replaces the orders of this pair that rest in the book, on paper alone: they are filled by trades that go
   * through their price, and `onResult` gets each fill.
   */
  quote(orders: readonly OrderRequest[]): void;
  /** Whether coins can be moved: on paper they can. */
  readonly canTransfer: boolean;
  /** `onArrival` gets it when it is there. */
  transfer(transfer: Transfer): void;
  /** What is written is on disk before the next order is sent. Movements of money are recorded for it. */
  record(batch: {
    readonly opportunities?: readonly OpportunityRecord[];
    readonly decisions?: readonly DecisionRecord[];
    readonly ledger?: readonly LedgerEntry[];
    readonly results?: readonly ResultRecord[];
  }): void;
}

export interface Strategy {
  /** After the event moved its book. `nowUs` is the recorders' clock: it never goes back. */
  onEvent(event: VenueEvent, nowUs: number): void;
  /** At least ten times a second without an event: what ends by time ends here. */
  onTime(nowUs: number): void;
  /** What became of an order, or a part of a quote that was filled. On paper, before the event that follows it. */
  onResult(result: OrderResult, nowUs: number): void;
  onArrival?(transfer: Transfer, nowUs: number): void;
  /** Goes on with what an earlier run left open: before the first event, and before `onArrival`. */
  resume?(open: OpenTransfer): void;
  /** Finds out what it came to, for the results of the day: before the first event. */
  settle?(interrupted: InterruptedAction): void;
  /** For people, at the end: what was counted and not recorded; null: nothing. */
  report?(): string | null;
  /** Ends what is open. After it come results and arrivals alone, of what was under way. */
  stop(nowUs: number): Promise<void>;
}

export interface StrategyDefinition {
  readonly name: string;
  /** One line, for the help. */
  readonly summary: string;
  /** Its options of the command line. */
  readonly options: Readonly<Record<string, Options>>;
  /** For the help: command lines without `--strategy NAME`, each with what it does. */
  readonly examples?: readonly (readonly [line: string, describe: string])[];
  /** It needs the trades of its venues, too. */
  readonly needsTrades?: true;
  /**
   * What a run's record keeps of its options, defaults included: plain JSON. Without it, the options.
   * @throws InvalidArgumentError for a bad option.
   */
  settings?(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** @throws InvalidArgumentError for a bad option. */
  create(context: StrategyContext, options: Readonly<Record<string, unknown>>): Strategy;
}
