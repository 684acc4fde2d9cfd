/**
 * Answers → protobuf messages, and the requests as they arrive. Answers are plain values already;
 * all that happens here is that enumerations get their protobuf names and null becomes "not set".
 */

import type {
  BookResult,
  BookRow,
  CoverageResult,
  ExportFormat,
  ExportGap,
  ExportType,
  GapResult,
  IntervalResult,
  NoBookResult,
} from '../queries/results.ts';
import type { ClockName } from '../market/time.ts';
import type {
  CommandResult,
  HealthStatus,
  ProcessStatus,
  SecurityStatus,
} from '../status/control.ts';

/** `BOOK_LEVEL`, `L2` → `BOOK_LEVEL_L2`. */
function named(prefix: string, value: string): string {
  return `${prefix}_${value.toUpperCase()}`;
}

export function commandResponse(results: readonly CommandResult[]): object {
  return {
    results: results.map((result) => ({
      ...result,
      state: result.state === null ? undefined : named('RECORDING_STATE', result.state),
    })),
  };
}

export function securityMessage(security: SecurityStatus): object {
  return {
    ...security,
    level: named('BOOK_LEVEL', security.level),
    state: named('RECORDING_STATE', security.state),
    proof: named('PROOF', security.proof),
  };
}

export function healthMessage(health: HealthStatus): object {
  return {
    ...health,
    status: named('STATUS', health.status),
    archive: { ...health.archive, kind: named('KIND', health.archive.kind) },
    securities: health.securities.map(securityMessage),
    process: processMessage(health.process),
  };
}

/** Counts are whole numbers on the wire, whatever a source of figures made of them. */
export function processMessage(process: ProcessStatus): object {
  return {
    ...process,
    rss: Math.round(process.rss),
    heapUsed: Math.round(process.heapUsed),
    spoolBytes: Math.round(process.spoolBytes),
  };
}

export function bookHead(book: BookResult): object {
  return {
    head: {
      security: book.security,
      level: named('BOOK_LEVEL', book.level),
      at: book.at,
      clock: named('BOOK_CLOCK', book.clock),
      sequence: book.sequence,
      exchangeTime: book.exchangeTime,
      receiveTime: book.receiveTime,
      proof: named('PROOF', book.proof),
      horizonBid: book.horizon.bid,
      horizonAsk: book.horizon.ask,
      bidCount: book.bids.length,
      askCount: book.asks.length,
    },
  };
}

/** Rows `from` … `to` (excluded) of one side. */
export function bookLevels(
  side: 'bids' | 'asks',
  rows: readonly BookRow[],
  range: { readonly from: number; readonly to: number },
): object {
  const levels = rows.slice(range.from, range.to).map(([price, size, third]) => ({
    price,
    size,
    ...(typeof third === 'number' ? { orderCount: third } : { orderId: third }),
  }));
  return { levels: { [side]: levels } };
}

export function noBookMessage(answer: NoBookResult): object {
  return {
    security: answer.security,
    from: answer.gap.from,
    to: answer.gap.to,
    cause: named('GAP_CAUSE', answer.gap.cause),
  };
}

export function gapMessage(gap: GapResult): object {
  return { ...gap, cause: named('GAP_CAUSE', gap.cause) };
}

export function exportGapMessage(gap: ExportGap): object {
  const missing = gap.missing === 'tradeId' ? 'MISSING_KIND_TRADE_ID' : 'MISSING_KIND_SEQUENCE';
  return { ...gapMessage(gap), missing };
}

function intervalMessage(interval: IntervalResult): object {
  return { ...interval, proof: named('PROOF', interval.proof) };
}

export function coverageMessage(coverage: CoverageResult): object {
  return {
    security: coverage.security,
    intervals: coverage.intervals.map(intervalMessage),
    gaps: coverage.gaps.map(gapMessage),
    badReceiveTimes: coverage.badReceiveTimes.map((bad) => ({
      ...bad,
      cause: named('RECEIVE_TIME_CAUSE', bad.cause),
    })),
  };
}

export interface SecuritiesRequest {
  readonly securities: readonly string[];
}

export interface AddRequest extends SecuritiesRequest {
  readonly wait: boolean;
}

export interface ResetRequest {
  readonly exchange: string;
}

export interface BookRequest {
  readonly security: string;
  readonly at?: string;
  readonly sequence?: string;
  readonly clock: string;
  readonly depth?: number;
  readonly level: string;
}

export interface CoverageRequest {
  readonly security: string;
  readonly from?: string;
  readonly to?: string;
}

export interface VerifyRequest {
  readonly security?: string;
}

export interface ExportRequest {
  readonly security: string;
  readonly from?: string;
  readonly to?: string;
  readonly clock: string;
  readonly type: string;
  readonly format: string;
  readonly every?: string;
  readonly depth?: number;
  readonly level: string;
}

/** undefined: a value this version does not know. Not set means the receive clock. */
export function clockOf(value: string): ClockName | undefined {
  switch (value) {
    case 'BOOK_CLOCK_UNSPECIFIED':
    case 'BOOK_CLOCK_RECEIVE':
      return 'receive';
    case 'BOOK_CLOCK_EXCHANGE':
      return 'exchange';
    default:
      return undefined;
  }
}

/** undefined: not set, or a value this version does not know. */
export function exportTypeOf(value: string): ExportType | undefined {
  switch (value) {
    case 'TYPE_TRADES':
      return 'trades';
    case 'TYPE_QUOTES':
      return 'quotes';
    case 'TYPE_INCREMENTAL':
      return 'incremental';
    case 'TYPE_ORDERS':
      return 'orders';
    case 'TYPE_SNAPSHOTS':
      return 'snapshots';
    default:
      return undefined;
  }
}

/** undefined: a value this version does not know. Not set means JSON lines. */
export function exportFormatOf(value: string): ExportFormat | undefined {
  switch (value) {
    case 'FORMAT_UNSPECIFIED':
    case 'FORMAT_JSONL':
      return 'jsonl';
    case 'FORMAT_CSV':
      return 'csv';
    case 'FORMAT_TARDIS_CSV':
      return 'tardis-csv';
    default:
      return undefined;
  }
}
