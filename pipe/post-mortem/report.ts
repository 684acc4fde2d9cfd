/**
 * What a post-mortem says: every opportunity, what was predicted and decided, and what the books that were
 * recorded later would have made of it. Plain JSON: decimals are text, times integer microseconds. Nothing
 * in it depends on when or where it was made.
 */

import type {
  DecisionRecord,
  Evaluation,
  OpportunityEnd,
  RecordedLeg,
} from '../records/records.ts';
import type { DecisionInputs } from '../strategy/arbitrage/question.ts';

/** A figure of what came later, or why it is not known. */
export type Later<T> = ({ readonly state: 'known' } & T) | Unknown | Nothing;

/** The question does not arise: nothing was to be bought, or there is no way to move it. */
export interface Nothing {
  readonly state: 'none';
  readonly reason: string;
}

export interface Unknown {
  readonly state: 'unknown';
  readonly reason: string;
}

/** Both legs at later books. */
export interface Outcome {
  readonly buyAtUs: number;
  readonly sellAtUs: number;
  /** Bought, of what was to be bought: less where the later book did not hold it. */
  readonly size: string;
  readonly cost: string;
  readonly net: string;
  readonly profit: string;
}

/** What the orders of a decision really did. */
export interface Booked {
  /** In base; and what was paid and got, in quote, fees in it included. */
  readonly bought: string;
  readonly cost: string;
  readonly sold: string;
  readonly net: string;
  /** What it came to; null: it is not done, or a kill or an earlier version has left no record of it. */
  readonly result: {
    readonly atUs: number;
    /** With `worth`, that of the `rest` that was left over. */
    readonly profit: string;
    readonly rest: string;
    readonly worth: string;
    readonly hasFailed: boolean;
  } | null;
}

/** How much longer it could have taken. */
export interface TimeLimit {
  readonly us: number;
  /** The search ended here, and it still paid. */
  readonly isAtLeast: boolean;
}

export interface BreakEven {
  /** The longest time from the decision to both fills with which the decided size still paid. */
  readonly latency: Later<TimeLimit>;
  /** The highest fee, as a fraction of each of both trades, with which any size still paid. */
  readonly fee: Later<{ readonly fraction: string; readonly isAtLeast: boolean }>;
  /** The longest transfer with which the decided size still paid. */
  readonly transfer: Later<TimeLimit>;
}

export type Verdict = 'taken' | 'rejected' | 'missed';

export interface ReportedOpportunity {
  readonly id: string;
  readonly pair: string;
  /** In which coin profit is counted. */
  readonly quote: string;
  readonly buy: string;
  readonly sell: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly end: OpportunityEnd;
  readonly lifetimeUs: number;
  /** `missed`: the live run has no record of it. */
  readonly verdict: Verdict;
  readonly reasons: DecisionRecord['reasons'];
  /** What was predicted when it was decided; of a missed one, when it began. */
  readonly predicted: Evaluation;
  /** Its most profitable moment. */
  readonly best: Evaluation;
  /** What earlier decisions had taken of these books' levels, by price: it was not counted again. */
  readonly alreadyTaken: DecisionInputs['taken'];
  /** The books that the decision was made of: anyone can rebuild them. */
  readonly books: { readonly buy: RecordedLeg; readonly sell: RecordedLeg };
  /** By the records; null: the live run has sent no orders. */
  readonly booked: Booked | null;
  /** Both legs, each after its venue's latency. */
  readonly atLatency: Later<Outcome>;
  /** Bought after the latency, moved, and sold when it had arrived. */
  readonly byTransfer: Later<Outcome & { readonly network: string; readonly delayUs: number }>;
  readonly breakEven: BreakEven;
}

export interface Sum {
  readonly quote: string;
  readonly opportunities: number;
  readonly taken: number;
  readonly rejected: number;
  readonly missed: number;
  /** Of what was taken. */
  readonly predicted: string;
  /** What the orders of the live run came to, and how many of what was taken have no result. */
  readonly booked: string;
  readonly unbooked: number;
  /** Of what was taken and is known: at the later books. */
  readonly realised: string;
  /** Taken, but what came of it is not known. */
  readonly unknown: number;
  /** What the others would have brought, as predicted, where that is positive. */
  readonly leftOut: string;
}

export interface NamedSum extends Sum {
  readonly name: string;
}

/** One of each kind for every quote coin; in order of their names, days in order of time. */
export interface Totals {
  readonly all: readonly Sum[];
  readonly byPair: readonly NamedSum[];
  readonly byDirection: readonly NamedSum[];
  /** An opportunity counts for each of its reasons. */
  readonly byReason: readonly NamedSum[];
  readonly byDay: readonly NamedSum[];
}

/** A field of a live record that the archive does not lead to. */
export interface Difference {
  readonly decision: string;
  readonly field: string;
  readonly recorded: string;
  readonly recomputed: string;
}

export interface Recomputation {
  readonly decisions: number;
  readonly equal: number;
  readonly different: number;
  /** Not made again: why, and how many. */
  readonly skipped: readonly { readonly reason: string; readonly decisions: number }[];
  /** The first ones. */
  readonly differences: readonly Difference[];
}

/** What two venues' best prices were around one opportunity. */
export interface PriceDifference {
  readonly opportunity: string;
  /** The bid of the venue to sell on less the ask of the venue to buy on; null: not known from here on. */
  readonly points: readonly { readonly us: number; readonly difference: string | null }[];
}

export interface PostMortem {
  readonly strategy: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly feeTable: {
    readonly id: string;
    /** The table of the live run; false: another one. */
    readonly isRecorded: boolean;
  };
  readonly venues: readonly { readonly name: string; readonly security: string }[];
  /** Venues of its runs without a recorded decision: what was missed there is not known. */
  readonly notSearched: readonly { readonly name: string; readonly security: string }[];
  readonly recomputation: Recomputation;
  readonly totals: Totals;
  /** In order of time. */
  readonly opportunities: readonly ReportedOpportunity[];
  /** Of the most important ones. */
  readonly priceDifferences: readonly PriceDifference[];
}
