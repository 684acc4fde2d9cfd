/**
 * The answers in the shape in which people and scripts get them: plain JSON values, prices and
 * sizes as decimal text, sequences as text, times as ISO 8601 in µs. The manager, the CLI and the
 * library all speak these; nobody formats twice.
 */

import type { GapCause, Proof } from '../market/coverage.ts';
import type { BookLevel } from '../market/security.ts';
import type { ClockName } from '../market/time.ts';

/** `[price, size]` */
export type LevelRow = readonly [string, string];

export interface BookAnswer {
  readonly security: string;
  readonly level: BookLevel;
  /** The time asked for; at a sequence the book's receive time, for the book now this moment. */
  readonly at: string;
  readonly clock: ClockName;
  readonly sequence: string | null;
  readonly exchangeTime: string;
  readonly receiveTime: string;
  readonly state: 'proven';
  readonly proof: Proof;
  readonly horizon: { readonly bid: string | null; readonly ask: string | null };
  readonly bids: readonly LevelRow[];
  readonly asks: readonly LevelRow[];
}

export interface GapAnswer {
  readonly from: string;
  /** null: not yet closed. */
  readonly to: string | null;
  readonly cause: GapCause;
  readonly firstMissing: string | null;
  readonly lastMissing: string | null;
}

/** Instead of a book, where there is none for that moment. */
export interface NoBookAnswer {
  readonly security: string;
  readonly state: 'gap';
  readonly gap: Pick<GapAnswer, 'from' | 'to' | 'cause'>;
}

export interface IntervalAnswer {
  readonly from: string;
  readonly to: string;
  readonly firstSequence: string;
  readonly lastSequence: string;
  readonly feed: string;
  readonly proof: Proof;
}

export interface CoverageAnswer {
  readonly security: string;
  readonly intervals: readonly IntervalAnswer[];
  readonly gaps: readonly GapAnswer[];
}

export interface VerifyAnswer {
  /** How many records were read. */
  readonly records: number;
  readonly problems: readonly VerifyProblem[];
}

export interface VerifyProblem {
  readonly security: string;
  /** The record's key: `<kind> <epoch>/<sequence>`. */
  readonly record: string;
  readonly problem: string;
}

export type ExportType = 'trades' | 'quotes' | 'incremental';
export type ExportFormat = 'jsonl' | 'csv';
