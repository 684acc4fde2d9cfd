/**
 * What a running logger can say about itself in numbers. Types only, as `manager/control.ts`: the
 * recorders' registry fills them in, the metrics port prints them. They are gathered at a scrape
 * from what is in memory, so a scrape waits for no disk and no network.
 */

import type { ExchangeCounters } from '../exchange/exchange.ts';
import type { HealthStatus, RecordingState, SelfCheckFigures } from './control.ts';
import type { GapCause } from '../market/coverage.ts';

export interface LoggerFigures {
  readonly health: Omit<HealthStatus, 'securities'>;
  readonly securities: readonly SecurityFigures[];
  readonly exchanges: readonly ExchangeFigures[];
  /** How often the event loop stood still while recording. */
  readonly eventLoopStalls: number;
}

export interface ExchangeFigures extends ExchangeCounters {
  readonly exchange: string;
}

/** Counts begin when this process takes up the security. */
export interface SecurityFigures {
  readonly security: string;
  readonly exchange: string;
  readonly state: RecordingState;
  /** Steps and sideEvents. */
  readonly messages: number;
  /** From the exchange's stamp on a message of the book to its arrival here. */
  readonly latency: Buckets;
  /** Gaps that the recorder opened, or found open at its start, and what a full spool gave up. */
  readonly gapsByCause: ReadonlyMap<GapCause, number>;
  readonly selfCheck: SelfCheckFigures;
  /** Books proven afresh after the first one. */
  readonly resyncs: number;
  /** Receive time; null before the first. */
  readonly lastMessageUs: number | null;
  /** Events that wait: in the open block, or for a book to be proven. */
  readonly queuedEvents: number;
  /** How far the book is known to be complete, as a share of the best price; null: all of it. */
  readonly bidHorizonRatio: number | null;
  readonly askHorizonRatio: number | null;
  /** Receive time; null: there is none. */
  readonly lastImageUs: number | null;
  readonly storedBytes: number;
  /** All that the archive holds, and the open one. */
  readonly storedGaps: number;
}

/** A distribution: how many values were at most each bound, but above the one before. */
export interface Buckets {
  /** Ascending. Values above the last one are in one more bucket. */
  readonly bounds: readonly number[];
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}
