/**
 * What can be asked about the past, of a running logger or of an archive without one. The commands
 * don't know the difference.
 */

import type {
  BookResult,
  CoverageResult,
  ExportFormat,
  ExportType,
  NoBookResult,
  VerifyResult,
} from '../logger/queries/results.ts';
import type { ClockName } from '../logger/market/time.ts';
import type { ExportGapResult } from './answers.ts';
import type { Range } from './arguments.ts';

export interface BookQuery {
  readonly security: string;
  readonly at: { readonly text: string; readonly us: number } | undefined;
  readonly sequence: number | undefined;
  readonly clock: ClockName;
  /** Prices a side. */
  readonly depth: number | undefined;
  /** `L2`: an L3 book by price. */
  readonly level: 'L2' | undefined;
}

export interface ExportQuery {
  readonly security: string;
  readonly range: Range;
  readonly clock: ClockName;
  readonly type: ExportType;
  readonly format: ExportFormat;
  /** Of snapshots: the cadence. */
  readonly every: { readonly text: string; readonly us: number } | undefined;
  /** Of snapshots: prices a side. */
  readonly depth: number | undefined;
  /** Of snapshots: `L2`: an L3 book by price. */
  readonly level: 'L2' | undefined;
}

/** Text of whole lines joined, or a hole on the way. */
export type ExportPiece =
  { readonly lines: string | Uint8Array } | { readonly gap: ExportGapResult };

export interface VerifyProgress {
  readonly security: string;
  readonly records: number;
  readonly problems: number;
  /** null: unknown. */
  readonly total: number | null;
}

export interface History {
  book(question: BookQuery, signal: AbortSignal): Promise<BookResult | NoBookResult>;
  coverage(security: string, range: Range): Promise<CoverageResult>;
  verify(
    security: string | undefined,
    options: {
      readonly signal: AbortSignal;
      readonly onProgress: (progress: VerifyProgress) => void;
    },
  ): Promise<VerifyResult>;
  export(question: ExportQuery, signal: AbortSignal): AsyncIterable<ExportPiece>;
  close(): Promise<void>;
}
