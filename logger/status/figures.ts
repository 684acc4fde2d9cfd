/**
 * The figures of a running logger, for the metrics port. Types only. They come from memory and the kernel, so
 * a scrape waits for no disk and no network.
 */

import type { ExchangeCounters } from '../exchange/exchange.ts';
import type { GapCause } from '../market/coverage.ts';
import type { HealthStatus } from './health-status.ts';
import type { RecordingState, SelfCheckFigures } from './security-status.ts';

export interface LoggerFigures extends RecordingFigures {
  /** null: none are kept. */
  readonly candles: CandleFigures | null;
  /** Free on the file system of `DATA_DIR`; null: unknown. */
  readonly diskFreeBytes: number | null;
}

/** Since the start of the process. */
export interface CandleFigures {
  readonly kept: number;
  readonly failures: number;
  /** Now. */
  readonly waiting: number;
}

export interface RecordingFigures {
  readonly health: Omit<HealthStatus, 'securities'>;
  readonly securities: readonly SecurityFigures[];
  readonly exchanges: readonly ExchangeFigures[];
  /** Stalls of the event loop while recording. */
  readonly eventLoopStalls: number;
}

export interface ExchangeFigures extends ExchangeCounters {
  readonly exchange: string;
}

/** Counts start when this process takes up the security. */
export interface SecurityFigures {
  readonly security: string;
  readonly exchange: string;
  readonly state: RecordingState;
  /** Book updates and side events. */
  readonly messages: number;
  /** From the exchange's timestamp of a book update to its arrival. */
  readonly latency: Buckets;
  /** Gaps that the recorder opened or found open at its start, and records that a full spool dropped. */
  readonly gapsByCause: ReadonlyMap<GapCause, number>;
  readonly selfCheck: SelfCheckFigures;
  /** Books proven after the first one. */
  readonly resyncs: number;
  /** Receive time; null before the first. */
  readonly lastMessageUs: number | null;
  /** Events in the open block, or waiting for a book to be proven. */
  readonly queuedEvents: number;
  /** Distance from the best price to the horizon, as a share of the best price; null: no horizon. */
  readonly bidHorizonRatio: number | null;
  readonly askHorizonRatio: number | null;
  /** Receive time; null: none. */
  readonly lastImageUs: number | null;
  readonly storedBytes: number;
  /** Gaps in the archive, with the open one. */
  readonly storedGaps: number;
}

/** A histogram: how many values were at most each bound, but above the one before. */
export interface Buckets {
  /** Ascending. One more bucket counts the values above the last. */
  readonly bounds: readonly number[];
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}
