/** Queries of the past. Times are in µs. */

import type { Position } from '../archive/archive.ts';
import type { Timeframe } from '../candles/timeframe.ts';
import type { ClockName } from '../market/time.ts';
import type { ExportFormat, ExportType, VerifyProgress } from './results.ts';

export interface BookQuery {
  readonly security: string;
  /** Absent: the last proven book that the archive holds. */
  readonly position?: Position | undefined;
  /** Prices per side, with all of their orders; absent: all. */
  readonly depth?: number | undefined;
  /** `L2`: an L3 book by price. Absent: as it was recorded. */
  readonly level?: 'L2' | undefined;
}

export interface CoverageQuery {
  readonly security: string;
  /**
   * Only what lies in this range of receive times: intervals are cut at its ends, and a gap or a defect that
   * reaches into it is returned whole.
   */
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

/** Part of a security's history: `fromUs <= t < toUs` on `clock`; absent ends are open. */
export interface RangeQuery {
  readonly security: string;
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  /** Default `receive`. */
  readonly clock?: ClockName | undefined;
}

export interface LevelsQuery extends RangeQuery {
  /** The best level of each side alone, as an image when it changes. */
  readonly topOnly?: boolean | undefined;
  readonly trades?: boolean | undefined;
}

/** `fromUs <= t < toUs` on the receive clock. */
export interface TopBoundsQuery {
  readonly security: string;
  readonly fromUs: number;
  readonly toUs: number;
}

/** A point of a stream of level events. */
export interface PointQuery {
  readonly security: string;
  readonly epoch: number;
  readonly sequence: number;
}

export interface SnapshotsQuery extends RangeQuery {
  /** The cadence: a whole number of µs, which divides a day without rest. Default: a second. */
  readonly everyUs?: number | undefined;
  /** Prices per side, with all of their orders; absent: all. */
  readonly depth?: number | undefined;
  /** `L2`: an L3 book by price. Absent: as it was recorded. */
  readonly level?: 'L2' | undefined;
  /** With what changed at each price; an L3 book comes by price then. */
  readonly features?: boolean | undefined;
}

/** The candles that begin in `fromUs <= t < toUs`, on the exchange's clock. */
export interface CandlesQuery {
  readonly security: string;
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  readonly timeframe: Timeframe;
}

/** `auto`: of trades, and where trades are missing the exchange's own. */
export type CandleChoice = 'trades' | 'exchange' | 'auto';

export interface ComparedCandlesQuery extends CandlesQuery {
  readonly source: CandleChoice;
  /** Candles of trades are compared with the exchange's own. */
  readonly check: boolean;
}

/** The exchange's own candles that begin in `fromUs <= t < toUs`. */
export interface FetchCandlesQuery {
  readonly security: string;
  readonly timeframe: Timeframe;
  readonly fromUs: number;
  /** Absent: where the recording begins, or the last one that is over. */
  readonly toUs?: number | undefined;
}

/** The fields that `SnapshotsQuery` adds are for type `snapshots` only. */
export interface ExportQuery extends SnapshotsQuery {
  /** For type `candles` only, which needs it. */
  readonly timeframe?: Timeframe | undefined;
  readonly type: ExportType;
  readonly format: ExportFormat;
  /** Say the scale of items, before the first one and where it changes. */
  readonly hasScales?: true | undefined;
}

export interface VerifyQuery {
  /** Absent: every security. */
  readonly security?: string | undefined;
  /** Called after every record. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
