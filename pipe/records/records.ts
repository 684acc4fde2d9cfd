/**
 * What a strategy leaves behind: every opportunity, every decision with all its reasons, every movement of
 * money. All amounts are plain decimal text; times are integer microseconds on the recorders' clock.
 * A decision holds everything it was made of, so that it can be made again from the archive.
 */

import type { BookPoint } from '../market/events.ts';

export interface RecordedLeg {
  readonly venue: string;
  readonly security: string;
  readonly source: string;
  readonly point: BookPoint;
}

/** What it would bring to buy on one venue and to sell on the other; `docs/pipe.md` has the formula. */
export interface Evaluation {
  readonly atUs: number;
  readonly buy: RecordedLeg;
  readonly sell: RecordedLeg;
  /** Bought, in base; '0': not a single lot brings a profit. */
  readonly size: string;
  /** What walking the asks costs, fee included where it is paid in quote. */
  readonly cost: string;
  /** In base: after the fee of the buy; after the withdrawal; of that, whole lots are sold. */
  readonly received: string;
  readonly transferred: string;
  readonly sold: string;
  /** What walking the bids brings, before and after its fee. */
  readonly revenue: string;
  readonly net: string;
  readonly profit: string;
  /** 10⁴ × profit ÷ cost, two decimals, rounded to the nearest (half away from zero); '0' without a size. */
  readonly bps: string;
  /** What kept the size from being larger. */
  readonly limitedBy: 'edge' | 'depth' | 'horizon' | 'notional' | 'balance' | 'none';
}

export type Figures = Omit<Evaluation, 'atUs' | 'buy' | 'sell' | 'limitedBy'>;

/** Where no size is considered. */
export const NO_FIGURES: Figures = {
  size: '0',
  cost: '0',
  received: '0',
  transferred: '0',
  sold: '0',
  revenue: '0',
  net: '0',
  profit: '0',
  bps: '0',
};

export type OpportunityEnd = 'closed' | 'gap' | 'stale' | 'crossed' | 'halted' | 'running';

/** The longest time in which `buy` and `sell` would have brought at least the demanded profit. */
export interface OpportunityRecord {
  /** `<strategy>/<pair>/<fromUs, 16 digits>/<buy>><sell>`. */
  readonly id: string;
  readonly strategy: string;
  readonly pair: string;
  readonly buy: string;
  readonly sell: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly end: OpportunityEnd;
  /** How it began, and the most profitable moment. */
  readonly first: Evaluation;
  readonly best: Evaluation;
  readonly evaluations: number;
}

export type Reason =
  | 'below-threshold'
  | 'fees'
  | 'depth'
  | 'min-size'
  | 'withdrawal'
  | 'withdrawal-suspended'
  | 'transfer-time'
  | 'transfer-risk'
  | 'stale'
  | 'unproven'
  | 'crossed'
  | 'inventory'
  | 'limit'
  | 'halted'
  | 'no-fees'
  | 'already-taken';

export interface DecisionRecord {
  /** `<opportunity>/<number>`, from 1. */
  readonly id: string;
  readonly opportunity: string;
  readonly strategy: string;
  readonly pair: string;
  readonly atUs: number;
  readonly verdict: 'taken' | 'rejected';
  /** Every one that held, each with its figures for people. Empty: taken. */
  readonly reasons: readonly { readonly reason: Reason; readonly detail: string }[];
  readonly evaluation: Evaluation;
  /** Everything else it was made of: what the strategy needs to decide again. Plain JSON. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What is expected of it: plain JSON, decimals as text. */
  readonly expected: Readonly<Record<string, unknown>>;
}

/** What an action came to, when the last of its orders was done. */
export interface ResultRecord {
  readonly decision: string;
  readonly strategy: string;
  readonly pair: string;
  readonly atUs: number;
  /** The coin of `money`, `worth` and `result`. */
  readonly quote: string;
  /** Paid and got, fees included. Signed. */
  readonly money: string;
  /** In base, bought and not sold; below zero: sold and not bought. And what that was worth then. */
  readonly rest: string;
  readonly worth: string;
  /** Both together. */
  readonly result: string;
  /** An order was rejected, or nothing of it was filled. */
  readonly hasFailed: boolean;
}

/** One movement on one balance. The sum of all movements of a coin on a venue is its balance. */
export interface LedgerEntry {
  /** From 1, without a gap. */
  readonly number: number;
  readonly atUs: number;
  /** Of a deposit that is late: when it was due, while nothing ran. */
  readonly dueUs?: number;
  readonly strategy: string;
  /** null: an opening balance. */
  readonly decision: string | null;
  readonly venue: string;
  readonly coin: string;
  readonly kind: 'opening' | 'buy' | 'sell' | 'fee' | 'withdrawal' | 'deposit' | 'transfer-fee';
  /** Signed. */
  readonly amount: string;
  /** After it. */
  readonly balance: string;
  /** The fill it belongs to: an order of the sandbox exchange, or `paper`. */
  readonly fill: string | null;
}

/** A table of fees as it was used; `id` is a hash of its content. */
export interface StoredFeeTable {
  readonly id: string;
  readonly table: unknown;
}

/** A run of a strategy: its settings, for those who decide again. */
export interface RunRecord {
  /** `<strategy>/<startedUs, 16 digits>`. */
  readonly id: string;
  readonly strategy: string;
  readonly startedUs: number;
  readonly feeTable: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly venues: readonly {
    readonly name: string;
    readonly security: string;
    readonly source: string;
  }[];
}

export interface TimeRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Where records are kept: a directory (LMDB) or MongoDB. Writing the same record again changes nothing. */
export interface RecordStore {
  putRun(run: RunRecord): Promise<void>;
  putFeeTable(table: StoredFeeTable): Promise<void>;
  /** One atomic commit where the store can; in this order where it can't. */
  put(batch: {
    readonly opportunities?: readonly OpportunityRecord[];
    readonly decisions?: readonly DecisionRecord[];
    readonly ledger?: readonly LedgerEntry[];
    readonly results?: readonly ResultRecord[];
  }): Promise<void>;
  runs(strategy: string): Promise<readonly RunRecord[]>;
  feeTable(id: string): Promise<StoredFeeTable | null>;
  /** In order of time. */
  opportunities(strategy: string, range: TimeRange): AsyncIterable<OpportunityRecord>;
  decisions(strategy: string, range: TimeRange): AsyncIterable<DecisionRecord>;
  ledger(strategy: string): AsyncIterable<LedgerEntry>;
  results(strategy: string, range: TimeRange): AsyncIterable<ResultRecord>;
  /** The kill switch: why the strategies on this store are halted; null: they are not. */
  halted(): Promise<string | null>;
  setHalted(reason: string | null): Promise<void>;
  close(): Promise<void>;
}
