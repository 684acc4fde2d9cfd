/** What a decision is asked, and what it compares. */

import type { FeeTable } from '../../fees/fee-table.ts';
import type { BestWay, Direction, LegBook } from './plan.ts';
import type { TransferRisk } from './risk.ts';
import type { ArbitrageSettings } from './settings.ts';

/** Plain JSON. What else a decision is made of; the books and their points are in its evaluation. */
export interface DecisionInputs {
  readonly direction: Direction;
  /** What may be spent: no more than the balances less what orders under way need. */
  readonly balances: { readonly quote: string; readonly base: string };
  /** By price. */
  readonly taken: {
    readonly asks: Readonly<Record<string, string>>;
    readonly bids: Readonly<Record<string, string>>;
  };
  readonly halted: string | null;
  readonly standing: {
    readonly openTransfers: number;
    readonly failures: number;
    readonly resultOfDay: string;
  };
  /** Of the way that was chosen; null: nothing is moved. */
  readonly risk: TransferRisk | null;
}

export interface DecisionQuestion {
  readonly atUs: number;
  readonly buy: LegBook;
  readonly sell: LegBook;
  readonly table: FeeTable;
  readonly settings: ArbitrageSettings;
  readonly inputs: Omit<DecisionInputs, 'risk'>;
  /** Of a transfer that takes so long. */
  readonly risk: (delayMs: number) => TransferRisk | null;
}

/** The most that can be had: of the market, without what was taken, within the balances, and both. */
export interface Bests {
  readonly market: BestWay;
  readonly withoutMinimums: BestWay;
  readonly untaken: BestWay;
  readonly affordable: BestWay;
  readonly own: BestWay;
}
