/** How orders are carried out: on paper, or on an exchange. */

import type { VenueEvent } from '../market/events.ts';
import type { OrderRequest, OrderResult } from '../strategy/strategy.ts';

/** What a coin's balance on a venue is. */
export interface Balance {
  readonly venue: string;
  readonly coin: string;
  readonly amount: string;
}

export interface Execution {
  /** Orders of one decision, sent side by side. What an exchange does is in the results, never thrown. */
  execute(orders: readonly OrderRequest[]): Promise<readonly OrderResult[]>;
  /** After the event moved its book, before the strategy is called. `nowUs` is the recorders' clock. */
  onEvent?(event: VenueEvent, nowUs: number): void;
  onTime?(nowUs: number): void;
  /** What is there before the first order, where that is not for the user to say. */
  balances?(): Promise<readonly Balance[]>;
  close(): void;
}
