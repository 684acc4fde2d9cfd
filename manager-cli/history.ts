/**
 * Queries about the past, of a running logger or of an archive without one. The commands do not know
 * the difference.
 */

import type { DataItem, GapItem } from '../logger/queries/items.ts';
import type {
  BookQuery,
  ComparedCandlesQuery,
  CoverageQuery,
  ExportQuery,
  VerifyQuery,
} from '../logger/queries/queries.ts';
import type {
  BookResult,
  CoverageResult,
  ExportPart,
  NoBookResult,
  VerifyResult,
} from '../logger/queries/results.ts';

/** All methods reject with a CliError. */
export interface History {
  book(query: BookQuery, signal: AbortSignal): Promise<BookResult | NoBookResult>;
  coverage(query: CoverageQuery): Promise<CoverageResult>;
  verify(query: VerifyQuery): Promise<VerifyResult>;
  export(query: ExportQuery, signal: AbortSignal): AsyncIterable<ExportPart>;
  /** What an export is made of, whatever its format. */
  items(query: ExportQuery, signal: AbortSignal): AsyncIterable<DataItem | GapItem>;
  /** Candles of trades beside the exchange's own. An archive has those that were fetched. */
  candles(query: ComparedCandlesQuery, signal: AbortSignal): AsyncIterable<ExportPart>;
  close(): Promise<void>;
}
